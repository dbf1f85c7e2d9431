"""Every reader of files, with sound inputs to damage.

A reader does with the bytes what commands do with a file: it reads all of it, asks for what is
in it, and with models it reads a line. Errors of ours are answers; anything else is a finding.
Where the data folder is absent, small files made here are all there is.
"""

from __future__ import annotations

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np

from uncial.errors import UncialError

DATA = Path(os.environ.get("UNCIAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
_SPEC = "[1,16,0,1 Ct3,3,4 Mp2,2 Lfys4 Lbx4 Lrx4 O1c1]"
_WORDS = ("the", "quick", "fox", "foxes", "a", "abc", "ab", "Zeile", "zehn")
_MANY = 2000  # entries of a list that are looked at


@dataclass(frozen=True)
class Reader:
    """One kind of file.

    Attributes:
        seeds: Sound files.
        read: Takes the bytes of one, and a folder for files it needs.
        tokens: Words of the format.
    """

    seeds: Callable[[], list[bytes]]
    read: Callable[[bytes, Path], None]
    tokens: tuple[bytes, ...] = ()


def tried(*calls: Callable[[], object]) -> None:
    """Make each call; errors of ours are fine."""
    for call in calls:
        with suppress(UncialError):
            call()


@cache
def line() -> np.ndarray:
    """An image with some ink."""
    image = np.full((20, 64), 255, np.uint8)
    image[4:16, 8:56:6] = 0
    image[9:11, 8:40] = 40
    return image


def real(*inside: str, most: int = 1 << 18) -> list[bytes]:
    """The bytes of a file of the data folder, if it is there."""
    path = DATA.joinpath(*inside)
    return [path.read_bytes()[:most]] if path.is_file() else []


@cache
def small_model(real_units: bool = False):
    """An archive of a network in Tesseract's style, and its components."""
    import torch

    from uncial.archive import ModelArchive
    from uncial.formats.tesseract.bundle import Language, bundle
    from uncial.formats.tesseract.container import TrainedData
    from uncial.formats.tesseract.engine import charset
    from uncial.formats.tesseract.labels import label_table
    from uncial.formats.tesseract.unicharset import Unicharset
    from uncial.imaging.prepare import Preprocessing
    from uncial.nn.build import build
    from uncial.nn.weights import to_arrays
    from uncial.text.normalize import Normalization

    torch.manual_seed(0)
    language = Language(words=_WORDS, punctuation=(" ", "( )", " .", '" "'), numbers=("  ", " . "))
    letters = [*dict.fromkeys("".join(_WORDS) + '().,"0123456789äéqu̐'), "qu", "st"]
    starter = bundle(Unicharset.of(letters), language)
    model, units, recoder = starter.model, starter.unicharset, starter.recoder
    if real_units:
        whole = TrainedData.unpack(real("models-tesseract", "eng.traineddata", most=1 << 30)[0])
        kept = {name: body for name, body in whole.components.items() if len(body) < 30_000}
        model = TrainedData(components=kept)
        units, recoder = charset(model)
    codec = label_table(units, recoder).codec
    network = build(_SPEC, labels=codec.width)
    archive = ModelArchive(
        spec=network.spec,
        codec=codec,
        preprocessing=Preprocessing.tesseract(16),
        normalization=Normalization.DEFAULT,
        weights=to_arrays(network),
    )
    return archive, model


def _traineddata_files() -> list[bytes]:
    from uncial.formats.models import traineddata

    found = []
    for real_units in (False, True) if real("models-tesseract", "eng.traineddata") else (False,):
        archive, model = small_model(real_units)
        for integer in (False, True):
            made = traineddata.to_traineddata(archive, starter=model, integer=integer)[0]
            found.append(made.pack())
    return found


def _components(name: str) -> list[bytes]:
    from uncial.formats.tesseract.container import TrainedData

    parts = [TrainedData.unpack(data).components for data in _traineddata_files()]
    return list(dict.fromkeys(found[name] for found in parts if name in found))


def read_traineddata(data: bytes, folder: Path) -> None:
    from uncial.formats.models import native, traineddata
    from uncial.formats.models.kinds import model_kind
    from uncial.models.recognizer import Recognizer
    from uncial.models.tesseract import TesseractModel
    from uncial.models.tesseract_reader import TesseractReader
    from uncial.tasks.inspect import _traineddata_facts

    def reading() -> None:
        reader = TesseractReader(TesseractModel.unpack(data, "x"), {})
        reader.missing("fox Zeile é")
        reader.read([line()])

    def converting() -> None:
        archive, _ = traineddata.unpack(data, "x")
        traineddata.pack(archive)
        Recognizer.from_archive(native.unpack(native.pack(archive)))

    tried(
        lambda: model_kind(data, "x"),
        reading,
        converting,
        lambda: traineddata.rewritten(data, "x", integer=True),
        lambda: _traineddata_facts(data, "x"),
    )


def read_unicharset(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract.bundle import Langdata, Language, bundle
    from uncial.formats.tesseract.extraction import merge
    from uncial.formats.tesseract.recoder import Recoder
    from uncial.formats.tesseract.unicharset import Unicharset

    def reading() -> None:
        units = Unicharset.unpack(data)
        tried(
            units.pack,
            lambda: units.encode("the fi quick é"),
            lambda: merge([units, Unicharset.of("abc")]),
            lambda: Recoder.build(units).dump(units),
            lambda: bundle(units, Language(words=_WORDS, punctuation=(" ",))),
            lambda: bundle(Unicharset.of("abcé"), Language(), Langdata(script=lambda _: units)),
        )

    tried(reading)


def read_recoder(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract.labels import label_table
    from uncial.formats.tesseract.recoder import Recoder
    from uncial.formats.tesseract.unicharset import Unicharset

    def reading(special: bool) -> None:
        recoder = Recoder.unpack(data, special_codes=special)
        recoder.pack(), recoder.final, recoder.next, recoder.starts, recoder.units
        units = Unicharset.of([chr(0x4E00 + at) for at in range(len(recoder.codes) - 3)])
        tried(lambda: recoder.dump(units), lambda: label_table(units, recoder))

    tried(lambda: reading(True), lambda: reading(False))


def read_dawg(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract.dawg import Dawg
    from uncial.formats.tesseract.dictionary import Dictionary

    def reading(swapped: bool) -> None:
        graph = Dawg.unpack(data, swapped=swapped)
        tried(
            graph.pack,
            graph.count,
            lambda: list(islice(graph.sequences(), _MANY)),
            lambda: graph.words(["x"] * 200),
            lambda: _walked(Dictionary(graph, graph, graph, [1, 2, 3])),
            lambda: [5, 6, 7] in graph,
        )

    tried(lambda: reading(False), lambda: reading(True))


def _walked(dictionary) -> None:
    state = dictionary.initial
    for unichar in (3, 4, 5, 0, 1, 2, 90, 5, 5, 5):
        follow = dictionary.follow(state, unichar)
        state = follow.state if follow else dictionary.initial


def read_lstm(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract.engine import check_flow
    from uncial.formats.tesseract.network import LSTMRecord
    from uncial.formats.tesseract.optimizer import publishable, resumable
    from uncial.formats.tesseract.quantize import quantized
    from uncial.formats.tesseract.spec import spec_of
    from uncial.formats.tesseract.tensors import arrays_of, label_order
    from uncial.formats.tesseract.vgsl import nodes_of
    from uncial.nn.tesseract.forward import ExactNetwork

    def arrays(record: LSTMRecord) -> None:
        spec, slots = spec_of(record.network)
        if 0 <= record.null_char < record.network.no == record.network.children[-1].no:
            arrays_of(slots, label_order(record.null_char, record.network.no))
        nodes_of(spec, record.network.no)

    def forward(record: LSTMRecord) -> None:
        check_flow(record.network, 0, "lstm")
        network = ExactNetwork(record.network, record.sample_iteration)
        height = network.height or 16
        if height > 200 or network.depth > 3:
            return
        kind = np.int8 if network.integer else np.float32
        network.probabilities(np.ones((height, 40, network.depth), kind))

    def reading(embedded: bool, swapped: bool) -> None:
        record = LSTMRecord.unpack(data, embedded=embedded, swapped=swapped)
        tried(
            record.pack,
            lambda: quantized(record).pack(),
            lambda: publishable(record).pack(),
            lambda: resumable(record).pack(),
            lambda: arrays(record),
            lambda: forward(record),
        )

    tried(lambda: reading(False, False), lambda: reading(True, False), lambda: reading(False, True))


def _checkpoints() -> list[bytes]:
    from dataclasses import replace

    from uncial.formats.tesseract.checkpoint import Checkpoint
    from uncial.formats.tesseract.network import LSTMRecord

    found = []
    for data in _components("lstm"):
        record = LSTMRecord.unpack(data)
        if record.is_integer:
            continue
        begun = Checkpoint.start(record)
        short = replace(begun, errors=tuple(window[:20] for window in begun.errors))
        light = replace(short, progress=None)
        progress = replace(short.progress, best_trainer=light, second_trainer=light)
        full = replace(short, progress=progress)
        found += [light.pack(), short.pack(), full.pack()]
    return found


def read_checkpoint(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract.checkpoint import Checkpoint, recognizer

    tried(
        lambda: recognizer(data),
        lambda: Checkpoint.unpack(data).pack(),
    )


def _png(shape: tuple[int, ...] = (20, 64), **options: object) -> bytes:
    return _encoded("PNG", shape, **options)


def _encoded(kind: str, shape: tuple[int, ...] = (20, 64), mode: str = "", **options) -> bytes:
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    pixels[: shape[0] // 2] = 255
    image = Image.fromarray(pixels)
    file = io.BytesIO()
    (image.convert(mode) if mode else image).save(file, kind, **options)
    return file.getvalue()


def _lstmf_files() -> list[bytes]:
    from uncial.formats.tesseract import lstmf
    from uncial.formats.tesseract.boxes import Box
    from uncial.formats.tesseract.lstmf import Sample

    boxes = (Box(0, 0, 10, 20), Box(10, 0, 30, 20))
    one = Sample(image=_png(), text="fox é", boxes=boxes, box_texts=("fox", "é"))
    return [lstmf.pack([one]), lstmf.pack([one, None, one])]


def _lines_of(path: Path) -> None:
    """Ingest, without writing: what `open_source` gives, judged as lines are."""
    from uncial.data.images import examine_image
    from uncial.formats.lines.base import open_source

    def reading() -> None:
        reader = open_source(path)
        reader.total()
        for raw in islice(reader, 50):
            if raw.image is not None:
                examine_image(raw.image)

    tried(reading)


def read_lstmf(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract import lstmf

    (folder / "page.lstmf").write_bytes(data)
    tried(lambda: lstmf.pack(lstmf.unpack(data)), lambda: _lines_of(folder / "page.lstmf"))


_BOXES = (
    "f 1 2 8 18 0\no 9 2 15 18 0\nx 16 2 20 18 0\n  21 2 25 18 0\né 26 2 30 18 0\n"
    "\t 30 2 31 18 0\nWordStr 1 2 60 18 0 #two words\n\t 60 2 61 18 0\n"
).encode()


def read_boxes(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract import boxes, extraction

    (folder / "page.box").write_bytes(data)
    image = folder / "page.png"
    if not image.exists():
        image.write_bytes(_png())
    tried(
        lambda: boxes.pack(boxes.text_lines(boxes.unpack(data))),
        lambda: extraction.extract(extraction.texts_of(data)),
        lambda: _lines_of(folder),
    )


def read_radicals(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract import radicals
    from uncial.formats.tesseract.recoder import Recoder
    from uncial.formats.tesseract.unicharset import Unicharset

    def reading() -> None:
        table = radicals.unpack(data)
        radicals.pack(table)
        points = [at for at in islice(table, 300) if not 0xD800 <= at < 0xE000 and at > 32]
        Recoder.build(Unicharset.of(map(chr, points)), table)

    tried(reading)


def read_wordlist(data: bytes, folder: Path) -> None:
    from uncial.formats.tesseract import bundle
    from uncial.formats.tesseract.extraction import extract
    from uncial.formats.tesseract.unicharset import Unicharset
    from uncial.formats.tesseract.wordlists import word_lists

    units = Unicharset.of('abcdefghijklmnopqrstuvwxyzZ()".,0123456789äé')
    entries = bundle.lines(data)
    Language = bundle.Language
    tried(
        lambda: bundle.bundle(units, Language(words=entries, punctuation=(" ", "( )"))),
        lambda: bundle.bundle(units, Language(words=("fox",), punctuation=entries)),
        lambda: bundle.bundle(units, Language(numbers=entries, punctuation=entries)),
        lambda: extract(entries[:_MANY], 2),
        lambda: word_lists(entries[:_MANY]),
    )


def _native_files() -> list[bytes]:
    from dataclasses import replace

    from uncial.formats.models import native
    from uncial.models.recognizer import Recognizer

    archive, model = small_model()
    plain = replace(archive, metadata={"uncial": "0", "settings": {"a": [1, None]}})
    parts = {name: body[:200] for name, body in model.components.items()}
    import torch

    from uncial.imaging.prepare import Preprocessing
    from uncial.nn.build import build
    from uncial.text.codec import Codec

    torch.manual_seed(0)
    codec = Codec.from_charset("abc é")
    network = build("[1,24,0,1 Cr3,3,4 Bn Mp2,2 S1(1x0)1,3 Lbx4 O1c1]", labels=codec.width)
    ours = Recognizer(network, codec, Preprocessing(height=24), archive.normalization)
    ours.calibrate([line()])
    files = [native.pack(plain), native.pack(replace(plain, components=parts))]
    return [*files, native.pack(ours.to_archive())]


def read_native(data: bytes, folder: Path) -> None:
    from uncial.formats.models import native, traineddata
    from uncial.models.recognizer import Recognizer

    def reading() -> None:
        archive = native.unpack(data)
        tried(
            lambda: native.pack(archive),
            lambda: traineddata.pack(archive, integer=True),
            lambda: _read_with(Recognizer.from_archive(archive)),
        )

    tried(reading)


def _kraken_files() -> list[bytes]:
    from dataclasses import replace

    import torch

    from uncial.formats.kraken import bundle
    from uncial.formats.kraken.model import KrakenModel
    from uncial.formats.models import kraken
    from uncial.imaging.prepare import Preprocessing
    from uncial.nn.build import build
    from uncial.nn.weights import to_arrays
    from uncial.text.codec import Codec

    torch.manual_seed(0)
    codec = Codec((("a", (1,)), ("é", (2, 3)), ("fox", (4,))))
    spec = "[1,24,0,1 Cr3,3,4 Gn2 Do Mp2,2 (I [Cr3,3,4]) S1(1x0)1,3 Lbx4 Lfys3 O1c1]"
    network = build(spec, labels=codec.width)
    archive = replace(
        small_model()[0],
        spec=network.spec,
        codec=codec,
        preprocessing=Preprocessing.kraken(24, centre=True),
        weights=to_arrays(network),
    )
    order = KrakenModel(architecture="ROMLP", tasks=("reading_order",), tensors={})
    both = bundle.pack([kraken.to_kraken_model(archive)[0], order])
    return [kraken.pack(archive, coreml=True)[0], kraken.pack(archive)[0], both]


def read_kraken(data: bytes, folder: Path) -> None:
    from uncial.formats.models import kraken
    from uncial.formats.models.kinds import model_kind
    from uncial.models.recognizer import Recognizer

    def reading() -> None:
        archive, _ = kraken.unpack(data, "x")
        tried(
            lambda: kraken.pack(archive, coreml=True),
            lambda: kraken.pack(archive),
            lambda: _read_with(Recognizer.from_archive(archive)),
        )

    tried(
        lambda: model_kind(data, "x"),
        reading,
        lambda: kraken.rewritten(data, "x", coreml=True),
        lambda: kraken.rewritten(data, "x"),
    )


def _read_with(recognizer) -> None:
    recognizer.missing("fox é")
    if recognizer.preprocessing.height <= 200:
        recognizer.read([line()], threads=1)
        recognizer.read([line()], decoder="beam", threads=1)


_SPECS = (
    b"[1,36,0,1 Ct3,3,16 Mp3,3 Lfys48 Lfx96 Lrx96 Lfx192 O1c111]",
    b"[1,120,0,1 Cr3,13,32 Do0.1,2 Mp2,2 Cr3,9,64 Mp2,2 S1(1x0)1,3 Lbx200 Do0.1,2 O1c80]",
    b"1,48,0,1 [C5,5,8 (Lfx8 Lrx8) Rx[Lfys8] R2 Ct1,1,4 +Lfx8 L2xy8 LS16]",
    b"[1,0,0,3 Cr{a}4,2,8,2,2 Gn4 W8 I [Cr1,1,8 Bn] Lfx{b}8 O{c}1c5]",
)


def read_spec(data: bytes, folder: Path) -> None:
    from uncial.formats.kraken.spec import from_kraken, to_kraken
    from uncial.formats.tesseract.vgsl import nodes_of
    from uncial.nn import vgsl

    text = data.decode("utf-8", errors="replace")[:4000]
    tried(
        lambda: vgsl.format(vgsl.parse(text)),
        lambda: nodes_of(text, 40),
        lambda: from_kraken(text),
        lambda: to_kraken(text),
    )


def read_variables(data: bytes, folder: Path) -> None:
    from uncial.tasks.makevars import MakeVariables

    def reading() -> None:
        texts = data.decode("utf-8", errors="surrogateescape").split("\n")
        made = MakeVariables.read(texts)
        calls: Iterable[Callable[[], object]] = (
            *(made.notes, made.start, made.tesseract, lambda: made.spec),
            *(lambda name=name: made.number(name) for name in made.values),
        )
        tried(*calls)

    tried(reading)


_VARIABLES = (
    b"MODEL_NAME=foo\nSTART_MODEL=eng\nTESSDATA=/usr/share\nFINETUNE_TYPE=Layer\n"
    b"NET_SPEC=[1,36,0,1 Lfx8 O1c###]\nMAX_ITERATIONS=400\nLANG_TYPE=RTL\nNORM_MODE=3\n"
    b"RATIO_TRAIN=0.9\nEPOCHS=3\nTARGET_ERROR_RATE=0.01\nLEARNING_RATE=0.001\nPSM=13"
)


def _read_table(name: str) -> Callable[[bytes, Path], None]:
    def read(data: bytes, folder: Path) -> None:
        image = folder / "a.png"
        if not image.exists():
            image.write_bytes(_png())
        (folder / name).write_bytes(data)
        _lines_of(folder / name)

    return read


def _tables(separator: str) -> list[bytes]:
    rows = [
        ("image", "text", "split", "page"),
        ("a.png", 'say "fox"', "train", "1"),
        ("b.png", "é", "", ""),
    ]
    plain = "\n".join(separator.join(row) for row in rows)
    quoted = "\n".join(separator.join(f'"{cell}"' for cell in ("a.png", "x, y")) for _ in range(3))
    return [
        plain.encode(),
        f"file_name{separator}text\n{quoted}\n".encode(),
        b"a.png\tfox\nb.png\ty\n",
    ]


def _compiled_files() -> list[bytes]:
    from uncial.formats.lines.compiled import CompiledLine, pack

    line = CompiledLine(image=_png(), text="fox", split="train")
    return [pack([line, line]), pack([])]


def _parquets() -> list[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"image": {"bytes": _png(), "path": "a.png"}, "text": "fox"} for _ in range(3)]
    found = []
    for table in (
        pa.Table.from_pylist(rows),
        pa.table({"image": ["a.png"] * 5, "text": ["x"] * 5}),
    ):
        for compression in ("none", "snappy"):
            file = io.BytesIO()
            pq.write_table(table, file, compression=compression)
            found.append(file.getvalue())
    return found


def _members() -> Iterator[tuple[str, bytes]]:
    yield "a.png", _png()
    yield "a.gt.txt", b"fox"
    yield "in/b.png", _png((9, 12))
    yield "in/b.gt.txt", "é".encode()


def _zips() -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            for name, data in _members():
                archive.writestr(zipfile.ZipInfo(name), data, method)
        found.append(file.getvalue())
    return found


def _tars() -> list[bytes]:
    found = []
    for mode in ("w", "w:gz"):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode=mode) as archive:
            for name, data in _members():
                member = tarfile.TarInfo(name)
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        found.append(file.getvalue())
    return found


def read_zip(data: bytes, folder: Path) -> None:
    table = folder / "labels.csv"
    if not table.exists():
        table.write_text("image,text\na.png,fox\nin/b.png,y\n")
    (folder / "images.zip").write_bytes(data)
    _lines_of(table)
    _lines_of(folder / "images.zip")


def read_tar(data: bytes, folder: Path) -> None:
    (folder / "lines.tar").write_bytes(data)
    _lines_of(folder / "lines.tar")


def _images() -> list[bytes]:
    gray = [_png(), _encoded("JPEG"), _encoded("TIFF"), _encoded("BMP"), _encoded("GIF")]
    deep = [
        _encoded("PNG", (12, 20), mode="1"),
        _encoded("PNG", (12, 20, 4)),
        _encoded("PNG", (12, 20, 3), mode="P"),
        _encoded("TIFF", (12, 20), mode="1", compression="group4"),
        _encoded("TIFF", (12, 20, 3), compression="tiff_lzw"),
        _encoded("JPEG", (12, 20, 3)),
        _encoded("WEBP", (12, 20, 3)),
        _encoded("JPEG2000", (12, 20, 3)),
    ]
    return gray + deep


def read_image(data: bytes, folder: Path) -> None:
    from uncial.data.images import decode_image, examine_image
    from uncial.formats.lines.cutting import PageImage

    (folder / "page.tif").write_bytes(data)

    def cutting() -> None:
        page = PageImage(folder / "page.tif")
        size = page.size(0)
        page.size(page.frames - 1)
        if size is not None and page.size(0) is not None:
            page.cut((0, 0, min(size[0], 50), min(size[1], 50)))

    tried(lambda: examine_image(data), lambda: decode_image(data), cutting)


def read_list(data: bytes, folder: Path) -> None:
    for name, body in (("a.png", _png()), ("a.gt.txt", b"fox")):
        if not (folder / name).exists():
            (folder / name).write_bytes(body)
    (folder / "list.train").write_bytes(data)
    tried(lambda: _lines_of(folder / "list.train"), lambda: _lines_of(folder))


def _page_files(*kinds: str) -> list[bytes]:
    """Files of pages as we write them, with a bit of everything."""
    from uncial.formats.pages.base import write_pages
    from uncial.page.layout import Glyph, Line, Page, Reading, Region, Word

    corners = ((5.0, 5.0), (60.0, 5.0), (60.0, 18.0), (5.0, 18.0))
    glyph = Glyph(text="f", boundary=corners, confidence=0.5, alternatives=(("ſ", 0.2),))
    word = Word(id="w", text="fox", boundary=corners, confidence=0.9, glyphs=(glyph,))
    first = Line(
        id="l",
        baseline=((5.0, 16.0), (60.0, 16.0)),
        boundary=corners,
        readings=(Reading(text="fox", words=(word,)), Reading(text="vox", source="x")),
        type="heading",
    )
    second = Line(id="k", boundary=corners, readings=(Reading(text="zwei"),), language="de")
    inner = Region(id="i", boundary=corners, lines=(second,))
    region = Region(id="r", type="MainZone", boundary=corners, lines=(first,), regions=(inner,))
    page = Page(image="a.png", width=64, height=20, regions=(region,), ordered=True, direction="lr")
    return [write_pages([page], kind).data for kind in kinds]


_ABBYY = b"""<document xmlns="http://www.abbyy.com/FineReader_xml/FineReader10-schema-v1.xml">
<page width="64" height="20"><block blockType="Text" l="1" t="1" r="60" b="18"><text><par>
<line baseline="16" l="5" t="5" r="60" b="18"><formatting lang="German">
<charParams l="5" t="5" r="20" b="16" charConfidence="80">s</charParams><charParams> </charParams>
<charParams l="22" t="5" r="40" b="16">o</charParams></formatting></line></par></text></block>
<block blockType="Table"><row><cell/></row></block></page></document>"""
_METS = b"""<mets xmlns="http://www.loc.gov/METS/" xmlns:xlink="http://www.w3.org/1999/xlink">
<fileSec><fileGrp USE="GT"><file ID="a"><FLocat xlink:href="a.png"/></file></fileGrp></fileSec>
<structMap TYPE="PHYSICAL"><div TYPE="physSequence"><div TYPE="page"><fptr FILEID="a"/></div></div>
</structMap></mets>"""
_MANIFESTS = [
    b"""{"@id": "m", "label": "x", "sequences": [{"canvases": [{"@id": "c", "label": "1",
    "width": 9, "images": [{"resource": {"@id": "i.jpg",
    "service": {"@id": "s", "profile": "image/2"}}}]}]}]}""",
    b"""{"id": "m", "label": {"de": ["x"]}, "items": [{"id": "c", "items": [{"items": [{"body":
    {"id": "i.jpg", "service": [{"id": "s", "type": "ImageService3"}]}}]}]}]}""",
]


def read_page(data: bytes, folder: Path) -> None:
    """Read a file of pages, write it anew, cut its lines."""
    from uncial.formats.pages.base import read_pages, write_pages
    from uncial.formats.pages.groundtruth import cut_lines
    from uncial.formats.pages.source import open_pages
    from uncial.page.order import in_reading_order

    if not (folder / "a.png").exists():
        (folder / "a.png").write_bytes(_png())
    (folder / "page.xml").write_bytes(data)

    def writing() -> None:
        for page in read_pages(data, "x.xml").pages[:3]:
            in_reading_order(page)
            for kind in ("page", "alto"):
                tried(lambda kind=kind, page=page: read_pages(write_pages([page], kind).data, "x"))

    def cutting() -> None:
        for scan in islice(open_pages(folder / "page.xml"), 3):
            cut_lines(scan)

    tried(writing, cutting)


def read_manifest(data: bytes, folder: Path) -> None:
    from uncial.formats.pages.iiif import read_manifest

    tried(lambda: [one.address(500) for one in read_manifest(data, "x").canvases])


_UNICHARSETS = lambda: [  # noqa: E731 - seeds are made when they are asked for
    *_components("lstm-unicharset"),
    *real("langdata", "Latin.unicharset", most=20_000),
]

READERS: dict[str, Reader] = {
    "traineddata": Reader(_traineddata_files, read_traineddata, (b"PK\x03\x04", b"\x1f\x8b")),
    "unicharset": Reader(_UNICHARSETS, read_unicharset, (b"Latin", b"Common", b"Han", b"0,255")),
    "recoder": Reader(lambda: _components("lstm-recoder"), read_recoder),
    "dawg": Reader(
        lambda: [b for k in ("word", "punc", "number") for b in _components(f"lstm-{k}-dawg")],
        read_dawg,
    ),
    "lstm": Reader(
        lambda: _components("lstm"),
        read_lstm,
        (b"Series", b"LSTM", b"SummLSTM", b"Parallel", b"Reconfig", b"LSTMSoftmax", b"Softmax"),
    ),
    "checkpoint": Reader(_checkpoints, read_checkpoint),
    "lstmf": Reader(_lstmf_files, read_lstmf),
    "boxes": Reader(lambda: [_BOXES], read_boxes, (b"WordStr", b"#", b"\t")),
    "radicals": Reader(
        lambda: [
            b"# code\n19968 1 1\n19969 1 2 3\n20000 24\n",
            *real("langdata", "radical-stroke.txt", most=6000),
        ],
        read_radicals,
    ),
    "wordlists": Reader(
        lambda: [
            "\n".join(_WORDS).encode(),
            b'( )\n" "\n .\n  %\n',
            *real("langdata", "eng", "eng.punc", most=3000),
        ],
        read_wordlist,
    ),
    "native": Reader(_native_files, read_native, (b'"format":', b'"F32"', b'"BF16"', b"O1c")),
    "kraken": Reader(
        _kraken_files, read_kraken, (b"vgsl", b"codec", b"{C_0}", b"O1c", b"null", b'"_model"')
    ),
    "compiled": Reader(_compiled_files, _read_table("lines.arrow"), (b"ARROW1", b"lines")),
    "spec": Reader(
        lambda: list(_SPECS),
        read_spec,
        (b"[", b"]", b"(", b")", b"Lfys", b"R9", b"+", b"Cr", b"O1c", b"S2,2", b"{x}"),
    ),
    "variables": Reader(lambda: [_VARIABLES], read_variables, (b"={", b"MODEL_NAME=", b"###")),
    "csv": Reader(lambda: _tables(","), _read_table("labels.csv"), (b'"', b",", b"image")),
    "tsv": Reader(lambda: _tables("\t"), _read_table("labels.tsv"), (b'"', b"\t", b"image")),
    "parquet": Reader(_parquets, _read_table("labels.parquet"), (b"PAR1",)),
    "zip": Reader(_zips, read_zip, (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"a.png")),
    "tar": Reader(_tars, read_tar, (b"ustar", b"a.png", b"GNU.sparse.size=", b"path=")),
    "list": Reader(lambda: [b"a.lstmf\n./a.png\na\n/x/y/a.gt.txt\n"], read_list, (b"..", b"/")),
    "page": Reader(
        lambda: _page_files("page", "page2013"), read_page, (b"points=", b"<!DOCTYPE", b"custom=")
    ),
    "alto": Reader(lambda: _page_files("alto"), read_page, (b"HPOS", b"BASELINE", b"&#x0;")),
    "hocr": Reader(lambda: _page_files("hocr"), read_page, (b"bbox", b"title=", b"x_wconf")),
    "tei": Reader(lambda: _page_files("tei"), read_page, (b"facs=", b"points=", b"<lb")),
    "pages-json": Reader(lambda: _page_files("json"), read_page, (b"null", b"1e400", b"[[")),
    "abbyy": Reader(lambda: [_ABBYY], read_page, (b"charParams", b'l="-1"')),
    "pdf": Reader(lambda: _page_files("pdf"), read_page, (b"endobj", b"/Type", b"stream")),
    "mets": Reader(lambda: [_METS], read_page, (b"..", b"file://", b"http://")),
    "iiif": Reader(lambda: _MANIFESTS, read_manifest, (b"null", b"[]", b"service")),
    "images": Reader(_images, read_image, (b"IHDR", b"IDAT", b"tRNS", b"\xff\xc0", b"\xff\xe1")),
}
