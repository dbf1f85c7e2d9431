"""Unicharsets, recoders and starter models against Tesseract's own training tools, byte by byte."""

from __future__ import annotations

import io
import random
import shutil
import subprocess
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from uncial.formats.tesseract import lstmf
from uncial.formats.tesseract.bundle import (
    NUMBERS,
    PUNCTUATION,
    WORDS,
    Langdata,
    Language,
    bundle,
    lines,
)
from uncial.formats.tesseract.container import TrainedData
from uncial.formats.tesseract.dawg import Dawg
from uncial.formats.tesseract.extraction import extract, merge, texts_of
from uncial.formats.tesseract.segmentation import Mode
from uncial.formats.tesseract.unicharset import Unicharset

pytestmark = pytest.mark.tesseract

SAMPLES = {
    "latin": "Ça été où l’œuvre naïve — “quoted” ‘single’ ﬁne ﬂow Ǆ ǅ ǆ ẞß İıi Q\u0301q\u0301\n"
    "№½ ³ €£ ( [ { « ‹ ≤ Ⅷ ſt ﬀ ᾳ ᾼ …!? %‰ /\\ @#&*_-+=<>|~^`'\"\nzero\u200b\u200e \ufeffx\u00a0",
    "devanagari": "क्षत्रिय हिन्दी कर्म श्री १२३ ॐ ज्ञान।\nऋषि कृष्णः अँधेरा क़लम ड़ ढ़\nराष्ट्र्\n"
    "क्\u200dष क्\u200cष र्\u200dय वाक्\nअा\nab कि cd\nक॒ वे॑ द",
    "bengali": "বাংলা ভাষা ক্ষ জ্ঞ ত্ৰ ৎ র্যা র\u200d্যা ১২৩ দুঃখ চাঁদ",
    "tamil": "தமிழ் க்ஷ ஸ்ரீ ஃ கொ கௌ ௧௨ ௰",
    "telugu": "తెలుగు క్ష స్త్రీ విద్యార్థి జ్ఞానం ౧౨",
    "malayalam": "മലയാളം ക്ഷ ന്\u200d ര്\u200d അവന്\u200c ൻ".replace(" ", "\n"),
    "sinhala": "සිංහල ශ්\u200dරී ක්\u200dය ක්ෂ ප්\u200dරධාන මහා",
    "arabic": "السلام عليكم ـــ مرحباً بك؟ ١٢٣ ۱۲۳ لا گچپژ می\u200cشود (قوس) «اقتباس»",
    "hebrew": "שָׁלוֹם עולם 123 ״מרכאות״ (א)",
    "han": "中文漢字日本語「引用」。、々〇一丁丂（）！\nひらがな カタカナ ガ ー",
    "hangul": "한국어 글자 가각 ㄱㅏ 123 ᄒ\u1161\u11ab",
    "thai": "ภาษาไทย น้ำใจ เก่ง ผู้ใหญ่ กำ ๑๒๓ ที่นี่\nำ\nสัตว์ ฯลฯ ๆ",
    "khmer": "ភាសាខ្មែរ ស្រុក ព័ត៌មាន ខ្ញុំ ១២៣ កម្ពុជា ស្ត្រី ស៊ី",
    "myanmar": "မြန်မာဘာသာ ကျွန်ုပ် စာအုပ် ၁၂၃ ။ ဥပမာ ပစ္စည်း ဩ".replace(" ", "\n"),
    "javanese": "ꦧꦱꦗꦮ ꦲꦏ꧀ꦱꦫ ꦏꦿ ꦏꦾ ꦲꦤꦕꦫꦏ ꧑꧒ ꦥꦺꦴ",
    "mixed": "abc हि中文 กข\nहि 한국 abc\nகு हि",
    "others": "😀👍🏽 ☃ \U0001d400 \ue003 \ue007\u3000é\x7f a\tb Ελληνικά ᾳ ς Σ Русский ё བོད་ཡིག",
}
BLOCKS = {"thai": 0xE00, "myanmar": 0x1000, "khmer": 0x1780, "arabic": 0x600, "marks": 0x300}
BLOCKS |= {f"indic{page:x}": page for page in range(0x900, 0xE00, 0x80)}


