"""The model file: what goes in comes out, and no bytes lead to anything but a FormatError."""

from __future__ import annotations

import contextlib
import json
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save

from uncial.archive import ModelArchive
from uncial.errors import FormatError
from uncial.formats.models import native
from uncial.imaging.prepare import Preprocessing
from uncial.models.recognizer import Recognizer
from uncial.text.codec import Codec
from uncial.text.normalize import Normalization

HEADER: dict[str, Any] = {
    "format": 1,
    "spec": "[1,24,0,1 Cl3,3,2 O1c3]",
    "codec": {"version": 1, "codes": [["a", [1]], ["b", [2]]]},
    "preprocessing": {"height": 24},
    "normalization": "nfc+spaces",
    "metadata": {},
}
ARRAYS = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.uint8, np.bool_]),
    hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
)


def _archive(
    weights: Mapping[str, np.ndarray], metadata: dict[str, Any] | None = None
) -> ModelArchive:
    return ModelArchive(
        spec="[1,24,0,1 O1c3]",
        codec=Codec.from_charset(["a", "ſ", "\u0e33", "\U0001f600", '"', "\\"]),
        preprocessing=Preprocessing(height=24, stretch=0.7, contrast=(2.0, 50.0), centre=False),
        normalization=Normalization.named("nfd+long-s"),
        weights=dict(weights),
        metadata=metadata or {},
    )


def _file(header: object, tensors: Mapping[str, object] | None = None, body: bytes = b"") -> bytes:
    """A safetensors file with `header` under our key, as text if it is a string."""
    text = header if isinstance(header, str) else json.dumps(header)
    described = {**(tensors or {}), "__metadata__": {"uncial": text}}
    return _framed(json.dumps(described).encode(), body)


def _framed(header: bytes, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header + body


def _same(one: ModelArchive, other: ModelArchive) -> bool:
    fields = ("spec", "codec", "preprocessing", "normalization", "metadata")
    return all(getattr(one, name) == getattr(other, name) for name in fields) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(one.weights.values(), other.weights.values(), strict=True)
    )


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12).filter(
    lambda name: name != "__metadata__"
)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(NAMES, ARRAYS, max_size=5),
    st.dictionaries(NAMES, st.integers() | st.text(max_size=5) | st.none(), max_size=3),
)
def test_what_is_packed_unpacks_the_same(
    weights: dict[str, np.ndarray], metadata: dict[str, Any]
) -> None:
    archive = _archive(weights, metadata)
    data = native.pack(archive)
    again = native.unpack(data)
    assert again.weights.keys() == weights.keys()
    ordered = _archive({name: again.weights[name] for name in weights}, again.metadata)
    assert _same(archive, ordered)
    assert native.unpack(native.pack(again)).weights.keys() == weights.keys()
    assert native.pack(again) == data


def test_arrays_may_lie_in_memory_in_any_order() -> None:
    square = np.arange(12, dtype=np.float32).reshape(3, 4)
    weights = {"fortran": np.asfortranarray(square), "step": square[:, ::2], "turned": square.T}
    again = native.unpack(native.pack(_archive(weights)))
    for name, array in weights.items():
        assert np.array_equal(again.weights[name], array)


def test_a_file_cut_short_anywhere_is_refused() -> None:
    weights = {"one": np.arange(6, dtype=np.float32), "two": np.array(3, dtype=np.int64)}
    data = native.pack(_archive(weights, {"made": "for tests"}))
    header = int.from_bytes(data[:8], "little")
    lengths = {*range(24), *range(24, 8 + header, 17), *range(8 + header - 3, len(data))}
    for length in sorted(lengths):
        with pytest.raises(FormatError) as caught:
            native.unpack(data[:length])
        assert caught.value.remedy, length
    with pytest.raises(FormatError, match="tensors of this model file cannot be read"):
        native.unpack(data + b"\0")


@pytest.mark.parametrize(
    "size", [1, 7, 99_999_999, 100_000_001, 2**31, 2**32 + 2, 2**63 - 1, 2**63, 2**64 - 1]
)
def test_a_hostile_header_length_is_refused_before_anything_is_reserved(size: int) -> None:
    good = _file(HEADER)
    with pytest.raises(FormatError) as caught:
        native.unpack(struct.pack("<Q", size) + good[8:])
    assert caught.value.offset in (0, 8)


@pytest.mark.parametrize(
    "data",
    [
        save({"weight": np.zeros(3, np.float32)}),
        save({"weight": np.zeros(3, np.float32)}, metadata={"format": "pt"}),
        save({}, metadata={"kraken_meta": "{}"}),
        _file("no JSON"),
        _file("[]"),
        _file("null"),
        _file("[" * 100_000),
        _file({"spec": "[1,24,0,1 O1c3]"}),
        _framed(b"[" * 100_000),
        _framed(b"[]"),
        _framed(b"{}"),
        _framed(b'{"__metadata__": 3}'),
        _framed(b"\xff\xfe{}"),
    ],
)
def test_files_of_other_programs_are_told_apart(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a model of Uncial") as caught:
        native.unpack(data)
    assert "uncial train" in caught.value.remedy


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" * 9, b"\x80\x02}q\x00.", b"<html></html>"])
def test_what_is_no_safetensors_file_is_called_so(data: bytes) -> None:
    with pytest.raises(FormatError, match="not a safetensors file"):
        native.unpack(data)


