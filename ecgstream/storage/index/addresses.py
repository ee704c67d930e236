"""Where data is: a local folder, or an address of an object store that the operator gave.

Addresses come from flags, environment and settings file alone; nothing that a request says ends up
here. Credentials never stand in one: a list of processes, a log and a shell's history would show
them. They are taken from where the object store's own tools take them.
"""

import os
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from pyarrow import fs

from ecgstream.errors import LayoutError
from ecgstream.storage.files import DECODING, Place, fault

Root = str | os.PathLike[str] | tuple[fs.FileSystem, str]

CREDENTIALS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or the account of the machine; gs://anonymous@BUCKET "
    "for a public bucket",
    "abfs": "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or the identity of the "
    "machine",
}
"""Where the credentials of each kind of object store come from, for a person."""

SAME: Final = {"gcs": "gs", "abfss": "abfs"}
SECRETS: Final = ("secret", "password", "token", "access_key", "account_key", "sas")
"""Parts of the names of options that would be credentials."""

RETRY_S: Final = 10
"""So long Google's library asks again where nobody answers; its own default is a quarter of an
hour, in which a thread of ours would stand still."""


def resolved(root: Root) -> Place:
    """Return where a root is.

    Raises LayoutError for an address that is not understood, or holds credentials, and
    SourceUnavailable where an object store has to be asked for its region and does not answer.
    """
    if isinstance(root, tuple):
        filesystem, path = root
        return Place(filesystem, path, f"{filesystem.type_name}:{path}")
    text = os.fspath(root)
    if "://" not in text:
        return Place(fs.LocalFileSystem(), str(Path(text).absolute()), text)
    scheme, _, rest = text.partition("://")
    kind = SAME.get(scheme, scheme)
    # What may stand before an @ is a password, and what follows a ? are options.
    shown = f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
    if kind not in {*CREDENTIALS, "file"}:
        raise LayoutError(
            f"is not an address of data: {scheme}:// is not known; expected a folder, or s3://, "
            "gs://, abfs://, file://",
            path=shown,
        )
    if kind != "file":
        _refuse_credentials(text, kind, shown)
    try:
        filesystem, path = fs.FileSystem.from_uri(_patient(text) if kind == "gs" else text)
    except OSError as error:
        raise fault(error, shown) from error
    except DECODING as error:
        raise LayoutError(
            f"is not an address of data: {error}; expected a folder, or s3://, gs://, abfs://, "
            "file://",
            path=shown,
        ) from error
    local = isinstance(filesystem, fs.LocalFileSystem)
    return Place(filesystem, path, path if local else shown)


def _refuse_credentials(text: str, kind: str, shown: str) -> None:
    """Raise LayoutError for an address with a key, a password or a token in it."""
    parts = urlsplit(text)
    user, colon, _ = parts.netloc.rpartition("@")[0].partition(":")
    # To Azure what stands before the @ is the container, to Google the one word `anonymous`.
    plain = not user or kind == "abfs" or (kind == "gs" and user == "anonymous")
    named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    secret = any(word in name.lower() for name in named for word in SECRETS)
    if colon or not plain or secret:
        raise LayoutError(
            "holds credentials, which everybody sees who may list processes; leave them out of "
            f"the address: they are taken from the environment ({CREDENTIALS[kind]})",
            path=shown,
        )


def _patient(text: str) -> str:
    """Return an address of Google's with a limit to how long is asked again."""
    if "retry_limit_seconds=" in text:
        return text
    return f"{text}{'&' if '?' in text else '?'}retry_limit_seconds={RETRY_S}"
