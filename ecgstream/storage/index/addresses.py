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
from ecgstream.storage.azure.account import account_of
from ecgstream.storage.azure.files import azure
from ecgstream.storage.places import DECODING, Place, fault

Root = str | os.PathLike[str] | tuple[fs.FileSystem, str]

CREDENTIALS: Final = {
    "s3": "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or the role of the machine",
    "gs": "GOOGLE_APPLICATION_CREDENTIALS, or the account of the machine; gs://anonymous@BUCKET "
    "for a public bucket",
    "abfs": "AZURE_STORAGE_KEY, AZURE_STORAGE_SAS_TOKEN or AZURE_STORAGE_CONNECTION_STRING; "
    "AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or the identity of the machine; "
    "?credential_kind=anonymous for a public container",
}
"""Where the credentials of each kind of object store come from, for a person."""

SAME: Final = {"gcs": "gs", "abfss": "abfs", "az": "abfs"}
SECRETS: Final = ("secret", "password", "token", "access_key", "account_key", "sas")
"""Parts of the names of options that would be credentials."""
SIGNATURE: Final = "sig"
"""The part of a token of Azure's that is one."""

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
    scheme, _, _ = text.partition("://")
    kind = SAME.get(scheme, scheme)
    shown = shown_of(text)
    if kind not in {*CREDENTIALS, "file"}:
        raise LayoutError(
            f"is not an address of data: {scheme}:// is not known; expected a folder, or s3://, "
            "gs://, abfs://, az://, file://",
            path=shown,
        )
    if kind != "file":
        _refuse_credentials(text, kind, shown)
    if kind == "abfs":
        account, path = account_of(text, shown, os.environ)
        return Place(azure(text, account), path, shown)
    try:
        filesystem, path = fs.FileSystem.from_uri(_patient(text) if kind == "gs" else text)
    except OSError as error:
        raise fault(error, shown) from error
    except DECODING as error:
        raise LayoutError(
            f"is not an address of data: {error}; expected a folder, or s3://, gs://, abfs://, "
            "az://, file://",
            path=shown,
        ) from error
    local = isinstance(filesystem, fs.LocalFileSystem)
    return Place(filesystem, path, path if local else shown)


def shown_of(root: str) -> str:
    """Return what of a root is shown: all but a user, a password and options of an address."""
    scheme, sign, rest = root.partition("://")
    if not sign:
        return root
    rest = rest.partition("?")[0]
    host, slash, path = rest.partition("/")
    # To Azure what stands before the @ is the container.
    container = SAME.get(scheme, scheme) == "abfs"
    if _has_password(rest):
        user, _, after = rest.rpartition("@")
        return f"{scheme}://{user.partition(':')[0] + '@' if container else ''}{after}"
    return f"{scheme}://{host if container else host.rpartition('@')[2]}{slash}{path}"


def _has_password(rest: str) -> bool:
    """Return whether that is USER:PASSWORD@...; there may be a slash in the password."""
    return ":" in rest.partition("/")[0] and "@" in rest


def _refuse_credentials(text: str, kind: str, shown: str) -> None:
    """Raise LayoutError for an address with a key, a password or a token in it."""
    parts = urlsplit(text)
    user = parts.netloc.rpartition("@")[0]
    password = _has_password(text.partition("://")[2].partition("?")[0])
    # To Azure what stands before the @ is the container, to Google the one word `anonymous`.
    plain = not user or kind == "abfs" or (kind == "gs" and user == "anonymous")
    named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
    secret = any(word in name.lower() for name in named for word in SECRETS) or SIGNATURE in named
    if password or not plain or secret:
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
