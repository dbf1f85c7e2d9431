"""What a training run learns from: its own lines, further ones, or lines made by a recipe."""

from __future__ import annotations

from uncial.data.store import LineStore
from uncial.errors import ConfigError
from uncial.models.cores import cores
from uncial.progress import Reporter
from uncial.tasks.ingest import open_lines
from uncial.tasks.opening import Opened
from uncial.tasks.synthesis import is_recipe, open_synthesizer, read_recipe, recipe_store
from uncial.training.folder import RunFolder
from uncial.training.lines import Plan
from uncial.training.stream import Material, synthetic_stream, training_material
from uncial.training.team import Team


def material_of(
    opened: Opened,
    plan: Plan,
    others: LineStore | None,
    team: Team,
    reporter: Reporter,
) -> Material:
    """Batches of the run's lines, or of lines that its recipe makes.

    Args:
        opened: The run.
        plan: Of the run.
        others: Lines of a base set to replay, or further lines; None where there are none.
        team: The processes of the run.
        reporter: Told of lines that are left out.

    Raises:
        ConfigError: A recipe's lines are asked for by what cannot take them.
    """
    config, settings = opened.config, opened.settings
    if len(config.data) != 1 or not is_recipe(config.data[0]):
        return training_material(opened.store, plan, settings, others, reporter)
    if settings.family != "ctc" or team.size > 1:
        raise ConfigError(
            f"{config.data[0]}: a recipe's lines are made for one process and a network that is "
            "read by CTC",
            remedy="make a line store of it with uncial synthesize, and name that",
        )
    synthesizer = open_synthesizer(read_recipe(config.data[0]), reporter)
    stream = synthetic_stream(synthesizer, plan, settings, cores=config.threads or cores())
    return Material(stream, plan.lines, opened.store, 0)


def further_lines(opened: Opened, folder: RunFolder, reporter: Reporter) -> LineStore | None:
    """The further lines of a run, such as made ones; None where there are none.

    Raises:
        ConfigError: A recipe is named beside other sources.
    """
    sources, seed = opened.config.material.synthetic, opened.settings.seed
    if not sources:
        return None
    recipes = [source for source in sources if is_recipe(source)]
    if recipes and len(sources) > 1:
        raise ConfigError(
            f"{recipes[0]}: a recipe stands alone as further lines",
            remedy="make a line store of it with uncial synthesize, and name that",
        )
    if recipes:
        return recipe_store(recipes[0], folder.lines, seed, reporter)
    return open_lines(sources, seed=seed, workdir=folder.lines, reporter=reporter)
