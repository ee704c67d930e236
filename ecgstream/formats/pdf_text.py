"""Text on a page: a font that ships with reportlab, and no letter dropped in silence."""

from typing import Final

from ecgstream.errors import ExtraMissing

PLAIN: Final = "Vera"
BOLD: Final = "VeraBd"
"""Bitstream Vera: free to be embedded (its licence lies beside it in the package)."""


class Lettering:
    """The two fonts, and what they can show. Raises ExtraMissing."""

    def __init__(self) -> None:
        try:
            from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - an extra, loaded when used
            from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415
        except ImportError as error:
            raise ExtraMissing("pdf", "reportlab", "making a PDF") from error
        self._metrics = pdfmetrics
        for name in (PLAIN, BOLD):
            pdfmetrics.registerFont(TTFont(name, f"{name}.ttf"))
        self._known = frozenset(pdfmetrics.getFont(PLAIN).face.charToGlyph)

    def shown(self, text: str) -> str:
        """Return `text` with each character that the font has not as its escape in Python."""
        return "".join(
            c if ord(c) in self._known and c.isprintable() else c.encode("unicode_escape").decode()
            for c in text
        )

    def width(self, text: str, size: float, font: str = PLAIN) -> float:
        """Return how wide `text` is, in points."""
        return float(self._metrics.stringWidth(text, font, size))

    def lines(self, text: str, size: float, most: float, font: str = PLAIN) -> list[str]:
        """Return `text`, made showable, in lines of at most `most` points; words too long break."""
        found = [""]
        for word in self.shown(text).split(" "):
            longer = f"{found[-1]} {word}" if found[-1] else word
            if self.width(longer, size, font) <= most:
                found[-1] = longer
                continue
            if found[-1]:
                found.append("")
            for letter in word:
                if found[-1] and self.width(found[-1] + letter, size, font) > most:
                    found.append("")
                found[-1] += letter
        return found

    def fitting(self, text: str, size: float, most: float, font: str = PLAIN) -> str:
        """Return one line of `text`; an ellipsis ends it where there was more."""
        first, *more = self.lines(text, size, most, font)
        if not more:
            return first
        while first and self.width(f"{first} \u2026", size, font) > most:
            first = first[:-1]
        return f"{first} \u2026"
