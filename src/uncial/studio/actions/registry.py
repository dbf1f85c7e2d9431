"""The list of all actions; nothing is imported until a worker needs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from uncial.studio.settings import Queue


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing a worker can be asked for.

    Attributes:
        module: In this package.
        config: Name of its config dataclass there.
        run: Name of the function there: context and config in, result dataclass out.
        queue: Whose workers do it.
    """

    module: str
    config: str
    run: str
    queue: Queue

    def load(self) -> tuple[type[Any], Callable[..., object]]:
        """Import the config class and the function."""
        module = importlib.import_module(f"uncial.studio.actions.{self.module}")
        found = getattr(module, self.config), getattr(module, self.run)
        return cast("tuple[type[Any], Callable[..., object]]", found)


ACTIONS: Final[dict[str, Action]] = {
    "import": Action(module="importing", config="ImportConfig", run="import_pages", queue="quick"),
    "pictures": Action(
        module="picturing", config="PicturesConfig", run="make_pictures", queue="quick"
    ),
    "segment": Action(module="segmenting", config="SegmentConfig", run="find_lines", queue="long"),
    "read": Action(module="reading", config="ReadConfig", run="read_pages", queue="long"),
    "train": Action(module="training", config="TrainingConfig", run="train_model", queue="long"),
    "test": Action(module="testing", config="TestConfig", run="test_models", queue="long"),
    "negotiate": Action(
        module="negotiating", config="NegotiateConfig", run="negotiate", queue="quick"
    ),
    "shelve": Action(module="shelving", config="ShelveConfig", run="shelve", queue="quick"),
    "rank": Action(module="ranking", config="RankConfig", run="rank_models", queue="long"),
    "suggest": Action(
        module="suggesting", config="SuggestConfig", run="suggest_lines", queue="long"
    ),
    "export": Action(module="exporting", config="ExportConfig", run="export_pages", queue="quick"),
    "freeze": Action(module="freezing", config="FreezeConfig", run="freeze_dataset", queue="quick"),
    "archive": Action(
        module="archiving", config="ArchiveConfig", run="write_archive", queue="quick"
    ),
    "unarchive": Action(
        module="unarchiving", config="UnarchiveConfig", run="read_archive", queue="quick"
    ),
}
