import gzip
import json
from pathlib import Path

import pytest

from uncial.errors import ConfigError, FormatError, InputError
from uncial.tasks.corpus import CorpusConfig, corpus, distribution_of

_ALTO = """<?xml version="1.0"?><alto xmlns="http://www.loc.gov/standards/alto/ns-v4#"><Layout>
<Page><PrintSpace><TextBlock><TextLine><String CONTENT="Erste"/><SP/><String CONTENT="Zeile"/>
</TextLine></TextBlock></PrintSpace></Page></Layout></alto>"""
_PAGE = """<PcGts xmlns="http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"><Page>
<TextRegion><TextLine><Word><TextEquiv><Unicode>nicht</Unicode></TextEquiv></Word>
<TextEquiv><Unicode>zweite Zeile</Unicode></TextEquiv></TextLine></TextRegion></Page></PcGts>"""
_TEI = """<TEI xmlns="http://www.tei-c.org/ns/1.0"><teiHeader>Kopf</teiHeader><text><body>
<p>dritte<lb/>vierte <hi>Zeile</hi> <choice><sic>flasch</sic><corr>falsch</corr></choice></p>
</body></text></TEI>"""


def test_text_comes_from_plain_files_and_from_xml(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.xml").write_text(_ALTO)
    (tmp_path / "pages" / "b.xml").write_text(_PAGE)
    (tmp_path / "t.tei").write_text('<?xml version="1.0"?>' + _TEI)
    (tmp_path / "plain.txt").write_text("fünfte\n\nsechste")
    (tmp_path / "zipped.gz").write_bytes(gzip.compress(b"siebte"))
    names = ("pages", "t.tei", "plain.txt", "zipped.gz")
    found = distribution_of([tmp_path / name for name in names])
    assert found.lines == (
        *("Erste Zeile", "zweite Zeile", "dritte", "vierte Zeile falsch"),
        *("fünfte", "sechste", "siebte"),
    )


def test_what_was_counted_is_told_and_kept(tmp_path: Path) -> None:
    (tmp_path / "t.txt").write_text("ein Wort, ein Satz\n")
    config = CorpusConfig(sources=(tmp_path / "t.txt",), output=tmp_path / "dist.json")
    result = corpus(config)
    assert (result.characters, result.distinct_words, result.lines) == (15, 3, 1)
    assert json.loads(config.output.read_text())["words"]["ein"] == 2
    assert distribution_of([config.output]).words["Satz"] == 1
    with pytest.raises(InputError, match="exists"):
        corpus(config)


def test_nothing_and_broken_xml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        distribution_of([])
    with pytest.raises(InputError):
        distribution_of([tmp_path / "none.txt"])
    (tmp_path / "x.xml").write_text("<alto>")
    with pytest.raises(FormatError, match="not XML"):
        distribution_of([tmp_path / "x.xml"])


@pytest.mark.data
def test_ground_truth_gives_its_training_lines(shared_data: Path) -> None:
    found = distribution_of([shared_data / "pages-print-de-ocrd-page"])
    assert found.total > 10_000
