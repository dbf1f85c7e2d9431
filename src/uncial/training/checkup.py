"""What the lines of a run show before its first step.

Each check looks at a sample and says what it saw with its number. None needs a model, so they
hold for a run from scratch; those about a base are made only where there is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uncial.data.store import LineStore
from uncial.errors import describe_grapheme
from uncial.imaging.prepare import Preprocessing, is_light_on_dark, prepare, text_span
from uncial.text.codec import Codec
from uncial.text.graphemes import graphemes
from uncial.text.normalize import Normalization
from uncial.text.order import display_order
from uncial.training.doctor import Diagnosis
from uncial.training.lines import Plan
from uncial.training.start import written

_SAMPLE = 64  # line images looked at
_TEXTS = 2000  # texts looked at
_INVERTED = 0.2  # share of lines
_FOREIGN = 0.1  # share of lines
_COPIED = 0.02  # share of validation lines
_COPY = 0.9  # correlation of two thumbnails from which they are one image
_THUMB = (96, 16)  # px
_LONG = 12  # characters from which a text hardly occurs twice by chance
_FEW_LINES, _FEW_CHARACTERS = 12, 300
_EDGE = 0.05  # share of inked columns whose ink touches one edge
_CUT = 0.5  # share of lines
_FAINT = 200  # gray levels of ink in a column, up to which it is a gap
_SHADE = 64  # gray levels below white up to which a pixel is paper
_INK = 100  # gray level below which a pixel is ink
_LEAST_LINES, _LEAST_SPACES = 20, 2
_AGAINST = -4.0  # standard errors that the reversed text must fit better
_ENLARGED = 0.6  # of the height of the network's input
_SMALL = 0.33  # share of the height that holds nine tenths of the ink


@dataclass(frozen=True, eq=False)
class Line:
    """One training line as it was given and as the network sees it."""

    raw: NDArray[np.uint8]
    seen: NDArray[np.uint8]
    text: str


def examine(store: LineStore, plan: Plan, normalization: str, *, has_base: bool) -> list[Diagnosis]:
    """Look for what will keep a run from learning.

    Args:
        store: Holds the lines.
        plan: Of the run.
        normalization: Of its texts.
        has_base: Whether it goes on from another model.
    """
    normalize = Normalization.named(normalization)
    rng = np.random.default_rng(0)
    rows = rng.permutation(store.split("train"))
    lines = [_line(store, int(row), plan.preprocessing, normalize) for row in rows[:_SAMPLE]]
    found = [
        inverted_polarity(line.seen for line in lines),
        wrong_direction((line.seen, line.text) for line in lines),
        leak(store, plan.preprocessing, normalize),
        validation_too_small([normalize(text) for text in store.texts(plan.validation)]),
        cut_too_tight(line.raw for line in lines),
    ]
    if has_base:
        texts = [normalize(text) for text in store.texts(rows[:_TEXTS])]
        style = plan.preprocessing.style
        found.append(unencodable_flood([written(text, style) for text in texts], plan.codec))
        found.append(height_mismatch(lines, plan.preprocessing))
    return [diagnosis for diagnosis in found if diagnosis is not None]


def inverted_polarity(images: Iterable[NDArray[np.uint8]]) -> Diagnosis | None:
    """Whether many prepared lines are light on dark."""
    dark = [is_light_on_dark(image) for image in images]
    if np.mean(dark) < _INVERTED:
        return None
    return Diagnosis(code="inverted-polarity", detail=f"{sum(dark)} of {len(dark)} lines looked at")


def wrong_direction(lines: Iterable[tuple[NDArray[np.uint8], str]]) -> Diagnosis | None:
    """Whether the word lengths of the texts fit the gaps in the images better from the other end.

    Args:
        lines: Prepared images with normalized texts in logical order.
    """
    gains = [
        gain for image, text in lines if (gain := _fit(image, display_order(text))) is not None
    ]
    if len(gains) < _LEAST_LINES:
        return None
    error = float(np.std(gains)) / len(gains) ** 0.5
    score = float(np.mean(gains)) / max(error, 1e-9)
    if score > _AGAINST:
        return None
    better = sum(gain < 0 for gain in gains)
    seen = f"the words of {better} of {len(gains)} lines fit their gaps better from the other end"
    return Diagnosis(code="wrong-direction", detail=seen)


def unencodable_flood(texts: Sequence[str], codec: Codec) -> Diagnosis | None:
    """Whether many training lines have characters that the codec lacks.

    Args:
        texts: As they are encoded.
        codec: Of the run.
    """
    missing: Counter[str] = Counter()
    lines = 0
    for text in texts:
        foreign = codec.missing(text)
        missing.update(foreign)
        lines += bool(foreign)
    if lines < _FOREIGN * len(texts):
        return None
    shown = ", ".join(f"{describe_grapheme(g)} in {n}" for g, n in missing.most_common(3))
    return Diagnosis(code="unencodable-flood", detail=f"{lines} of {len(texts)} lines: {shown}")


def leak(
    store: LineStore, preprocessing: Preprocessing, normalize: Normalization
) -> Diagnosis | None:
    """Whether images of validation lines, with their texts, are among the training lines."""
    training = store.split("train")
    by_text = {
        normalize(text): int(row)
        for row, text in zip(training, store.texts(training), strict=True)
        if len(text) >= _LONG
    }
    validation = store.split("validation")
    pairs = [
        (int(row), by_text[text])
        for row, text in zip(validation, map(normalize, store.texts(validation)), strict=True)
        if text in by_text
    ]
    copies = [
        (one, other)
        for one, other in pairs
        if _alike(store.image(one), store.image(other), preprocessing)
    ]
    if len(copies) < max(2, _COPIED * len(validation)):
        return None
    first = store.line_ids(copies[0])
    seen = (
        f"{len(copies)} of {len(validation)}, such as {first[0]}, which is {first[1]} in training"
    )
    return Diagnosis(code="leak", detail=seen)


def validation_too_small(texts: Sequence[str]) -> Diagnosis | None:
    """Whether validation has too few lines or characters."""
    characters = sum(len(graphemes(text)) for text in texts)
    if len(texts) >= _FEW_LINES and characters >= _FEW_CHARACTERS:
        return None
    seen = f"{len(texts)} lines with {characters} characters"
    return Diagnosis(code="validation-too-small", detail=seen)


def cut_too_tight(images: Iterable[NDArray[np.uint8]]) -> Diagnosis | None:
    """Whether letters run into the upper or lower edge of most lines.

    Args:
        images: As they were given.
    """
    cut = [_touching(image) > _EDGE for image in images]
    if np.mean(cut) < _CUT:
        return None
    return Diagnosis(code="cut-too-tight", detail=f"{sum(cut)} of {len(cut)} lines looked at")


def height_mismatch(lines: Sequence[Line], preprocessing: Preprocessing) -> Diagnosis | None:
    """Whether letters are far smaller than those a base has learnt.

    Args:
        lines: Some training lines.
        preprocessing: Of the base.
    """
    wanted = preprocessing.height
    text_height = np.median([len(line.raw) * text_span(line.raw, preprocessing) for line in lines])
    if text_height < _ENLARGED * wanted:
        seen = f"text {text_height:.0f} px high is enlarged to the {wanted} px of the base"
        return Diagnosis(code="height-mismatch", detail=seen)
    extent = float(np.median([_extent(line.seen) for line in lines]))
    if extent < _SMALL:
        return Diagnosis(
            code="height-mismatch", detail=f"text fills {extent:.0%} of the height of its line"
        )
    return None


def _line(
    store: LineStore, row: int, preprocessing: Preprocessing, normalize: Normalization
) -> Line:
    raw = store.image(row)
    return Line(raw, prepare(raw, preprocessing), normalize(store.texts([row])[0]))


def _fit(image: NDArray[np.uint8], text: str) -> float | None:
    """How much better the spaces of a text lie on gaps of its image than those of its reverse."""
    units = graphemes(text)
    spaces = np.array([at for at, unit in enumerate(units) if unit == " "])
    ink = (255 - image[3:-3].astype(np.float32)).sum(0)
    inked = np.flatnonzero(ink > _FAINT)
    if len(spaces) < _LEAST_SPACES or len(inked) < len(units):
        return None
    blank = (ink[inked[0] : inked[-1] + 1] <= _FAINT).astype(np.float32)
    each = len(blank) / len(units)
    smooth = max(1, int(each / 2)) | 1
    gaps = np.convolve(blank, np.full(smooth, 1 / smooth), "same")

    def on_gaps(places: NDArray[np.int64]) -> float:
        columns = ((places + 0.5) * each).astype(np.int64)
        return float(gaps[np.clip(columns, 0, len(gaps) - 1)].mean())

    return on_gaps(spaces) - on_gaps(len(units) - 1 - spaces)


def _touching(image: NDArray[np.uint8]) -> float:
    """Share of the inked columns whose ink touches the upper or the lower edge, the larger."""
    height = max(8, len(image))
    whole = Preprocessing(height=height, stretch=1.0, centre=False)
    ink = prepare(image, whole) < _INK
    columns = max(1, int(ink.any(0).sum()))
    return max(int(ink[0].sum()), int(ink[-1].sum())) / columns


def _extent(image: NDArray[np.uint8]) -> float:
    """Share of a prepared line's height that holds the middle nine tenths of its ink."""
    ink = 255.0 - image
    rows = np.where(ink > _SHADE, ink, 0).sum(1)
    if not rows.any():
        return 1.0
    low, high = np.searchsorted(np.cumsum(rows) / rows.sum(), [0.05, 0.95])
    return float(high - low + 1) / len(rows)


def _alike(one: NDArray[np.uint8], other: NDArray[np.uint8], preprocessing: Preprocessing) -> bool:
    """Whether two images show the same line, whatever their size and shade."""
    thumbs = [
        cv2.resize(prepare(image, preprocessing), _THUMB, interpolation=cv2.INTER_AREA).ravel()
        for image in (one, other)
    ]
    return float(np.asarray(np.corrcoef(thumbs))[0, 1]) > _COPY