def _run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, check=True)
    return (done.stdout + done.stderr).decode(errors="replace")


@pytest.fixture(autouse=True)
def programs() -> None:
    for program in ("unicharset_extractor", "merge_unicharsets", "combine_lang_model"):
        if shutil.which(program) is None:
            pytest.skip(f"not installed: {program}")


def _extracted(folder: Path, text: bytes, mode: Mode) -> tuple[bytes, str]:
    source, target = folder / "text.txt", folder / f"{mode}.unicharset"
    source.write_bytes(text)
    log = _run("unicharset_extractor", "--output_unicharset", target, "--norm_mode", mode, source)
    return target.read_bytes(), log


@pytest.mark.parametrize("mode", [1, 2, 3])
@pytest.mark.parametrize("name", SAMPLES)
def test_unicharset_extractor(tmp_path: Path, name: str, mode: Mode) -> None:
    text = SAMPLES[name].encode()
    theirs, log = _extracted(tmp_path, text, mode)
    ours = extract(texts_of(text), mode)
    assert ours.unicharset.pack(decimal=True) == theirs
    assert len(ours.refused) == log.count("Normalization failed")


def test_spaces_that_join_a_cluster_are_not_read_back(tmp_path: Path) -> None:
    text = "ကျွန်ုပ် စာ"
    theirs, _ = _extracted(tmp_path, text.encode(), 1)
    assert "ပ်  ".encode() in theirs
    ours = extract(text.split("\n")).unicharset
    assert Unicharset.unpack(theirs) == Unicharset.unpack(ours.pack(decimal=True))


@pytest.mark.parametrize("name", BLOCKS)
def test_unicharset_extractor_on_random_syllables(tmp_path: Path, name: str) -> None:
    rng = random.Random(name)
    block = BLOCKS[name]
    points = [chr(at) for at in range(block, block + 0x80) if unicodedata.category(chr(at)) != "Cn"]
    letters = [point for point in points if unicodedata.category(point) == "Lo"] or ["a"]
    links = [point for point in points if unicodedata.combining(point) == 9] or ["\u200d"]
    sets = (letters, letters, points, links, ["\u200d", "\u200c", "1"])
    words = {
        "".join(rng.choice(rng.choice(sets)) for _ in range(rng.randint(2, 6))) for _ in range(200)
    }
    texts = ["plain text", *sorted(words)]
    for mode in (1, 2, 3):
        theirs, log = _extracted(tmp_path, "\n".join(texts).encode(), mode)
        ours = extract(texts, mode)
        assert ours.unicharset.pack(decimal=True) == theirs
        assert {text for text, _ in ours.refused} == {
            text for text in texts if f"Normalization failed for string '{text}'" in log
        }


def test_unicharset_extractor_on_boxes(tmp_path: Path) -> None:
    for text in ("a 1 2 3 4 0\nb 5 6 7 8 0\n\t 9 9 10 10 0\n", "WordStr 0 0 9 9 0 #two wörds\n"):
        theirs, log = _extracted(tmp_path, text.encode(), 1)
        assert "from box file" in log
        assert extract(texts_of(text.encode())).unicharset.pack(decimal=True) == theirs


@pytest.mark.data
def test_merge_unicharsets(tmp_path: Path, shared_data: Path) -> None:
    files = sorted((shared_data / "langdata").rglob("*.unicharset"))
    for name in ("latin", "devanagari", "han", "others"):
        files.append(tmp_path / f"{name}.unicharset")
        files[-1].write_bytes(_extracted(tmp_path, SAMPLES[name].encode(), 1)[0])
    sets = {file: Unicharset.unpack(file.read_bytes()) for file in files}
    for first in files:
        for second in files[::-1]:
            _run("merge_unicharsets", first, second, tmp_path / "union")
            ours = merge([sets[first], sets[second]]).pack(decimal=True)
            assert ours == (tmp_path / "union").read_bytes(), (first.name, second.name)


