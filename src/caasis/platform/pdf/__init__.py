"""Text on paper: PDF files with Japanese text, in plain Python. Knows sheets and text, no letter and no case.

The font is the machine's own: the glyphs that a text needs are cut out of it and embedded, so that the file looks the same
on every machine. Where no font is found, the file names one of the Japanese fonts that every PDF reader has to know.
"""

from caasis.platform.pdf.layout import Sheet, TooLong
from caasis.platform.pdf.writer import make_pdf

__all__ = ["Sheet", "TooLong", "make_pdf"]
