"""The container: byte-exact on real files, and no bytes lead to anything but a FormatError."""

from __future__ import annotations

import contextlib
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uncial.errors import ConfigError, FormatError
from uncial.formats.tesseract.container import SLOTS, TrainedData

NAMES = [*SLOTS, "slot-24", "slot-999"]
PAYLOADS = st.dictionaries(st.sampled_from(NAMES), st.binary(min_size=1, max_size=9), max_size=6)


@given(PAYLOADS, st.integers(0, 30), st.booleans())
def test_unpack_inverts_pack(components: dict[str, bytes], slots: int, swapped: bool) -> None:
    model = TrainedData(components=components, slots=slots, swapped=swapped)
    packed = model.pack()
    again = TrainedData.unpack(packed)
    assert again.components == model.components
    assert again.swapped == (swapped and again.slots > 0)  # 0 reads the same both ways
    assert again.pack() == packed


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_read_or_refused(data: bytes) -> None:
    with contextlib.suppress(FormatError):
        assert TrainedData.unpack(data).components is not None


@given(PAYLOADS, st.data())
def test_mutated_files_are_read_or_refused(
    components: dict[str, bytes], data: st.DataObject
) -> None:
    packed = bytearray(TrainedData(components=components).pack())
    for at in data.draw(st.lists(st.integers(0, len(packed) - 1), max_size=4)):
        packed[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(FormatError):
        TrainedData.unpack(bytes(packed)).pack()


def test_every_truncation_is_refused_or_shortens_the_last_component() -> None:
    whole = TrainedData(components={"lstm": b"network", "version": b"5.3.0"})
    packed = whole.pack()
    for size in range(len(packed)):
        try:
            cut = TrainedData.unpack(packed[:size])
        except FormatError:
            continue
        assert size >= len(packed) - len(b"5.3.0")
        assert cut.components["lstm"] == b"network"


def test_layout() -> None:
    packed = TrainedData(components={"unicharset": b"ab", "config": b"c"}, slots=2).pack()
    assert packed == struct.pack("<I2q", 2, 20, 21) + b"cab"


def test_components_come_in_slot_order_and_empty_ones_go() -> None:
    model = TrainedData(components={"version": b"x", "lstm": b"", "config": b"y"})
    assert list(model.components) == ["config", "version"]
    assert model.version == "x"
    assert TrainedData().version == "Pre-4.0.0"


def test_replaced_puts_in_takes_out_and_makes_room() -> None:
    old = TrainedData(components={"config": b"a"}, slots=11)
    new = old.replaced("lstm", b"net")
    assert new.components == {"config": b"a", "lstm": b"net"}
    assert new.slots == len(SLOTS)
    assert new.replaced("lstm", b"").components == {"config": b"a"}
    assert old.replaced("config", b"b").slots == 11


@pytest.mark.parametrize("name", ["lstm-recorder", "slot-3", "slot-1000", "slot-٣", "slot-024", ""])
def test_unknown_names_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="no component"):
        TrainedData().replaced(name, b"x")


def test_an_absent_component_is_named() -> None:
    with pytest.raises(FormatError, match="'lstm'; it holds config"):
        TrainedData(components={"config": b"a"}).component("lstm")
    assert TrainedData(components={"config": b"a"}).component("config") == b"a"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"PK\x03\x04rest", "zip archive"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"\x00\x00\x10\x10", "slots"),
        (struct.pack("<I2q", 2, 20, 19) + b"ab", "spans"),
        (struct.pack("<I2q", 2, 21, -1) + b"ab", "spans"),
        (struct.pack("<I2q", 2, 20, 23) + b"ab", "spans"),
        (struct.pack("<I2q", 2, -2, 20) + b"ab", "spans"),
        (struct.pack("<I2q", 2, -1, -1) + b"ab", "behind the table"),
        (struct.pack("<Iq", 2, -1), "bytes needed"),
    ],
)
def test_refusals_name_the_problem(data: bytes, problem: str) -> None:
    with pytest.raises(FormatError, match=problem) as refusal:
        TrainedData.unpack(data, "x.traineddata")
    assert refusal.value.problem.startswith("x.traineddata: ")
    assert refusal.value.remedy


@pytest.mark.data
def test_real_files_are_written_byte_for_byte(shared_data: Path) -> None:
    files = sorted((shared_data / "models-tesseract").glob("*.traineddata"))
    files += sorted(Path("/usr/share/tesseract-ocr/5/tessdata").glob("*.traineddata"))
    assert len(files) >= 3
    for file in files:
        data = file.read_bytes()
        assert TrainedData.unpack(data, file.name).pack() == data
