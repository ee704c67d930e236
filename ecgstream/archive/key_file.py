"""The key of shifted dates and hidden names: made once, its owner's alone, never in the archive."""

import os
import secrets
import sys
from pathlib import Path
from typing import Final

from ecgstream.errors import ConfigError

BYTES: Final = 32


def secret_key(path: Path, out: Path, option: str = "shift-dates") -> bytes:
    """Return the key in `path`, made where it is not there, for an archive at `out`.

    Raises ConfigError, naming the `option`: others may read it, it is no key, or it lies in the
    archive itself.
    """
    if path.absolute().resolve().is_relative_to(out.absolute().resolve()):
        raise ConfigError(
            f"{option}: {path} lies in the archive; whoever is given the archive could undo "
            "what it is for: keep the key elsewhere"
        )
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600)) as made:
            made.write(secrets.token_hex(BYTES) + "\n")
            made.flush()
            os.fsync(made.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise ConfigError(f"{option}: {path}: cannot be made: {error.strerror}") from error
    try:
        if sys.platform != "win32" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{option}: {path}: others may read it; say chmod 600 {path}")
        said = path.read_text(encoding="ascii").strip()
        key = bytes.fromhex(said)
    except OSError as error:
        raise ConfigError(f"{option}: {path}: cannot be read: {error.strerror}") from error
    except ValueError:
        key = b""
    if len(key) < BYTES:
        raise ConfigError(
            f"{option}: {path}: is no key; expected {2 * BYTES} hexadecimal digits. Name a file "
            "that is not there, and it is made"
        )
    return key
