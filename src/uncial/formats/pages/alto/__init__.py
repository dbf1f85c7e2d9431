"""ALTO ↔ pages.

Source: https://www.loc.gov/standards/alto/, schemas 2.0 to 4.4; lines with one ``String`` and
the ids of dummy elements as eScriptorium and kraken write them.
"""

from uncial.formats.pages.alto.reading import AltoReader
from uncial.formats.pages.alto.writing import AltoWriter

READER = AltoReader()
WRITER = AltoWriter()
