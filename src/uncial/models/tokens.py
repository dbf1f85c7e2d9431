"""Text to the tokens of a decoder and back, with any tokenizer that the library tokenizers reads.

Where a checkpoint's own tokenizer cannot write the characters of some lines, `byte_level` makes
one that can write every text: each character that is named gets a token, all others are spelled
in bytes. `transplanted` gives its tokens the embeddings of what the old tokenizer wrote for them.

Source: byte-level BPE as in Radford et al. 2019, "Language models are unsupervised multitask
learners", section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from uncial.errors import FormatError, UnencodableText
from uncial.extras import explained
from uncial.text.graphemes import graphemes

with explained():
    from tokenizers import Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
"""First tokens of a byte-level tokenizer, in the order of TrOCR's own."""
START, PAD, END = 2, 1, 2
_BYTES = 256


class Tokens:
    """A tokenizer and the token that ends a text.

    Args:
        text: As ``tokenizer.json`` holds it.
        end: Token behind every text.

    Raises:
        FormatError: It is no tokenizer.
    """

    def __init__(self, text: str, end: int) -> None:
        try:
            self._tokenizer = Tokenizer.from_str(text)
        except Exception as error:  # the library raises nothing more special
            raise FormatError(
                f"the tokenizer cannot be read: {error}",
                remedy="copy or download the model again",
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.end = end

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def to_json(self) -> str:
        """As ``tokenizer.json`` holds it."""
        text: str = self._tokenizer.to_str()
        return text

    def encode(self, text: str, where: str = "") -> NDArray[np.int32]:
        """``(L,)`` tokens of a text and the one that ends it.

        Args:
            text: Normalized, in logical order.
            where: Line id or path, for the message.

        Raises:
            UnencodableText: The tokens give another text.
        """
        found = self._tokenizer.encode(text, add_special_tokens=False).ids
        if self.decode(found) != text:
            missing = {one for one in graphemes(text) if not self.writes(one)}
            raise UnencodableText(missing or {text}, where=where or f"text {text[:40]!r}")
        return np.array([*found, self.end], np.int32)

    def decode(self, tokens: Sequence[int] | NDArray[np.int32]) -> str:
        """The text of some tokens."""
        text: str = self._tokenizer.decode(list(map(int, tokens)), skip_special_tokens=True)
        return text

    def writes(self, text: str) -> bool:
        """Whether a text comes back as it was."""
        return self.decode(self._tokenizer.encode(text, add_special_tokens=False).ids) == text

    def pieces(self, tokens: Sequence[int]) -> list[tuple[str, int, int]]:
        """Graphemes of a text, each with its first token and the one behind its last.

        A token of several graphemes stands at each of them.
        """
        ends = [len(self.decode(tokens[: at + 1]).rstrip("\ufffd")) for at in range(len(tokens))]
        spans = list(zip([0, *ends], ends, strict=False))  # a part of a character spans nothing
        found, place = [], 0
        for one in graphemes(self.decode(tokens)):
            stop = place + len(one)
            first = next(
                i for i, (left, right) in enumerate(spans) if left == place or right > place
            )
            last = next((i for i, right in enumerate(ends) if right >= stop), len(tokens) - 1)
            found.append((one, first, last + 1))
            place = stop
        return found

    def characters(self) -> list[str]:
        """Single characters that have a token of their own, sorted."""
        each = (self.decode([token]) for token in range(len(self)))
        return sorted({text for text in each if len(text) == 1 and text != "\ufffd"})

    def name(self, token: int) -> str:
        """What the tokenizer calls a token."""
        return str(self._tokenizer.id_to_token(token))

    def ids(self, text: str) -> list[int]:
        """Tokens of a text, whatever they give; none where it becomes unknown."""
        found: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        unknown = {self._tokenizer.token_to_id(name) for name in ("<unk>", "[UNK]")}
        return [] if unknown & set(found) else found


def byte_level(characters: Iterable[str]) -> Tokens:
    """A tokenizer that can write every text, with a token for each of some characters.

    Args:
        characters: Of the lines; single code points.
    """
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    names = dict(zip(_byte_values(alphabet), alphabet, strict=True))
    vocabulary = {name: number for number, name in enumerate([*SPECIAL, *alphabet])}
    merges: list[tuple[str, str]] = []
    for character in sorted({c for text in characters for c in text}):
        spelled = [names[byte] for byte in character.encode()]
        for at in range(1, len(spelled)):
            pair = ("".join(spelled[:at]), spelled[at])
            if "".join(pair) not in vocabulary:
                vocabulary["".join(pair)] = len(vocabulary)
                merges.append(pair)
    made = Tokenizer(BPE(vocab=vocabulary, merges=merges))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    made.decoder = decoders.ByteLevel()
    made.add_special_tokens(list(SPECIAL))
    return Tokens(made.to_str(), END)


def _byte_values(alphabet: Sequence[str]) -> list[int]:
    """The byte that each character of the alphabet stands for."""
    plain = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table = {chr(byte): byte for byte in plain}
    others = [byte for byte in range(_BYTES) if byte not in plain]
    table |= {chr(_BYTES + at): byte for at, byte in enumerate(others)}
    return [table[name] for name in alphabet]


def transplanted(rows: NDArray[np.float32], old: Tokens, new: Tokens) -> NDArray[np.float32]:
    """Embeddings for another tokenizer.

    Args:
        rows: ``(V, D)`` of the old one.
        old: What they belong to.
        new: Its special tokens are those of `byte_level`.

    Returns:
        ``(len(new), D)``: the mean over what the old tokenizer writes for the same text, or
        over all of its tokens where it cannot write it.
    """
    whole = rows.mean(0, dtype=np.float64).astype(np.float32)
    made = np.tile(whole, (len(new), 1))
    for token in range(len(SPECIAL), len(new)):
        text = new.decode([token])
        sources = [one for one in old.ids(text) if one < len(rows)] if "\ufffd" not in text else []
        if sources:
            made[token] = rows[sources].mean(0)
    made[END] = rows[min(old.end, len(rows) - 1)]
    return made
