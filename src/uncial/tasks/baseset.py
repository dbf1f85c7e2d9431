"""The base set of a run: lines that tell what fine-tuning costs the base, and lessen it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from uncial.errors import ConfigError, DataError, FormatError, MissingDependency
from uncial.progress import Note, Reporter, silent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uncial.archive import ModelArchive
    from uncial.data.store import LineStore
    from uncial.models.hub import LineReader
    from uncial.models.recognizer import Recognizer
    from uncial.training.basis import RetainConfig

_HELD_OUT = {"validation": 6, "test": 10}  # rendered lines of each kind of text
_REPLAYED = {"train": 60}
_RENDERED_LINES = "rendered lines of all kinds of text"
_MOST = 300  # lines of a split that are read


@dataclass(frozen=True, kw_only=True)
class BaseSet:
    """Lines of the kind that a base was made for.

    Attributes:
        store: Holds them.
        rendered: They are rendered text of all kinds, not lines that were given.
        before: CER of the base on the held-out ones, a fraction.
        replayed: Holds the training lines to replay; None where the base is not held to them.
    """

    store: LineStore
    rendered: bool
    before: float
    replayed: LineStore | None

    @property
    def held_out(self) -> NDArray[np.int64]:
        """Rows that are read before and after."""
        return _some(self.store, "test", "validation")

    def told(self, after: float) -> str:
        """CER before and after, for people."""
        what = _RENDERED_LINES if self.rendered else "lines of the base set"
        change = f" ({after / self.before - 1:+.0%})" if self.before else ""
        lines = len(self.held_out)
        return f"{lines} {what}: CER {self.before:.2%} before, {after:.2%} after{change}"

    @property
    def choosing(self) -> NDArray[np.int64]:
        """Rows that choose the interpolation."""
        return _some(self.store, "validation", "test")


def lines_of_run(base: Path) -> tuple[Path, ...]:
    """The line store of the run that made a model, where it still lies in its run folder."""
    from uncial.data.store import is_store, read_manifest
    from uncial.training.folder import RunFolder

    folder = RunFolder(base.parent)
    if base not in (folder.model, folder.traineddata):
        return ()
    try:
        told = json.loads(folder.settings.read_text(encoding="utf-8"))
        wanted, named = told["data"]["fingerprint"], [Path(p) for p in told["config"]["data"]]
        for path in (*named[:1], *sorted(folder.lines.glob("lines-*"))):
            if is_store(path) and read_manifest(path).get("fingerprint") == wanted:
                return (path.resolve(),)
    except (OSError, ValueError, KeyError, TypeError, FormatError):
        pass
    return ()


def open_base_set(
    retain: RetainConfig,
    base: ModelArchive,
    *,
    folder: Path,
    seed: int,
    reporter: Reporter = silent,
) -> BaseSet | None:
    """The lines to hold a base to; None where there are none or none are wanted.

    Args:
        retain: Where they come from; the lines of the base's own run are named in it already.
        base: Reads them.
        folder: For ingested and rendered lines.
        seed: Draws splits and rendered text.
        reporter: Told where there are none.

    Raises:
        DataError: The lines given have neither test nor validation lines, or none can be
            rendered and they were asked for.
        MissingDependency: They were asked for, and there is no font.
    """
    from uncial.models.native import reader_of
    from uncial.tasks.ingest import open_lines

    if retain.source == "none":
        return None
    if retain.base_set:
        store = open_lines(retain.base_set, seed=seed, workdir=folder, reporter=reporter)
    elif retain.source == "lines":
        raise ConfigError(
            "there is no base set: none is named, and no run lies beside the base",
            remedy="name the lines of the base set",
        )
    else:
        try:
            store = _rendered(base, folder / "held-out", _HELD_OUT, seed)
        except (DataError, MissingDependency) as error:
            if retain.source == "rendered":
                raise
            text = "what the base forgets will not be known: no base set is named, and "
            reporter(Note(text=text + error.problem, level="warning"))
            return None
    rows = _some(store, "test", "validation")
    if not len(rows):
        raise DataError(
            "the base set has neither test nor validation lines",
            remedy="name data without lists, to have it split, or add a list of test lines",
        )
    made = not retain.base_set
    before = error_rate(reader_of(base), store, rows)
    what = _RENDERED_LINES if made else f"lines of the base set {store.path}"
    if not made:
        replayed: LineStore | None = store
    elif retain.source == "rendered":
        replayed = _rendered(base, folder / "replayed", _REPLAYED, seed)
    else:
        replayed = None
        what += "; it is not held to them, for they may not be what it is for"
    reporter(Note(text=f"the base reads with {before:.2%} CER {len(rows)} {what}"))
    return BaseSet(store=store, rendered=made, before=before, replayed=replayed)


def _rendered(base: ModelArchive, folder: Path, splits: Mapping[str, int], seed: int) -> LineStore:
    from uncial.tasks.rendered import rendered

    return rendered(base.codec.charset, folder, splits=splits, seed=seed).store


def error_rate(recognizer: LineReader, store: LineStore, rows: NDArray[np.int64]) -> float:
    """Micro-averaged CER on some lines of a store, as training measures it."""
    from uncial.text.metrics import cer

    readings = recognizer.read_each(lambda at: store.image(int(rows[at])), len(rows))
    outputs = [reading.text for reading in readings]
    pairs = zip(store.texts(rows), outputs, strict=True)
    return cer(pairs, normalization=recognizer.normalization)


def model_cer(model: Path, store: LineStore, rows: NDArray[np.int64]) -> float:
    """The same of a model file."""
    from uncial.models.hub import open_model

    return error_rate(open_model(model), store, rows)


def settle(
    model: Path,
    base: ModelArchive,
    retain: RetainConfig,
    base_set: BaseSet | None,
    reporter: Reporter,
) -> float:
    """Move a model as trained some way back to its base; how far along it then stands, 0-1.

    Args:
        model: Its file, which is written anew; one that was settled before is left alone.
        base: What it was trained from, with the same layers.
        retain: How far, or by what to decide.
        base_set: What must not be read much worse; None leaves the model as trained.
        reporter: Told what was chosen.
    """
    from uncial.formats.models import native
    from uncial.models.recognizer import Recognizer
    from uncial.training.checkpoint import write_atomically

    recognizer = Recognizer.load(model)
    known = recognizer.metadata
    if "interpolation" not in known:
        known["interpolation"] = alpha = _moved_back(recognizer, base, retain, base_set)
        if alpha < 1:
            reporter(Note(text=f"weights taken {alpha:.0%} of the way from the base"))
        write_atomically(model, native.pack(recognizer.to_archive()))
    return float(known["interpolation"])


def _moved_back(
    recognizer: Recognizer, base: ModelArchive, retain: RetainConfig, base_set: BaseSet | None
) -> float:
    """Change the weights of a recognizer; arguments as for `settle`."""
    from uncial.nn.weights import from_arrays, to_arrays
    from uncial.training.replay import interpolated, keeping_alpha
    from uncial.training.strategies import carried_weights, fresh_labels, head_tensors

    first, tuned = carried_weights(base, recognizer.codec), to_arrays(recognizer.network)
    fresh = fresh_labels(base.codec, recognizer.codec)
    head = head_tensors(base.spec) if len(fresh) else []

    def move(alpha: float) -> None:
        blend = interpolated(first, tuned, alpha, fresh, head) if alpha < 1 else tuned
        from_arrays(recognizer.network, blend)

    alpha = 1.0
    if retain.interpolate != "auto":
        alpha = retain.interpolate
    elif base_set is not None and base_set.replayed is not None:
        store, rows = base_set.store, base_set.choosing

        def base_cer(alpha: float) -> float:
            move(alpha)
            return error_rate(recognizer, store, rows)

        alpha = keeping_alpha(base_cer, base_cer(0.0) * (1 + retain.tolerance))
    move(alpha)
    return alpha


def _some(store: LineStore, *splits: str) -> NDArray[np.int64]:
    """Rows of the first of some splits that has any, a fixed draw where there are many."""
    for split in splits:
        rows = store.split(split)
        if len(rows):
            rng = np.random.default_rng(0)
            return np.sort(rng.permutation(rows)[:_MOST])
    return np.empty(0, np.int64)
