"""The lines of a text file as one plain stream: UTF-8, no comments, one delimiter.

What programs write differs in encoding, in the blanks between columns and in remarks among the
lines; the CSV reader that decodes the numbers wants none of it. Bounded in memory.
"""

import codecs
import io
import re
from pathlib import Path
from typing import Any, Final

from ecgstream.errors import ImportFailed

READ: Final = 1 << 20
"""Bytes read at a time."""

LONGEST_LINE: Final = 1 << 22
"""Bytes: 300,000 columns of numbers. A file without line ends is no table."""

_COMMENT: Final = re.compile(rb"(?m)^[ \t]*[#%].*(?:\n|$)")
# One after the other: a single expression for blanks at the ends would look for the end anew from
# each of a million blanks.
_BLANKS: Final = re.compile(rb"[ \t]+")
_EDGES: Final = re.compile(rb"(?m)^\t|\t?\r?$")


def encoding_of(head: bytes) -> str:
    """Return the encoding of a text by its first bytes; what is no UTF-8 is Latin-1."""
    for mark, name in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if head.startswith(mark):
            return name
    if head[1::2].count(0) > len(head) // 4:
        return "utf-16-le"
    try:
        # A letter may be cut in two at the end.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


class Lines(io.RawIOBase):
    """A readable stream of the lines of `path` after the first `skip`.

    `blanks`: columns lie between any number of blanks and tabs, which become one tab. Reading
    raises ImportFailed for a line that has no end, UnicodeDecodeError for an encoding that is not.
    """

    def __init__(self, path: Path, *, encoding: str, skip: int, blanks: bool) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._decoder = (
            None
            if encoding in {"utf-8", "latin-1"}
            else codecs.getincrementaldecoder(encoding)(errors="strict")
        )
        self._skip = skip
        self._blanks = blanks
        self._rest = b""
        self._ready = b""
        self._ended = False

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill `buffer`, and return how many bytes of it; 0 at the end."""
        while not self._ready and not self._ended:
            self._more()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def _more(self) -> None:
        read = self._file.read(READ)
        self._ended = not read
        if self._decoder is not None:
            read = self._decoder.decode(read, final=self._ended).encode()
        whole = self._rest + read
        end = len(whole) if self._ended else whole.rfind(b"\n") + 1
        self._rest, whole = whole[end:], whole[:end]
        if len(self._rest) > LONGEST_LINE:
            raise ImportFailed(f"a line of more than {LONGEST_LINE} bytes: no table of text")
        while self._skip and whole:
            _, _, whole = whole.partition(b"\n")
            self._skip -= 1
        if b"#" in whole or b"%" in whole:
            whole = _COMMENT.sub(b"", whole)
        if self._blanks:
            whole = _EDGES.sub(b"", _BLANKS.sub(b"\t", whole))
        self._ready = whole
