"""Files at their places, in folders and on object stores: opened, and faults put in words."""

import errno
import os
import re
import stat
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from numpy.typing import NDArray
from pyarrow import fs

from ecgstream.errors import SourceCorrupt, SourceError, SourceReplaced, SourceUnavailable

# Never memory-mapped: a mapped file that is cut short while it is read is a SIGBUS.
FORMAT: Final = ds.ParquetFileFormat(
    default_fragment_scan_options=ds.ParquetFragmentScanOptions(page_checksum_verification=True)
)

Fragment = Any
"""A `pyarrow.dataset.ParquetFileFragment`; its published types lack half of what it does."""

# Arrow words what an object store or a network says as an OSError without a number.
NETWORK: Final = re.compile(
    r"AWS Error|google::cloud|Azure|curl|HDFS|network|connect|timed? ?out|resolve host",
    re.IGNORECASE,
)

REFUSED: Final = re.compile(
    r"ACCESS_DENIED|INVALID_ACCESS_KEY|SIGNATURE_DOES_NOT_MATCH|EXPIRED_TOKEN|"
    r"INVALID_CLIENT_TOKEN|UNRECOGNIZED_CLIENT|HTTP status 40[13]|http_status_code=40[13]|"
    r"PERMISSION_DENIED|UNAUTHENTICATED|OAuth2 access token|AuthenticationException|"
    r"Azure Error: \[\w*\] 40[13]|PublicAccessNotPermitted",
)
"""What object stores say to credentials that are not there, or not good enough."""

ABSENT: Final = re.compile(
    r"NO_SUCH_BUCKET|NO_SUCH_KEY|ContainerNotFound|BlobNotFound|ResourceNotFound"
)
"""What they say of what is not there."""

FARTHEST_NS: Final = (1 << 63) - 1
"""The last time that is told from others: of the year 2262."""

SECOND_NS: Final = 1_000_000_000
"""Of some object stores a listing tells the time of a file finer than a look at that one file."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A file or folder: `path` as `filesystem` wants it, `shown` as a person knows it."""

    filesystem: fs.FileSystem
    path: str
    shown: str


@dataclass(frozen=True, slots=True, eq=False)
class StoredFile:
    """A Parquet file as the scan found it: its bytes, and where each row group begins.

    `groups` has shape (row groups + 1,): the first row of each, and the rows of the file.
    `mtime_ns` is 0 where the file system does not say; `digest` is of what the footer says of the
    columns, with all its metadata.
    """

    place: Place
    size: int
    groups: NDArray[np.int64]
    mtime_ns: int = 0
    digest: bytes = b""

    @property
    def shown(self) -> str:
        """Where it is, for a person."""
        return self.place.shown


def fault(error: BaseException, shown: str, column: str | None = None) -> SourceError:
    """Return in our words what Arrow or the system said of the file `shown`."""
    said = str(error).strip().rstrip(".")
    if isinstance(error, OSError) and error.errno is not None:
        if isinstance(error, FileNotFoundError):
            said = "it is not there; was it moved or deleted since the scan?"
        elif isinstance(error, PermissionError):
            said = "this user may not read it; give it the right to"
        else:
            said = f"could not be read: {os.strerror(error.errno)}"
        return SourceUnavailable(said, path=shown, column=column)
    if REFUSED.search(said):
        return SourceUnavailable(
            "the object store refuses the credentials of this server's environment, or finds none "
            "there; give it some that may list and read",
            path=shown,
            column=column,
            aside=said,
        )
    if ABSENT.search(said):
        return SourceUnavailable("it is not there", path=shown, column=column, aside=said)
    if NETWORK.search(said):
        return SourceUnavailable(
            "could not be fetched",
            path=shown,
            column=column,
            aside=said,
            told="the store of its files cannot be reached, or does not answer",
        )
    return SourceCorrupt(
        f"could not be decoded: {said}; expected an intact Parquet file: write it anew",
        path=shown,
        column=column,
    )


DECODING: Final = (pa.ArrowException, OSError, MemoryError, ValueError)
"""What a file that is not what it should be makes Arrow raise."""


def look(place: Place) -> os.stat_result | None:
    """Raise SourceError unless `place` is a plain file; return what the system says of it.

    Opening a FIFO blocks for ever. Local only, else None: on an object store there are no odd
    files, and asking costs a round trip.
    """
    if not is_local(place):
        return None
    try:
        found = os.stat(place.path)  # noqa: PTH116 - paths here are Arrow's, str everywhere
    except OSError as error:
        raise fault(error, place.shown) from error
    if not stat.S_ISREG(found.st_mode):
        raise SourceCorrupt(
            f"is {what_it_is(found.st_mode)}; expected a Parquet file", path=place.shown
        )
    return found


def is_local(place: Place) -> bool:
    """Return whether to ask about a file costs next to nothing."""
    return isinstance(place.filesystem, fs.LocalFileSystem)


def changed_ns(found: os.stat_result) -> int:
    """Return the time of change in ns, as far as there is room for it."""
    return min(found.st_mtime_ns, FARTHEST_NS)


def check(file: StoredFile) -> None:
    """Raise SourceReplaced unless a file has the size and the time that it had at the scan.

    Where it is not to be had at all it raises as `fault` says. Blocks: a round trip on an object
    store.
    """
    found = look(file.place)
    if found is not None:
        size, when, then = found.st_size, changed_ns(found), file.mtime_ns
    else:
        try:
            info = file.place.filesystem.get_file_info(file.place.path)
        except DECODING as error:
            raise fault(error, file.shown) from error
        if info.type == fs.FileType.NotFound:
            raise fault(FileNotFoundError(errno.ENOENT, ""), file.shown)
        size, when, then = info.size, (info.mtime_ns or 0) // SECOND_NS, file.mtime_ns // SECOND_NS
    # Where nobody says when a file was written its size is all there is to go by.
    same = size == file.size and (when == then or not when or not then)
    if not same:
        raise SourceReplaced(path=file.shown)


def what_it_is(mode: int) -> str:
    """Return what a thing of this `st_mode` is, in words."""
    kinds = {
        stat.S_IFIFO: "a FIFO",
        stat.S_IFSOCK: "a socket",
        stat.S_IFDIR: "a folder",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something odd")


def opened(place: Place, size: int | None = None) -> Fragment:
    """Return the file with its footer read. Blocks. Raises SourceCorrupt, SourceUnavailable.

    To know its `size` saves a round trip on an object store.
    """
    look(place)
    known = None if is_local(place) else size
    try:
        fragment: Fragment = FORMAT.make_fragment(
            place.path, filesystem=place.filesystem, file_size=known
        )
        fragment.ensure_complete_metadata()
    except DECODING as error:
        raise fault(error, place.shown) from error
    return fragment


def group_edges(fragment: Fragment) -> NDArray[np.int64]:
    """Return the first row of each row group, and the number of rows last."""
    metadata = fragment.metadata
    rows = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
    return np.concatenate([[0], np.cumsum(rows, dtype=np.int64)]).astype(np.int64)
