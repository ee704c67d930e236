"""Which account, container and endpoint an address of Azure's means, and with whose credentials.

Addresses are those that other tools take. Credentials, and an endpoint that is not Azure's own,
come from the environment alone, by the names that the `az` command has for them.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from ecgstream.errors import LayoutError, SourceUnavailable

ACCOUNT: Final = "AZURE_STORAGE_ACCOUNT"
KEY: Final = "AZURE_STORAGE_KEY"
SAS: Final = "AZURE_STORAGE_SAS_TOKEN"
CONNECTION: Final = "AZURE_STORAGE_CONNECTION_STRING"

DOMAIN: Final = "core.windows.net"
"""Where accounts are, but for those of clouds of their own."""
EXPECTED: Final = (
    f"expected abfs://CONTAINER@ACCOUNT.dfs.{DOMAIN}/PATH, or az://CONTAINER/PATH with {ACCOUNT} "
    f"or {CONNECTION} in the environment"
)
ANONYMOUS: Final = ("credential_kind", "anonymous")
"""The one option of an address: a container that everybody may read."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account, and how it is spoken to; without key, token and `anonymous`: by an identity.

    `blob` and `dfs` are hosts: with a dot in front, what follows the account's name; else the
    account is the first part of the path there, as at an emulator.
    """

    name: str
    blob: str = f".blob.{DOMAIN}"
    dfs: str = f".dfs.{DOMAIN}"
    scheme: str = "https"
    key: str = field(default="", repr=False)
    sas: str = field(default="", repr=False)
    anonymous: bool = False


def account_of(address: str, shown: str, environ: Mapping[str, str]) -> tuple[Account, str]:
    """Return the account of an address and the path in it: the container first.

    Raises LayoutError for an address that is not understood, and SourceUnavailable where what the
    environment says is not.
    """
    parts = urlsplit(address)
    options = parse_qsl(parts.query, keep_blank_values=True)
    if any(option != ANONYMOUS for option in options):
        raise LayoutError(
            f"is not an address of data: the one option is {'='.join(ANONYMOUS)}, for a container "
            f"that everybody may read; {EXPECTED}",
            path=shown,
        )
    before, _, host = parts.netloc.rpartition("@")
    if ":" in host:
        raise LayoutError(
            f"is not an address of data: an endpoint of one's own is taken from {CONNECTION} "
            f"(BlobEndpoint=...); {EXPECTED}",
            path=shown,
        )
    name, host_of_all, domain = _named(host)
    if host_of_all:
        # abfs://ACCOUNT.blob.core.windows.net/CONTAINER/PATH names the container in the path.
        path = f"{before}{parts.path}" if before else parts.path.lstrip("/")
    elif before:
        # To some that is CONTAINER@ACCOUNT, to others ACCOUNT@CONTAINER: the wrong one of two
        # accounts is not asked for somebody's patients.
        raise LayoutError(
            f"is not an address of data: is {before!r} the account, or {host!r}? {EXPECTED}",
            path=shown,
        )
    else:
        path = f"{host}{parts.path}"
    path = unquote(path).rstrip("/")
    said = _connection(environ.get(CONNECTION, ""), shown)
    own = environ.get(ACCOUNT, "")
    name = name or own or (said.name if said else "")
    if not name or not path or path.startswith("/"):
        what = "no container" if name else "no account"
        raise LayoutError(f"is not an address of data: it names {what}; {EXPECTED}", path=shown)
    there = Account(name, f".blob.{domain}", f".dfs.{domain}")
    if options:
        at = said if said and said.name == name else there
        return Account(name, at.blob, at.dfs, at.scheme, anonymous=True), path
    # What the environment says of one account is not said to another.
    if said and said.name == name:
        return said, path
    if own in {"", name}:
        key, sas = _key(environ.get(KEY, ""), KEY, shown), environ.get(SAS, "")
        return Account(name, there.blob, there.dfs, key=key, sas="" if key else _sas(sas)), path
    return there, path


def _named(host: str) -> tuple[str, bool, str]:
    """Return the account that a host is of, whether it is one of an account, and its domain."""
    name, _, rest = host.partition(".")
    kind, _, domain = rest.partition(".")
    if kind in {"dfs", "blob"} and domain:
        return name, True, domain
    return "", False, DOMAIN


def _connection(text: str, shown: str) -> Account | None:
    """Return what a connection string says."""
    if not text.strip():
        return None
    said = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
    scheme, domain = (
        said.get("DefaultEndpointsProtocol", "https"),
        said.get("EndpointSuffix", DOMAIN),
    )
    name, blob = said.get("AccountName", ""), f".blob.{domain}"
    endpoint = urlsplit(said.get("BlobEndpoint", "").rstrip("/"))
    if endpoint.netloc:
        scheme, inside = endpoint.scheme, endpoint.path.strip("/")
        name = name or inside or endpoint.netloc.partition(".")[0]
        blob = endpoint.netloc if inside else endpoint.netloc.removeprefix(name)
        if inside not in {"", name} or (not inside and not blob.startswith(".")):
            raise SourceUnavailable(
                f"the BlobEndpoint of {CONNECTION} is neither ACCOUNT.HOST nor HOST/ACCOUNT; "
                "expected one that names the account",
                path=shown,
            )
    if not name or scheme not in {"http", "https"}:
        raise SourceUnavailable(
            f"{CONNECTION} names no account; expected AccountName=...;AccountKey=..., or a "
            "BlobEndpoint and a SharedAccessSignature",
            path=shown,
        )
    # At an emulator the two are one; of a host of Azure's they differ by a word.
    dfs = blob.replace(".blob.", ".dfs.", 1) if blob.startswith(".") else blob
    key = _key(said.get("AccountKey", ""), CONNECTION, shown)
    sas = "" if key else _sas(said.get("SharedAccessSignature", ""))
    return Account(name, blob, dfs, scheme, key, sas)


def _key(text: str, name: str, shown: str) -> str:
    """Return an account key, which is base64: Azure's library aborts over any other."""
    text = text.strip()
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise SourceUnavailable(
            f"what {name} has for a key is not base64; expected the account's key as the portal "
            "shows it, whole",
            path=shown,
        ) from None
    return text


def _sas(text: str) -> str:
    """Return a token as Arrow wants it: it is put behind the address as it is."""
    text = text.strip().removeprefix("?")
    return f"?{text}" if text else ""