@pytest.mark.parametrize("version", [4, 10**30, 0, -1, "1", None, 1.0, [1]])
def test_another_version_is_named(version: object) -> None:
    with pytest.raises(FormatError, match=r"model format .* reads up to 3") as caught:
        native.unpack(_file({**HEADER, "format": version}))
    assert "update" in caught.value.remedy


@pytest.mark.parametrize("voters", [5, "one", [1], [{"spec": "[1,8,0,1 O1c2]"}]])
def test_voters_that_are_no_models_are_refused(voters: object) -> None:
    with pytest.raises(FormatError, match=r"voters|lacks or misstates"):
        native.unpack(_file({**HEADER, "format": 2, "voters": voters}))


@pytest.mark.parametrize("name", sorted(HEADER.keys() - {"format"}))
@pytest.mark.parametrize("value", [None, 5, True, [["a", 1]], 1.5])
def test_a_field_that_is_missing_or_misstated_is_named(name: str, value: object) -> None:
    with pytest.raises(FormatError, match=f"lacks or misstates '{name}'"):
        native.unpack(_file({**HEADER, name: value}))
    without = {key: kept for key, kept in HEADER.items() if key != name}
    with pytest.raises(FormatError, match=f"lacks or misstates '{name}'"):
        native.unpack(_file(without))


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"normalization": "nfq"}, "unknown normalization 'nfq'"),
        ({"normalization": "nfc++spaces"}, "empty rule"),
        ({"codec": {"version": 2, "codes": []}}, "codec is not of version 1"),
        ({"codec": {"version": 1}}, '"codes" list'),
        ({"codec": {"version": 1, "codes": [["a", [0]]]}}, r"labels \[0\]"),
        ({"codec": {"version": 1, "codes": [["a", [1]], ["a", [2]]]}}, "twice"),
        ({"codec": {"version": 1, "codes": [["a", [1]], ["b", [1, 1]]]}}, "begins the code"),
        ({"preprocessing": {"dewarp": True}}, "unknown preprocessing field 'dewarp'"),
        ({"preprocessing": {"height": 0}}, "preprocessing out of range"),
        ({"preprocessing": {"height": 48.5}}, "preprocessing out of range"),
        ({"preprocessing": {"height": "48"}}, "preprocessing out of range"),
        ({"preprocessing": {"stretch": float("nan")}}, "preprocessing out of range"),
        ({"preprocessing": {"stretch": "auto"}}, "preprocessing out of range"),
        ({"preprocessing": {"pad": 10**9}}, "preprocessing out of range"),
        ({"preprocessing": {"centre": 1}}, "preprocessing out of range"),
        ({"preprocessing": {"polarity": ["auto"]}}, "preprocessing out of range"),
        ({"preprocessing": {"contrast": [60, 1]}}, "preprocessing out of range"),
        ({"preprocessing": {"contrast": [1, 2, 3]}}, "preprocessing out of range"),
        ({"preprocessing": {"contrast": "ab"}}, "preprocessing out of range"),
        ({"ranges": [1, 2]}, "ranges are not a JSON object"),
        ({"ranges": {"layers.C_0": [2, 1]}}, "not two ascending numbers"),
        ({"ranges": {"layers.C_0": [0, float("nan")]}}, "not two ascending numbers"),
        ({"ranges": {"layers.C_0": [0, float("inf")]}}, "not two ascending numbers"),
        ({"ranges": {"layers.C_0": [0]}}, "not two ascending numbers"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(changed: dict[str, Any], problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as caught:
        native.unpack(_file({**HEADER, **changed}))
    assert caught.value.remedy


@pytest.mark.parametrize("dtype", ["BF16", "F8_E4M3", "Q4", 7])
def test_a_number_format_that_numpy_has_not_is_refused(dtype: object) -> None:
    tensor = {"w": {"dtype": dtype, "shape": [1], "data_offsets": [0, 2]}}
    with pytest.raises(FormatError, match="tensors of this model file cannot be read"):
        native.unpack(_file(HEADER, tensor, b"ab"))


@pytest.mark.parametrize(
    ("weights", "problem"),
    [({}, "lacks the tensor"), ({"more": 1}, "unknown tensor"), ({"shape": 1}, "has shape")],
)
def test_weights_that_do_not_belong_to_the_spec_are_named(
    weights: dict[str, int], problem: str
) -> None:
    archive = native.unpack(_file(HEADER))
    arrays = {} if not weights else dict(_weights(HEADER["spec"]))
    if "more" in weights:
        arrays["more"] = np.zeros(1, np.float32)
    if "shape" in weights:
        first = sorted(arrays)[0]
        arrays[first] = arrays[first][..., None]
    broken = ModelArchive(
        spec=archive.spec,
        codec=archive.codec,
        preprocessing=archive.preprocessing,
        normalization=archive.normalization,
        weights=arrays,
    )
    with pytest.raises(FormatError, match=problem):
        Recognizer.from_archive(broken)


def _weights(spec: str) -> dict[str, np.ndarray]:
    from uncial.nn.build import build
    from uncial.nn.weights import to_arrays

    return to_arrays(build(spec, labels=3))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300) | st.binary(max_size=200).map(_framed))
def test_random_bytes_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(FormatError):
        native.unpack(data)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_file_is_refused_or_still_reads(data: st.DataObject) -> None:
    whole = bytearray(native.pack(_archive({"w": np.arange(4, dtype=np.float32)})))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        native.unpack(bytes(whole))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*sorted(HEADER), "ranges"]), JSON)
def test_any_json_in_a_field_reads_or_is_refused(name: str, value: object) -> None:
    with contextlib.suppress(FormatError):
        native.unpack(_file({**HEADER, name: value}))
