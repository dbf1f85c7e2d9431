"""PAGE XML ↔ pages.

Source: https://github.com/PRImA-Research-Lab/PAGE-XML, schemas pagecontent 2010-01-12 to
2019-07-15; the ``custom`` attribute as Transkribus, eScriptorium and kraken fill it.
"""

from uncial.formats.pages.pagexml.reading import PageXmlReader
from uncial.formats.pages.pagexml.writing import PageXmlWriter

READER = PageXmlReader()
WRITER = PageXmlWriter("2019-07-15", ".xml")
WRITER_2013 = PageXmlWriter("2013-07-15", ".xml")
