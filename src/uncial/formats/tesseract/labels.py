"""Unicharset and recoder as one of our codecs.

Our codecs begin with the blank, know no marks for what is joined or broken, and read in one way
only. Tesseract spells a unit of several code points with the codes of those points, which begin
with the code of the first; such units become their code points here, each with a label of its
own, and the text comes out the same.

Source: tesseract 5.x ``src/ccutil/unicharcompress.cpp``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from uncial.errors import CharsetError, ConfigError
from uncial.formats.tesseract import properties
from uncial.formats.tesseract.recoder import Recoder
from uncial.formats.tesseract.tensors import Labels, label_order
from uncial.formats.tesseract.unichar import SPECIALS, Unichar
from uncial.formats.tesseract.unicharset import Unicharset, clean
from uncial.text.codec import Codec

Code = tuple[int, ...]

_KEEP = "read with the model as it is; it cannot be converted or trained on here"


@dataclass(frozen=True, kw_only=True)
class LabelTable:
    """How texts become labels, and labels Tesseract's outputs.

    Attributes:
        codec: Text to labels; label 0 is the blank.
        order: ``(labels,)`` Tesseract's output for each label.
        spelled: Units that the codec writes as several others.
        lost: Units that it cannot write, for another one has the same code.
    """

    codec: Codec
    order: Labels
    spelled: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def label_table(unicharset: Unicharset, recoder: Recoder) -> LabelTable:
    """The codec of a model of Tesseract.

    Args:
        unicharset: Its units.
        recoder: Their codes.

    Raises:
        CharsetError: Codes read in two ways, which takes units of letters and syllables that
            no language has.
    """
    null, outputs = recoder.null_char, recoder.code_range
    order = label_order(null, outputs)
    label = {int(code): at for at, code in enumerate(order)}
    codes, spelled, lost = _codes(unicharset, recoder)
    try:
        codec = Codec(
            tuple((text, tuple(label[one] for one in code)) for text, code in codes.items())
        )
    except CharsetError as error:
        raise CharsetError(
            f"the recoder has no codec of ours: {error.problem}", remedy=_KEEP
        ) from error
    if codec.width != outputs:
        raise CharsetError(
            f"the recoder has {outputs} outputs, the units use {codec.width} of them",
            remedy=_KEEP,
        )
    return LabelTable(codec=codec, order=order, spelled=spelled, lost=lost)


def charset_of(codec: Codec) -> tuple[Unicharset, Recoder]:
    """A unicharset and a recoder for one of our codecs.

    The space gets output 0, as Tesseract asks for, the null the last one; other labels keep
    their order.

    Raises:
        CharsetError: A grapheme cannot be a unit, or the codec writes no space.
    """
    table = dict(codec.codes)
    space = table.pop(" ", None)
    if space is None or len(space) != 1:
        raise CharsetError(
            "Tesseract needs a space of one label in the charset",
            remedy="train on lines with spaces between words",
        )
    rest = [at for at in range(1, codec.width) if at != space[0]]
    output = {at: place for place, at in enumerate([space[0], *rest])}
    null = codec.width - 1
    units = Unicharset(
        entries=tuple(Unichar(text=text, normed=text) for text in (*SPECIALS, *table))
    )
    codes: list[Code] = [(0,), (null,), (null,)]
    codes += [tuple(output[at] for at in labels) for labels in table.values()]
    return properties.from_unicode(units), Recoder(codes=tuple(codes), null_id=2)


def label_order_between(codec: Codec, table: LabelTable) -> Labels:
    """Tesseract's output for each label of a codec.

    Args:
        codec: Of an archive.
        table: Of the unicharset and recoder that it is to be written with.

    Raises:
        ConfigError: The two do not write the same graphemes with codes of the same length.
    """
    codes, theirs = dict(codec.codes), dict(table.codec.codes)
    lengths = {text: len(labels) for text, labels in codes.items()}
    odd = {text for text in codes.keys() | theirs if lengths.get(text) != len(theirs.get(text, ()))}
    if odd:
        raise ConfigError(
            f"the charsets of network and starter model differ in {len(odd)} units, among them "
            f"{min(odd)!r}",
            remedy="give the unicharset and recoder that the network was trained with",
        )
    found = {Codec.blank: int(table.order[Codec.blank])}
    for text, labels in codes.items():
        found |= {at: int(table.order[to]) for at, to in zip(labels, theirs[text], strict=True)}
    free = [int(at) for at in table.order if int(at) not in set(found.values())]
    for at in range(len(table.order)):
        if at not in found:
            found[at] = free.pop(0)
    order = np.array([found[at] for at in range(len(table.order))], np.int64)
    if codec.width != len(order) or len(set(order.tolist())) != len(order):
        raise ConfigError(
            f"{codec.width} labels cannot become the {len(order)} outputs of the starter model",
            remedy="give the unicharset and recoder that the network was trained with",
        )
    return order


def _codes(
    unicharset: Unicharset, recoder: Recoder
) -> tuple[dict[str, Code], tuple[str, ...], tuple[str, ...]]:
    """Codes by text, units that are spelled, and units whose code another one has."""
    first = len(SPECIALS) if unicharset.has_special_codes else 1
    texts = {0: " "} | {at: unicharset.entries[at].text for at in range(first, len(unicharset))}
    codes: dict[str, Code] = {}
    points: dict[str, int] = {}
    spelled = []
    for at, text in texts.items():
        code = recoder.encode(at)
        letters = clean(text)
        if len(code) > 1 and len(letters) == len(code) and _agree(letters, code, points):
            points.update(zip(letters, code, strict=True))
            spelled.append(text)
        else:
            codes[text] = code
            if len(text) == 1 == len(code):
                points[text] = code[0]
    owners = {code: text for text, code in codes.items()}
    for point, number in points.items():
        if (number,) not in owners and point not in codes:
            codes[point] = (number,)
            owners[(number,)] = point
    lost = [text for text, code in codes.items() if owners[code] != text]
    kept = {text: code for text, code in codes.items() if text not in lost}
    lost += [t for t in spelled if any(kept.get(one) != (points[one],) for one in clean(t))]
    return kept, tuple(text for text in spelled if text not in lost), tuple(lost)


def _agree(letters: str, code: Code, points: dict[str, int]) -> bool:
    """Whether each code point has always had the same code."""
    pairs: dict[str, int] = {}
    return all(
        points.get(letter, number) == number == pairs.setdefault(letter, number)
        for letter, number in zip(letters, code, strict=True)
    )
