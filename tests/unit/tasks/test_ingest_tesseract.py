"""Tesseract's ground truth through ingest, train and evaluate, with all that can be wrong in it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bad_lines import ink, write_pairs

from uncial.data.findings import KINDS
from uncial.data.images import encode_image
from uncial.data.store import LineStore
from uncial.errors import ConfigError, DataError, TrainingError
from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.lstmf import Sample
from uncial.progress import Event, Note
from uncial.tasks.evaluate import EvaluateConfig, evaluate
from uncial.tasks.ingest import IngestConfig, ingest
from uncial.tasks.train import TrainConfig, train
from uncial.training.basis import StartConfig
from uncial.training.config import NetworkConfig, StopConfig

WIDE = encode_image(np.eye(4, 600, dtype=np.uint8))
BOX = "WordStr 0 0 300 32 0 #{}\n\t 300 0 301 32 0\n"


def findings(store: Path) -> list[dict[str, str]]:
    found = json.loads((store / "report.json").read_text(encoding="utf-8"))["findings"]
    return [finding for finding in found if finding["code"] != "one-off-character"]


def write_samples(pairs: Path, folder: Path) -> Path:
    """The pairs of a folder as files of samples, with its lists."""
    for text in sorted(pairs.rglob("*.gt.txt")):
        inner = text.relative_to(pairs)
        target = folder / inner.parent / inner.name.replace(".gt.txt", ".lstmf")
        target.parent.mkdir(parents=True, exist_ok=True)
        image = text.with_name(text.name.replace(".gt.txt", ".png")).read_bytes()
        sample = Sample(image=image, text=text.read_text("utf-8").strip("\n"))
        target.write_bytes(lstmf.pack([sample]))
    for listing in pairs.glob("list.*"):
        names = listing.read_text("utf-8").replace(".png", ".lstmf")
        (folder / listing.name).write_text(names, "utf-8")
    return folder


@pytest.fixture(scope="module")
def samples(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_samples(pairs, tmp_path_factory.mktemp("samples"))


def test_samples_make_the_same_store_as_pairs(pairs: Path, samples: Path, tmp_path: Path) -> None:
    one, other = (
        LineStore.open(ingest(IngestConfig(sources=(source,), output=tmp_path / name)).store)
        for source, name in ((pairs, "pairs"), (samples, "samples"))
    )
    for row in range(len(one)):
        first, second = one.record(row), other.record(row)
        assert replace(first, source="") == replace(second, source="")
        assert second.source == str(samples / f"{second.line_id}.lstmf")
        assert bytes(one.image_bytes(row)) == bytes(other.image_bytes(row))


def test_lists_of_samples_are_trained_on_and_measured(
    samples: Path, model: Path, tmp_path: Path
) -> None:
    lists = (samples / "list.train", samples / "list.val")
    config = TrainConfig(
        data=lists,
        output=tmp_path / "run",
        steps=2,
        threads=1,
        network=NetworkConfig(spec="[1,24,0,1 Cr3,3,4 Mp4,2 S1(1x0)1,3]"),
        stop=StopConfig(validations=1),
    )
    assert train(config).training_lines == 4
    result = evaluate(EvaluateConfig(model=model, data=(samples,), split="test"))
    assert result.lines == 6
    single = EvaluateConfig(model=model, data=(samples / "list.test",), split="test")
    assert evaluate(single).cer == result.cer


# Files by name, the finding that they lead to, and what it says.
BAD: dict[str, tuple[dict[str, bytes], str, str]] = {
    "cut": (
        {".lstmf": lstmf.pack([Sample(image=ink(1), text="cut")])[:-9]},
        "unreadable-lstmf",
        "bad-cut.lstmf: ",
    ),
    "no-samples": ({".lstmf": lstmf.pack([])}, "no-text-line", "bad-no-samples.lstmf holds 0"),
    "no-text": (
        {".lstmf": lstmf.pack([Sample(image=ink(2), text=" ")])},
        "empty-text",
        "",
    ),
    "latin-1": (
        {".lstmf": lstmf.pack([Sample(image=ink(3), text="gr@n")]).replace(b"gr@n", b"gr\xfcn")},
        "wrong-encoding",
        "byte 0xFC",
    ),
    "no-image": (
        {".lstmf": lstmf.pack([Sample(image=b"", text="text")])},
        "empty-image",
        "file of 0 bytes",
    ),
    "wide": (
        {".lstmf": lstmf.pack([Sample(image=WIDE, text="squeezed " * 5)])},
        "image-too-wide",
        "600 × 4 px",
    ),
    "too-long": (
        {".lstmf": lstmf.pack([Sample(image=ink(4, 40), text="far too long for it" * 3)])},
        "impossible-length",
        "57 characters in 40",
    ),
    "box": (
        {".png": ink(5), ".box": b"a 1 2 3\n"},
        "bad-box",
        "bad-box.box, line 1: no four whole numbers behind 'a' (at byte 0)",
    ),
    "outside": (
        {".png": ink(6), ".box": b"a 1 2 3 4\nb 400 0 410 9\n"},
        "box-outside",
        "bad-outside.box, line 2: 'b' at 400 0 410 9; the image has 300 × 32 px",
    ),
    "beyond": (
        {".png": ink(7), ".box": b"WordStr 0 0 305 32 0 #reaches out\n"},
        "box-beyond-edge",
        "bad-beyond.box, line 1",
    ),
    "bytes": ({".png": ink(8), ".box": b"\xff 0 0 9 9\n"}, "wrong-encoding", "line 1: not UTF-8"),
    "no-boxes": ({".png": ink(9), ".box": b"\n\n"}, "no-text-line", "bad-no-boxes.box has no box"),
    "rows": (
        {".png": ink(10), ".box": b"a 0 20 99 32\nb 0 0 99 12\n"},
        "boxes-run-together",
        "bad-rows.box, line 2",
    ),
    "gone": ({".box": b"a 0 0 9 9\n"}, "missing-image", ""),
}  # fmt: skip


def test_every_kind_of_bad_file_is_named_with_its_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    for at in range(60):
        (folder / f"l{at}.png").write_bytes(ink(100 + at))
        (folder / f"l{at}.box").write_text(BOX.format(f"good line number {at}"))
    for name, (files, _, _) in BAD.items():
        for suffix, data in files.items():
            (folder / f"bad-{name}{suffix}").write_bytes(data)
    result = ingest(IngestConfig(sources=(folder,), output=tmp_path / "store", go_on=True))
    readable = result.report.read_text(encoding="utf-8")
    left_out = 0
    for name, (_, code, said) in BAD.items():
        found = [f for f in findings(result.store) if f["line_id"] == f"bad-{name}"]
        if name == "gone":
            found = [f for f in found if f["code"] != "missing-text"]
        assert [f["code"] for f in found] == [code], name
        assert said in found[0]["message"], name
        assert KINDS[code].remedy in readable
        left_out += KINDS[code].severity == "error"
    assert result.lines == 60 + len(BAD) - left_out
    assert sum(result.left_out.values()) == left_out


def test_good_lines_of_a_bad_page_are_kept(tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(ink(1, 400))
    rows = "WordStr 10 20 200 31 0 #first\n\t 0 0 1 1 0\nx 1\n\t 0 0 1 1 0\nz 10 1 80 12 0\n"
    (tmp_path / "p.box").write_text(rows)
    result = ingest(IngestConfig(sources=(tmp_path,), output=tmp_path / "out" / "s", go_on=True))
    assert LineStore.open(result.store).line_ids() == ["p#1", "p#3"]
    assert LineStore.open(result.store).record(0).page == "p"
    (finding,) = (f for f in findings(result.store) if f["line_id"] == "p#2")
    assert finding["source"] == f"{tmp_path / 'p.box'}: line 3"


def test_a_list_without_a_usable_line_ends_at_once(tmp_path: Path) -> None:
    write_pairs(tmp_path / "lines", 30)
    (tmp_path / "lines" / "bad.lstmf").write_bytes(b"damaged")
    names = sorted(path.name for path in (tmp_path / "lines").glob("*.png"))
    (tmp_path / "list.train").write_text("\n".join(f"lines/{name}" for name in names))
    (tmp_path / "list.eval").write_text("lines/bad.lstmf\n")
    lists = (tmp_path / "list.train", tmp_path / "list.eval")
    config = IngestConfig(sources=lists, output=tmp_path / "store", go_on=True)
    with pytest.raises(DataError, match=r"no line of .*list.eval can be used:\n1 × a line of the"):
        ingest(config)
    assert "bad.lstmf" in (tmp_path / "store.report.txt").read_text("utf-8")
    (tmp_path / "list.eval").write_text("\n")
    with pytest.raises(DataError, match=r"list.eval can be used:\nit names no line"):
        ingest(config)
    for path in lists:
        path.write_text("lines/bad.lstmf\n")
    with pytest.raises(DataError, match="no line can be used"):
        train(TrainConfig(data=lists, output=tmp_path / "run", go_on=True))


def test_characters_that_a_model_cannot_write_are_counted(tmp_path: Path, model: Path) -> None:
    write_pairs(tmp_path / "lines", 20)
    for at in range(7):
        text = "一 and 一" if at else "aͤ with 一"
        (tmp_path / "lines" / f"p{at // 5:03d}_line_{at}.gt.txt").write_text(text, "utf-8")
    config = IngestConfig(sources=(tmp_path / "lines",), output=tmp_path / "store", charset=model)
    events: list[Event] = []
    result = ingest(config, events.append)
    found = [f for f in findings(result.store) if f["code"] == "not-in-charset"]
    assert result.warnings["not-in-charset"] == len(found)
    (first,) = (f for f in found if "U+4E00" in f["message"])
    (second,) = (f for f in found if "U+0364" in f["message"])
    assert found.index(first) < found.index(second)
    assert (
        "'一' (U+4E00 CJK UNIFIED IDEOGRAPH-4E00), 13 times in 7 lines: p000_line_0, "
        in (first["message"])
    )
    assert first["message"].endswith("and 2 more")
    assert "U+0364 COMBINING LATIN SMALL LETTER E), 1 times in 1 lines" in second["message"]
    assert sum(isinstance(e, Note) and "13 times" in e.text for e in events) == 1
    with pytest.raises(ConfigError, match="no such model"):
        ingest(replace(config, charset=tmp_path / "gone", overwrite=True))


def test_lines_that_the_charset_cannot_write_are_named_in_training(
    tmp_path: Path, tesseract_model: Path
) -> None:
    folder = tmp_path / "lines"
    folder.mkdir()
    for number in range(6):
        sample = Sample(image=ink(number), text="一二 only")
        (folder / f"{number}.lstmf").write_bytes(lstmf.pack([sample]))
    (folder / "list.train").write_text("\n".join(f"{number}.lstmf" for number in range(4)))
    (folder / "list.val").write_text("4.lstmf\n5.lstmf\n")
    config = TrainConfig(
        data=(folder / "list.train", folder / "list.val"),
        output=tmp_path / "run",
        steps=2,
        threads=1,
        start=StartConfig(base=tesseract_model, strategy="fine-tune"),
    )
    with pytest.raises(TrainingError, match=r"4 training lines left out.*'一'.* in 4.*no line is"):
        train(config)
