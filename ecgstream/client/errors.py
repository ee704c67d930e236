"""What goes wrong between a client and its server.

All are ClientErrors: `code` is the protocol's (PROTOCOL section 4), `retryable` says whether the
same may succeed later, and `retry_after_ms` when, where the server said so.
"""

from collections.abc import Mapping
from typing import Final

from ecgstream.errors import EcgstreamError
from ecgstream.wire.backoff import DENIED_FOR_NOW, FOR_GOOD


class ClientError(EcgstreamError):
    """Something could not be had from the server."""

    def __init__(
        self,
        message: str,
        *,
        code: str = "internal",
        retryable: bool = False,
        retry_after_ms: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable
        self.retry_after_ms = retry_after_ms


class Unreachable(ClientError):
    """No answer: nobody listens there, or the line broke. A retry may help."""

    def __init__(self, message: str, *, retry_after_ms: int | None = None) -> None:
        super().__init__(message, code="unavailable", retryable=True, retry_after_ms=retry_after_ms)


class BadAnswer(ClientError):
    """An answer that no server gives which keeps to the protocol, such as a hole in a stream."""


class Refused(ClientError):
    """The server said no, with the reason in its own words."""


class NotLoggedIn(Refused):
    """The server wants a token, or another one (401)."""


class Forbidden(Refused):
    """Not for whoever has this token, or not under this name of the server (403)."""


class NotFound(Refused):
    """No such record, lead or address; or none that this token may see."""


class BadRequest(Refused):
    """Something asked for cannot be: a field, a position, a command at this moment."""


class Busy(Refused):
    """More than the server carries now, or than one request may ask for; see `retryable`."""


class Unreadable(Refused):
    """The server could not read its own data (`corrupt`), or made a mistake (`internal`)."""


KINDS: Final[Mapping[str, type[Refused]]] = {
    "unauthorized": NotLoggedIn,
    "forbidden": Forbidden,
    "not_found": NotFound,
    "lead_not_found": NotFound,
    "unknown_op": BadRequest,
    "bad_field": BadRequest,
    "out_of_range": BadRequest,
    "illegal_state": BadRequest,
    "not_live": BadRequest,
    "method_not_allowed": BadRequest,
    "not_acceptable": BadRequest,
    "limit": Busy,
    "rate_limited": Busy,
    "unavailable": Busy,
    "corrupt": Unreadable,
    "internal": Unreadable,
}

_OF_STATUS: Final[Mapping[int, str]] = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    413: "limit",
    429: "rate_limited",
}
_OF_CLOSE: Final[Mapping[int, str]] = {
    1009: "limit",
    4400: "bad_field",
    4401: "unauthorized",
    4403: "forbidden",
    4409: "bad_field",
}


def refusal(
    code: str, message: str, *, retryable: bool = False, retry_after_ms: int | None = None
) -> Refused:
    """Return the error for a `code` of the protocol; one of a later server is a plain Refused."""
    kind = KINDS.get(code, Refused)
    return kind(message, code=code, retryable=retryable, retry_after_ms=retry_after_ms)


def of_status(status: int, said: Mapping[str, object], after_s: str | None) -> Refused:
    """Return the error for an HTTP status other than 200.

    `said` is the problem document, empty where there is none, as from a proxy; `after_s` the
    header `Retry-After`.
    """
    code, retryable = said.get("code"), bool(said.get("retryable"))
    if not isinstance(code, str):
        # Not our server's words: a proxy's.
        retryable = status in DENIED_FOR_NOW
        code = _OF_STATUS.get(status, "unavailable" if retryable else "internal")
    wait = said.get("retry_after_ms")
    if not isinstance(wait, int):
        wait = int(after_s) * 1000 if after_s is not None and after_s.isdecimal() else None
    detail = said.get("detail") or said.get("title") or "no reason given"
    return refusal(code, f"{status}: {detail}", retryable=retryable, retry_after_ms=wait)


def of_close(close: int, reason: str, retry_after_ms: int | None) -> ClientError:
    """Return the error for a socket that was closed with that code; 1006: without one."""
    if close in FOR_GOOD:
        code = _OF_CLOSE.get(close, "closed")
        return refusal(code, f"the server closed the stream: {reason or 'done'} ({close})")
    words = f"the server closed the stream: {reason or 'no reason given'} ({close})"
    return Unreachable(
        "the line was lost" if close == 1006 else words, retry_after_ms=retry_after_ms
    )
