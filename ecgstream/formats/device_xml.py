"""XML files of devices, read without trusting them.

`defusedxml` refuses entities and everything external; a DOCTYPE alone is let pass, for the files
of GE's programs have one (its DTD is never fetched). The encoding is found here: programs write
UTF-16 and declare UTF-8, declare UTF-16 and write UTF-8, or use one that expat does not know.
"""

import base64
import binascii
import codecs
import math
import re
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ecgstream.errors import ImportFailed

MOST_BYTES: Final = 64_000_000
"""Of one XML file. An hour of 12 leads at 500 Hz as decimal text is 86 MB; what lasts so long is
kept in other formats."""

MOST_DEEP: Final = 64
"""Elements within elements; the deepest of these formats, aECG, has 20."""

MOST_ELEMENTS: Final = 400_000
"""An aECG of 10 s with every wave marked has 20,000."""

_CHUNK: Final = 1 << 20

_DECLARED: Final = re.compile(
    r"""^\s*<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["'][^>]*\?>"""
)
_PROLOG: Final = re.compile(r"^\ufeff?\s*(<\?xml\s[^>]*\?>)?")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


class _Bounded(TreeBuilder):
    """A tree without namespaces that refuses to grow beyond what a recording needs."""

    def __init__(self) -> None:
        super().__init__()
        self._deep = 0
        self._count = 0

    def start(self, tag: str, attrs: dict[Any, Any]) -> Any:
        """Open an element; its name and those of its attributes without namespaces."""
        self._deep += 1
        self._count += 1
        if self._deep > MOST_DEEP or self._count > MOST_ELEMENTS:
            raise ImportFailed(
                f"more than {MOST_DEEP} elements within each other, or {MOST_ELEMENTS} in all: "
                "no recording"
            )
        return super().start(_local(tag), {_local(name): attrs[name] for name in attrs})

    def end(self, tag: str) -> Any:
        """Close an element."""
        self._deep -= 1
        return super().end(_local(tag))


def root_of(path: Path) -> Element:
    """Return the root element of the XML file `path`, namespaces left out.

    Raises ImportFailed where it is none, is too big, or declares entities; OSError.
    """
    if path.stat().st_size > MOST_BYTES:
        raise ImportFailed(f"an XML file of more than {MOST_BYTES // 1_000_000} MB is not taken")
    return parsed(path.read_bytes())


def parsed(raw: bytes) -> Element:
    """Return the root element of an XML document. Raises ImportFailed; see `root_of`."""
    text = _text(raw)
    parser = DefusedXMLParser(
        target=_Bounded(), encoding="utf-8", forbid_dtd=False, forbid_entities=True
    )
    try:
        for start in range(_PROLOG.match(text).end(), len(text), _CHUNK):  # type: ignore[union-attr]
            parser.feed(text[start : start + _CHUNK].encode("utf-8", "replace"))
        root: Element = parser.close()
    except DefusedXmlException as error:
        raise ImportFailed(
            "it declares entities, or calls for others' files, which is not taken from anybody: "
            "remove them and import it again"
        ) from error
    except ParseError as error:
        raise ImportFailed(f"no well-formed XML: {error}") from error
    return root


def _text(raw: bytes) -> str:
    """Return an XML document as text: by its first bytes, else by what it declares."""
    encoding = next((name for mark, name in _BOMS if raw.startswith(mark)), None)
    if encoding is None:
        head = _DECLARED.match(raw[:400].decode("latin-1"))
        encoding = head[1] if head else "utf-8"
        if encoding.lower().startswith(("utf-16", "ucs-2", "utf-32")):
            encoding = "utf-8"  # its first bytes were read as single ones just now
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        if encoding.lower().startswith("utf-16"):
            raise ImportFailed("it begins as UTF-16, and is not") from None
        # Names of people in the letters of an older program; samples and codes are ASCII.
        return raw.decode("latin-1")
    except LookupError:
        raise ImportFailed(f"its encoding {encoding!r} is not known") from None


def text_of(element: Element | None, path: str = ".") -> str:
    """Return the text of the first element at `path` below, blanks collapsed; "" for none."""
    found = None if element is None else element.find(path)
    return "" if found is None else " ".join("".join(found.itertext()).split())


def number_of(text: str, what: str) -> float:
    """Return a finite number. Raises ImportFailed, saying `what` it should have been."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ImportFailed(f"{what}: expected a number, found {text[:40]!r}")
    return value


def whole_number(text: str, what: str) -> int:
    """Return a whole number. Raises ImportFailed, saying `what` it should have been."""
    value = number_of(text, what)
    if value != int(value) or abs(value) > 2**53:
        raise ImportFailed(f"{what}: expected a whole number, found {text[:40]!r}")
    return int(value)


def base64_of(text: str, what: str) -> bytes:
    """Return decoded base64. Raises ImportFailed, saying `what` it should have been."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImportFailed(f"{what}: expected base64: {error}") from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
