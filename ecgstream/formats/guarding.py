"""Other people's readers, held at arm's length: loaded when used, quiet, their errors made ours."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from ecgstream.errors import EcgstreamError, ExtraMissing, ImportFailed


def needed(package: str, extra: str, purpose: str) -> Any:
    """Return a module that only an extra brings along. Raises ExtraMissing.

    `purpose` as in "reading EDF".
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise ExtraMissing(extra, package.split(".", maxsplit=1)[0], purpose) from error


def import_quietly(package: str) -> Any:
    """Return a module, whatever it warns of or prints while it is loaded. Raises ImportError."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return import_module(package)


@contextlib.contextmanager
def guarded(file: Path) -> Iterator[None]:
    """Make what a library raises on a bad file an ImportFailed for `file`; silence it.

    For calls into libraries alone: a mistake of ours is not to look like a bad file.
    """
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        try:
            yield
        except (EcgstreamError, MemoryError):
            raise
        except OSError as error:
            raise ImportFailed(
                f"{file.name}: could not be read: {error.strerror or error}"
            ) from error
        except Exception as error:
            said = str(error).strip() or type(error).__name__
            raise ImportFailed(f"{file.name}: could not be read: {said}") from error


@contextlib.contextmanager
def naming(file: Path) -> Iterator[None]:
    """Put the file's name before an ImportFailed that does not have it; an OSError becomes one."""
    try:
        yield
    except ImportFailed as error:
        if str(error).startswith(f"{file.name}: "):
            raise
        raise ImportFailed(f"{file.name}: {error}") from error
    except OSError as error:
        raise ImportFailed(f"{file.name}: could not be read: {error.strerror or error}") from error