def _combined(folder: Path, script_dir: Path, units: bytes, *options: object) -> dict[str, bytes]:
    (folder / "units").write_bytes(units)
    _run(
        *("combine_lang_model", "--input_unicharset", folder / "units", "--script_dir", script_dir),
        *("--output_dir", folder, "--lang", "xyz", "--version_str", "v", *options),
    )
    return TrainedData.unpack((folder / "xyz" / "xyz.traineddata").read_bytes()).components


def _same(
    folder: Path, theirs: dict[str, bytes], units: bytes, language: Language, data: Path
) -> None:
    ours = bundle(Unicharset.unpack(units), language, Langdata.folder(data))
    parts = ours.model.components
    assert ours.unicharset.pack(decimal=True) == theirs["lstm-unicharset"]
    assert list(parts) == list(theirs)
    assert parts["lstm-recoder"] == theirs["lstm-recoder"]
    dump = folder / "xyz" / f"xyz.charset_size={ours.recoder.code_range}.txt"
    assert dump.read_text() == ours.recoder.dump(ours.unicharset)
    for name in (WORDS, PUNCTUATION, NUMBERS):
        if name in theirs:
            sequences = [set(Dawg.unpack(part[name]).sequences()) for part in (parts, theirs)]
            assert sequences[0] == sequences[1]


@pytest.mark.data
@pytest.mark.parametrize(
    "name", ["latin", "devanagari", "arabic", "han", "hangul", "javanese", "mixed"]
)
@pytest.mark.parametrize("passed", [False, True])
def test_combine_lang_model_on_scripts(
    tmp_path: Path, shared_data: Path, name: str, passed: bool
) -> None:
    units = _extracted(tmp_path, SAMPLES[name].encode(), 2)[0]
    options = ["--pass_through_recoder"] if passed else []
    theirs = _combined(tmp_path, shared_data / "langdata", units, *options)
    language = Language(version="v", pass_through=passed)
    _same(tmp_path, theirs, units, language, shared_data / "langdata")


@pytest.mark.data
@pytest.mark.parametrize(("lang", "turned"), [("deu", False), ("ara", True)])
def test_combine_lang_model_with_dictionaries(
    tmp_path: Path, shared_data: Path, lang: str, turned: bool
) -> None:
    data = shared_data / "langdata"
    text = (data / lang / f"{lang}.training_text").read_bytes()
    units = _extracted(tmp_path, text, 3 if turned else 2)[0]
    lists = {kind: data / lang / f"{lang}.{kind}" for kind in ("punc", "numbers")}
    words = _head(next((data / lang).glob("*.wordlist*")), 5000)
    (tmp_path / "words").write_text("\n".join(words))
    options: Sequence[object] = [
        *("--words", tmp_path / "words", "--puncs", lists["punc"], "--numbers", lists["numbers"]),
        *(["--lang_is_rtl", "--pass_through_recoder"] if turned else []),
    ]
    theirs = _combined(tmp_path, data, units, *options)
    language = Language(
        words=words,
        punctuation=lines(lists["punc"].read_bytes()),
        numbers=lines(lists["numbers"].read_bytes()),
        right_to_left=turned,
        pass_through=turned,
    )
    _same(tmp_path, theirs, units, language, data)


def test_combine_tessdata_reads_what_we_write(tmp_path: Path) -> None:
    starter = bundle(
        extract(["some words"]).unicharset,
        Language(words=("some", "words"), punctuation=(" ",), version="uncial test"),
    )
    file = tmp_path / "xyz.traineddata"
    file.write_bytes(starter.model.replaced("config", b"tessedit_x 1\n").pack())
    listing = _run("combine_tessdata", "-d", file)
    assert "Version:uncial test" in listing
    for name, data in starter.model.components.items():
        assert f":{name}:size={len(data)}" in listing
    _run("combine_tessdata", "-u", file, tmp_path / "out.")
    for name, data in starter.model.components.items():
        assert (tmp_path / f"out.{name}").read_bytes() == data
    _run("combine_tessdata", "-o", file, tmp_path / "out.lstm-recoder")
    assert TrainedData.unpack(file.read_bytes()).pack() == file.read_bytes()


