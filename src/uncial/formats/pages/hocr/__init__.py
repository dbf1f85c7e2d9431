"""hOCR ↔ pages: boxes, straight baselines and confidences in the ``title`` of HTML elements.

Source: http://kba.cloud/hocr-spec/1.2/; files of Tesseract, ocropus and kraken.
"""

from uncial.formats.pages.hocr.reading import HocrReader
from uncial.formats.pages.hocr.writing import HocrWriter

READER = HocrReader()
WRITER = HocrWriter()
