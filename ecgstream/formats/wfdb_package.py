"""The `wfdb` package, held at arm's length: loaded when used, quiet, its errors made ours."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ecgstream.errors import ImportFailed, installing


@contextlib.contextmanager
def package(file: Path) -> Iterator[Any]:
    """Offer the wfdb package; what it raises inside the block becomes an ImportFailed for `file`.

    It raises anything at all on a bad file, prints, and warns of what its own dependencies will
    change; none of that is a user's business.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            import wfdb  # noqa: PLC0415 - 242 MB with its dependencies: an extra, loaded when used
        except ImportError as error:
            raise ImportFailed(
                f"reading WFDB records needs the wfdb package: {installing('wfdb')}"
            ) from error
        try:
            yield wfdb
        except (ImportFailed, MemoryError):
            raise
        except Exception as error:
            said = str(error).strip() or type(error).__name__
            raise ImportFailed(f"{file.name}: could not be read: {said}") from error