def test_lines_that_tesseract_reads_again(tmp_path: Path) -> None:
    """Hexadecimal properties, as we write them, are those that Tesseract then has."""
    made = extract([SAMPLES["latin"]]).unicharset
    entries = [replace(entry, mirror=at) for at, entry in enumerate(made.entries)]
    made = replace(made, entries=tuple(entries))
    (tmp_path / "ours").write_bytes(made.pack())
    _run("merge_unicharsets", tmp_path / "ours", tmp_path / "ours", tmp_path / "union")
    union = Unicharset.unpack((tmp_path / "union").read_bytes())
    assert union == Unicharset.unpack(merge([made]).pack(decimal=True))


def test_lines_of_older_versions(tmp_path: Path) -> None:
    rng = random.Random(3)
    forms = (
        "{t} {p} {b},{s} {n} {i} {d} {i}  {t}\t# x",
        "{t} {p} {b},{s} {n} {i} {d} {i}",
        "{t} {p} {b} , {s} {n} {i} {d} {i} \t# {t}",
        "{t} {p} {b} {n} {i} {d} {i}",
        "{t} {p} {b} {n} {i}\r",
        "{t} {p} {n}\t{i}  x y",
        "{t} {p} {n}",
        "{t} {p} {n} # x",
        "  {t}  {p}",
    )
    rows = []
    for at in range(270):
        fields = {
            "t": chr(0x4E00 + at),
            "p": rng.choice(["0", "3", "8", "10", "1f", "0x5", "A", "100"]),
            "b": ",".join(rng.choices(["0", "64", "255", "300", "-3"], k=4)),
            "s": ",".join(rng.choices(["0", "1.5", ".25", "1e2", "-3.5", "1."], k=6)),
            "n": rng.choice(["Latin", "Han", "NULL"]),
            "i": rng.choice([0, 5, 270, 271, 300]),
            "d": rng.randint(0, 22),
        }
        rows.append(forms[at % len(forms)].format(**fields))
    data = "\n".join(["271", "NULL 0 Common 0", *rows, ""]).encode()
    (tmp_path / "old").write_bytes(data)
    _run("merge_unicharsets", tmp_path / "old", tmp_path / "old", tmp_path / "union")
    ours = Unicharset.unpack(data)
    assert merge([ours, ours]).pack(decimal=True) == (tmp_path / "union").read_bytes()


def _head(file: Path, count: int) -> tuple[str, ...]:
    return lines(file.read_bytes())[:count]


@pytest.mark.parametrize("passed", [False, True])
def test_lstmtraining_starts_from_a_starter(tmp_path: Path, passed: bool) -> None:
    text = "abc cab"
    language = Language(words=("abc", "cab"), punctuation=(" ",), pass_through=passed)
    starter = bundle(extract([text]).unicharset, language)
    (tmp_path / "xyz.traineddata").write_bytes(starter.model.pack())
    picture = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (24, 120), dtype=np.uint8)
    Image.fromarray(pixels).save(picture, "PNG")
    (tmp_path / "line.lstmf").write_bytes(
        lstmf.pack([lstmf.Sample(image=picture.getvalue(), text=text)])
    )
    (tmp_path / "list").write_text(f"{tmp_path / 'line.lstmf'}\n")
    log = _run(
        *("lstmtraining", "--traineddata", tmp_path / "xyz.traineddata", "--max_iterations", 1),
        *("--net_spec", "[1,16,0,1 Mp4,4 Lfys8 Lfx8 O1c1]", "--model_output", tmp_path / "out"),
        *("--train_listfile", tmp_path / "list", "--target_error_rate", 0.01),
    )
    assert "Finished!" in log
    _run(
        *("lstmtraining", "--stop_training", "--continue_from", tmp_path / "out_checkpoint"),
        *("--traineddata", tmp_path / "xyz.traineddata"),
        *("--model_output", tmp_path / "done.traineddata"),
    )
    done = TrainedData.unpack((tmp_path / "done.traineddata").read_bytes()).components
    assert done.pop("lstm")
    assert done == starter.model.components
