"""A small PDF writer: pages of text in Helvetica, with Swedish letters, and thin lines.

Enough for a printed invoice that every reader opens. Text is encoded as WinAnsi (Windows-1252); what that lacks becomes a
question mark. Structure after ISO 32000-1, sections 7.5 (file structure) and 9.6.2.2 (standard fonts).
"""

from dataclasses import dataclass, field
from typing import Final

WIDTH: Final = 595
HEIGHT: Final = 842
"""A4 in points; (0, 0) is the lower left corner."""

# Widths of Helvetica's characters in thousandths of the type size, from Adobe's font metrics; the rest are near 556.
_WIDTHS: Final = {
    " ": 278, ",": 278, ".": 278, ":": 278, "-": 333, "/": 278, "i": 222, "l": 222, "j": 222, "f": 278, "t": 278, "r": 333,
    "c": 500, "k": 500, "s": 500, "v": 500, "x": 500, "y": 500, "z": 500, "m": 833, "w": 722, "I": 278, "M": 833, "W": 944,
    "%": 889, "(": 333, ")": 333,
}  # fmt: skip
_USUAL_WIDTH: Final = 556


def text_width(text: str, size: float) -> float:
    """How wide `text` is in points, near enough to set it flush right."""
    return (
        sum(_WIDTHS.get(char, _USUAL_WIDTH if char.islower() or char.isdigit() else 667) for char in text)
        * size
        / 1000
    )


@dataclass(slots=True)
class Page:
    """One page under construction."""

    commands: list[bytes] = field(default_factory=list)

    def text(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False) -> None:
        """Set one line of text with its left end at (x, y)."""
        font = b"F2" if bold else b"F1"
        self.commands.append(b"BT /%s %.1f Tf %.1f %.1f Td (%s) Tj ET" % (font, size, x, y, _escaped(text)))

    def text_right(self, x: float, y: float, text: str, *, size: float = 10, bold: bool = False) -> None:
        """Set one line of text with its right end at (x, y)."""
        self.text(x - text_width(text, size), y, text, size=size, bold=bold)

    def line(self, x1: float, y: float, x2: float) -> None:
        """Draw a thin horizontal line."""
        self.commands.append(b"0.5 w %.1f %.1f m %.1f %.1f l S" % (x1, y, x2, y))


def document(pages: list[Page], *, title: str) -> bytes:
    """The pages as a PDF file."""
    first_page = 6
    kids = b" ".join(b"%d 0 R" % (first_page + 2 * place) for place in range(len(pages)))
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /%s /Encoding /WinAnsiEncoding >>"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, len(pages)),
        font % b"Helvetica",
        font % b"Helvetica-Bold",
        b"<< /Title (%s) /Producer (Spiris sandbox) >>" % _escaped(title),
    ]
    for place, page in enumerate(pages):
        content = b"\n".join(page.commands)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
            % (WIDTH, HEIGHT, first_page + 2 * place + 1)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assembled(objects)


def _assembled(objects: list[bytes]) -> bytes:
    """The objects, numbered from 1, with the table that says where each begins."""
    # The second line has bytes above 127, which tells programs that the file is not text.
    file = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, content in enumerate(objects, start=1):
        starts.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(file)
    file += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for start in starts:
        file += b"%010d 00000 n \n" % start
    file += b"trailer\n<< /Size %d /Root 1 0 R /Info 5 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return bytes(file)


def _escaped(text: str) -> bytes:
    encoded = text.encode("cp1252", "replace")
    for special in (b"\\", b"(", b")"):
        encoded = encoded.replace(special, b"\\" + special)
    return encoded.replace(b"\r", b" ").replace(b"\n", b" ")
