"""A listed file opened: its footer, and whose layout it has."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from ecgstream.errors import LayoutError, SourceCorrupt, SourceError
from ecgstream.storage import layouts, wide
from ecgstream.storage.files import DECODING, OpenFiles, StoredFile, fault, group_edges, opened
from ecgstream.storage.hive import Footer
from ecgstream.storage.listing import Listed
from ecgstream.storage.survey import Found


def open_found(one: Listed, files: OpenFiles) -> Found | SourceError:
    """Read a footer, and say which layout it is: with our own Footer, or the plain one. Blocks."""
    try:
        if one.size == 0:
            raise SourceCorrupt("is empty; expected a Parquet file", path=one.place.shown)
        fragment = opened(one.place)
        try:
            schema = fragment.metadata.schema.to_arrow_schema()
            said = hashlib.blake2b(schema.serialize().to_pybytes(), digest_size=16).digest()
            file = StoredFile(one.place, one.size, group_edges(fragment), one.mtime_ns, said)
        except DECODING as error:
            raise fault(error, one.place.shown) from error
        keys, folder = _hive(one.folders)
        found = Found(
            file=file,
            fragment=fragment,
            schema=schema,
            keys=keys,
            folder="/".join(part for part in (one.root.shown.rstrip("/"), folder) if part),
            root=one.index,
            dataset=_dataset(one, keys),
        )
        footer = _footer(found)
        found = replace(found, footer=footer)
        if footer is None and not layouts.is_plain(found):
            names = ", ".join(schema.names[:12]) or "none"
            raise LayoutError(
                f"has the columns {names}; expected `timestamp` and `voltage`, or a file of "
                "ecgstream's own",
                path=found.shown,
            )
        if footer is None:
            layouts.lead_of(found)
        doubled = sorted({name for name in schema.names if schema.names.count(name) > 1})
        if doubled:
            raise LayoutError("is there twice", path=found.shown, column=doubled[0])
        files.keep(file, fragment)
    except SourceError as error:
        return error
    return found


def _footer(found: Found) -> Footer | None:
    """Return what our own footer says, None in a file that is not ours. Raises LayoutError."""
    try:
        footer = Footer.decode(found.schema.metadata)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise LayoutError(
            f"its footer is not understood: {error}; import the record anew", path=found.shown
        ) from error
    if footer is None:
        return None
    if footer.content not in {wide.SIGNAL, wide.ANNOTATIONS}:
        raise LayoutError(
            f"holds {footer.content!r}; expected signal or annotations", path=found.shown
        )
    if not layouts.is_record_id(footer.record):
        raise LayoutError(
            f"its record id is {footer.record!r}; expected 1 to 128 of A-Z a-z 0-9 . _ -",
            path=found.shown,
        )
    return footer


def _dataset(one: Listed, keys: Sequence[tuple[str, str]]) -> str:
    """Return what part of an archive a file is in: what a key of its path says, else the first
    folder below the data root that is no key, else the data root itself.
    """
    for key, value in keys:
        if key.lower() in layouts.DATASET_KEYS:
            return value
    above = [part for part in one.root.path.split("/") if part and "=" not in part]
    below = [folder for folder in one.folders if "=" not in folder]
    return next(iter([*below, *above[-1:]]), "")


def _hive(folders: Sequence[str]) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the keys among folder names, and the folder of the record: without the lead's.

    Values are strings, whatever they look like: patient 00001 is not patient 1.
    """
    keys: list[tuple[str, str]] = []
    place = 0
    for index, folder in enumerate(folders):
        key, sign, value = folder.partition("=")
        if sign:
            keys.append((unquote(key), unquote(value)))
            place = index + 1
    record = [
        folder
        for folder in folders[:place]
        if unquote(folder.partition("=")[0]).lower() not in layouts.LEAD_KEYS or "=" not in folder
    ]
    return tuple(keys), "/".join(record)
