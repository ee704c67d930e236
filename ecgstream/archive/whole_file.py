"""A file that is there only when it is whole: written beside its place, and renamed."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(out: Path) -> Iterator[Path]:
    """Offer a name beside `out`, and give the file its own name when all went well.

    Raises OSError naming `out`: a disk that is full names nothing, or what nobody asked for.
    """
    unfinished = out.with_name(f".{out.name}.{os.getpid()}.unfinished")
    try:
        yield unfinished
        unfinished.replace(out)
    except OSError as error:
        said = error.strerror or str(error)
        raise OSError(error.errno or errno.EIO, said, str(out)) from error
    finally:
        unfinished.unlink(missing_ok=True)
