"""Which format a file is of, by its first bytes; its name is asked only where the format is a name.

Cheap and pure: nothing is parsed, nothing trusted. A file that is damaged further on is still of
its format, so that its reader can say what is wrong with it.
"""

import re
from dataclasses import dataclass
from typing import Final

HEAD_BYTES: Final = 1 << 14
"""Read of a file to see what it is: comments may come before the root of an XML document."""

_XML_BEFORE_ROOT: Final = re.compile(
    r"\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL
)
_XML_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)[\s/>]")
_EDF_DATE: Final = re.compile(rb"\d\d\.\d\d\.\d\d\d\d\.\d\d\.\d\d")
_CELL: Final = re.compile(r"[-+]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][-+]?\d+)?|[nN]a[nN]|-|")


@dataclass(frozen=True, slots=True)
class Head:
    """The first bytes of a file, its size in bytes and its name."""

    data: bytes
    size: int
    name: str = ""

    @property
    def text(self) -> str | None:
        """The bytes as text: UTF-8, or UTF-16 with or without its mark; None: they are no text."""
        data = self.data
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
            if data.startswith(mark):
                return data[2 : len(data) // 2 * 2].decode(encoding, "replace")
        if data[1:4:2] == b"\0\0" and data[:1] == b"<":
            return data[: len(data) // 2 * 2].decode("utf-16-le", "replace")
        if data[:3:2] == b"\0\0" and data[1:2] == b"<":
            return data[: len(data) // 2 * 2].decode("utf-16-be", "replace")
        if b"\0" in data:
            return None
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")

    @property
    def root(self) -> str | None:
        """The local name of an XML document's root element, in lower case; None: it is none."""
        text = self.text
        if text is None or not text.lstrip().startswith("<"):
            return None
        place = 0
        while (before := _XML_BEFORE_ROOT.match(text, place)) and before.end() > place:
            place = before.end()
        root = _XML_ROOT.match(text, place)
        return root[1].lower() if root else None


def is_edf(head: Head) -> bool:
    """EDF and EDF+."""
    data = head.data
    if data[:8] != b"0       ":
        return False
    size, signals = data[184:192].strip(), data[252:256].strip()
    # A table of text may begin so as well: one of the fields has to be as it must.
    return _EDF_DATE.fullmatch(data[168:184]) is not None or (
        size.isdigit() and signals.isdigit() and int(size) == 256 * (int(signals) + 1)
    )


def is_bdf(head: Head) -> bool:
    """BDF and BDF+."""
    return head.data[:8] == b"\xffBIOSEMI"


def is_dicom(head: Head) -> bool:
    """DICOM, with its preamble or, as some archives strip it, without."""
    data = head.data
    if data[128:132] == b"DICM":
        return True
    group, element = int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")
    if group not in {2, 8} or element > 0x100 or len(data) < 132:
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return explicit or int.from_bytes(data[4:8], "little") < 128


def is_ishne(head: Head) -> bool:
    """ISHNE Holter."""
    return head.data[:8] == b"ISHNE1.0"


def is_mfer(head: Head) -> bool:
    """MFER: its preamble (tag 40), else a chain of definitions that begins as every recorder's."""
    data = head.data
    if data[:1] == b"\x40" and data[2:5] == b"MFR":
        return True
    # Byte order (tag 1), version (tag 2) or character code (tag 3) first, of their fixed lengths.
    return data[:3] in {b"\x01\x01\x00", b"\x01\x01\x01"} and data[3:4] in {
        *(bytes([tag]) for tag in (0x02, 0x03, 0x04, 0x05, 0x06, 0x08, 0x0A, 0x0B, 0x17, 0x40)),
    }


def is_scp(head: Head) -> bool:
    """SCP-ECG: section 0 comes first and points at itself."""
    data = head.data
    if data[16:22] == b"SCPECG":
        return True
    return (
        len(data) >= 32
        and data[8:10] == b"\0\0"
        and data[22:24] == b"\0\0"
        and data[28:32] == b"\x07\0\0\0"
    )


def is_aecg(head: Head) -> bool:
    """HL7 annotated ECG."""
    return head.root == "annotatedecg"


def is_muse(head: Head) -> bool:
    """GE MUSE."""
    return head.root in {"restingecg", "museinfo"}


def is_cardiosoft(head: Head) -> bool:
    """GE CardioSoft and CASE."""
    return head.root == "cardiologyxml"


def is_sierra(head: Head) -> bool:
    """Philips Sierra."""
    return head.root == "restingecgdata"


def is_wfdb(head: Head) -> bool:
    """WFDB: a record is several files that are found by their names, so this is one too."""
    return head.name.endswith(".hea")


def is_matlab(head: Head) -> bool:
    """MATLAB 5 and 7.3 say so; version 4 begins with the plain header of a matrix."""
    data = head.data
    if data[:10] in {b"MATLAB 5.0", b"MATLAB 7.3"}:
        return True
    return any(_is_matrix(data, order) for order in ("little", "big"))


def is_csv(head: Head) -> bool:
    """Columns of numbers as text: after the first lines only numbers and delimiters.

    One column alone is a list of anything; a mapping may say that it is a signal all the same.
    """
    text = head.text
    if text is None:
        return False
    lines = [line.strip() for line in text.splitlines()[:200]]
    # The last one of a long file may be cut.
    lines = [line for line in lines if line][: -1 if head.size > len(head.data) else None]
    body = lines[len(lines) // 2 :]
    if len(lines) < 4:
        return False
    # A watch's table has one column, and a rate among what is said before it.
    said = any(_RATE_SAID.match(line[:200]) for line in lines[:40])
    return all(_is_row(line) or (said and is_number(line)) for line in body)


def is_number(cell: str) -> bool:
    """Return whether a cell of a table is a number, or stands for none."""
    return len(cell) <= _LONGEST and _CELL.fullmatch(cell) is not None


_WHEN: Final = re.compile(
    r"['\"\[]?(?:\d{4}-\d\d-\d\d[ T])?\d{1,3}:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?['\"\]]?"
)
"""A time by the clock, with a day or without: what a row may begin with."""

_RATE_SAID: Final = re.compile(r"sampl\w*[ _-]*(rate|freq\w*)[^,;:\t]*[,;:\t]", re.IGNORECASE)

_BETWEEN: Final = re.compile(r"[ \t]*[,;|\t][ \t]*|[ \t]+")
_LONGEST: Final = 64
"""Letters of a number."""


def _is_row(line: str) -> bool:
    """Return whether a line is numbers and what parts them, after a time by the clock or without.

    Cell by cell: one expression for all of it would try every way to part a thousand blanks.
    """
    when = _WHEN.match(line)
    cells = _BETWEEN.split(line[when.end() :] if when else line)
    return len(cells) > 1 and any(map(str.isdigit, line)) and all(map(is_number, cells))


def _is_matrix(data: bytes, order: str) -> bool:
    """Return whether a MATLAB 4 matrix begins here: type, rows, columns, imaginary, name."""
    if len(data) < 22:
        return False
    big = order == "big"
    kind, rows, columns, imaginary, named = (
        int.from_bytes(data[at : at + 4], "big" if big else "little") for at in range(0, 20, 4)
    )
    digits = f"{kind:04d}"
    name = data[20 : 20 + named]
    return (
        len(digits) == 4
        and digits[0] == ("1" if big else "0")
        and digits[1] == "0"
        and digits[2] in "012345"
        and digits[3] in "012"
        and imaginary in {0, 1}
        and 0 < rows < 2**31
        and 0 < columns < 2**31
        and 1 < named < 64
        and name[-1:] == b"\0"
        and name[:-1].replace(b"_", b"a").isalnum()
    )
