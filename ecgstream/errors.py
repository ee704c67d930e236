"""The whole error tree.

Every error words itself for its reader and carries `code`, its name on the wire and in
problem documents (PROTOCOL section 4). Status and close codes are `web.faults`' business.
"""

import contextlib
import shlex
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def printable(text: str) -> str:
    """Return `text` with control characters, and what is not Unicode, as escapes."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text
    )


def installing(extra: str) -> str:
    """Return the command that installs an extra for the Python that runs.

    It names that interpreter: a bare `pip` is mostly another one's. Relative where it lies below
    the current folder, as a checkout's does. For who runs the command, never for who reads a page.
    """
    # Not resolved: what makes an environment is where its link lies.
    python = Path(sys.executable or "python3")
    with contextlib.suppress(ValueError, OSError):
        python = python.relative_to(Path.cwd())
    return f"{shlex.quote(str(python))} -m pip install 'ecgstream[{extra}]'"


class EcgstreamError(Exception):
    """What went wrong, worded for who has to mend it."""

    code = "internal"
    retryable = False
    retry_after_ms: int | None = None

    @property
    def told(self) -> str:
        """What a viewer is told of it: no path of the server is in it."""
        return str(self)


class BadField(EcgstreamError):
    """A field of a command or query is missing, unknown, of a wrong type or out of its range."""

    code = "bad_field"


class UnknownOp(EcgstreamError):
    """A command whose `op` is not one of the protocol's."""

    code = "unknown_op"


class RecordNotFound(EcgstreamError):
    """No such record, or none that this viewer may see: the two answer alike."""

    code = "not_found"

    def __init__(self, record: str, advice: str = "") -> None:
        super().__init__(f"there is no record {record!r}" + (f"; {advice}" if advice else ""))
        self.record = record


class WallNotFound(EcgstreamError):
    """No such wall, or none that this viewer may see: the two answer alike."""

    code = "not_found"

    def __init__(self, wall: str) -> None:
        super().__init__(f"there is no wall {wall[:64]!r}")
        self.wall = wall


class SessionNotFound(EcgstreamError):
    """No such recorded session."""

    code = "not_found"

    def __init__(self, session: str) -> None:
        super().__init__(f"there is no session {session[:64]!r}")
        self.session = session


class TileNotFound(EcgstreamError):
    """A tile that no record has: of another version, level or place."""

    code = "not_found"


class AnalysisOff(EcgstreamError):
    """Beats and rates are not looked for on this server."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("analysis is switched off on this server (--no-analysis)")


class NotMadeYet(EcgstreamError):
    """What is being made in the background, and is too dear to be made for one request."""

    code = "unavailable"

    def __init__(self, message: str, retry_after_ms: int | None) -> None:
        super().__init__(message)
        self.retryable = retry_after_ms is not None
        self.retry_after_ms = retry_after_ms


class SubscriptionNotFound(EcgstreamError):
    """A command names a `sid` that is not in use on this socket."""

    code = "not_found"

    def __init__(self, sid: int) -> None:
        super().__init__(f"sid {sid} is not subscribed on this socket")
        self.sid = sid


class LeadNotFound(EcgstreamError):
    """The record is there, the lead is not."""

    code = "lead_not_found"

    def __init__(self, record: str, lead: str, available: Iterable[str]) -> None:
        super().__init__(f"record {record!r} has no lead {lead!r}; it has {', '.join(available)}")
        self.record = record
        self.lead = lead


class AnnotationsNotFound(EcgstreamError):
    """The record is there, the annotation set is not."""

    code = "not_found"

    def __init__(self, record: str, name: str, available: Iterable[str]) -> None:
        has = ", ".join(available) or "none"
        super().__init__(f"record {record!r} has no annotation set {name[:64]!r}; it has {has}")
        self.record = record
        self.name = name


class NoteNotFound(EcgstreamError):
    """The record is there, the annotation is not, or is another record's."""

    code = "not_found"

    def __init__(self, record: str, id_: str) -> None:
        super().__init__(f"record {record!r} has no annotation {id_[:64]!r}")


class NoteChanged(EcgstreamError):
    """Somebody has changed the annotation since it was looked at; `current` is what it is now."""

    code = "illegal_state"

    def __init__(self, current: Any) -> None:
        done = "deleted" if current.deleted else "changed"
        super().__init__(
            f"{current.changed_by} has {done} this annotation since (it is at version "
            f"{current.version} now): look at what it is, and decide again"
        )
        self.current = current


class OutOfRange(EcgstreamError):
    """A position outside the record."""

    code = "out_of_range"


class IllegalState(EcgstreamError):
    """The command makes no sense now, such as `play` after the end."""

    code = "illegal_state"


class NotLive(EcgstreamError):
    """`live` was asked of a stored record."""

    code = "not_live"


class BadWall(BadField):
    """A wall that cannot be: says at which wall, bed and field, and what was expected there."""


class LimitReached(EcgstreamError):
    """More than this server, or this socket, can carry: mostly at the moment, else for good."""

    code = "limit"
    retryable = True
    retry_after_ms: int | None = 5_000

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        if not retryable:
            self.retryable = False
            self.retry_after_ms = None


class Refused(LimitReached):
    """A viewer more than may come now. `reason` is one word, for counting."""

    def __init__(self, reason: str, message: str, retry_after_ms: int) -> None:
        super().__init__(f"{message}; come back in {retry_after_ms / 1000:.1f} s")
        self.reason = reason
        self.retry_after_ms = retry_after_ms


class TooManyFromAddress(Refused):
    """All places that one address may have are taken."""

    def __init__(self, most: int, retry_after_ms: int) -> None:
        message = f"there are {most} viewers from this address already"
        super().__init__("address", message, retry_after_ms)


class Draining(EcgstreamError):
    """The server is going away and takes no new viewers."""

    code = "unavailable"
    reason = "draining"
    retryable = True
    retry_after_ms = 1_000

    def __init__(self) -> None:
        super().__init__("the server is going away; come back in a moment")


class RateLimited(EcgstreamError):
    """Too many commands in too short a time."""

    code = "rate_limited"
    retryable = True

    def __init__(self, per_second: float, retry_after_ms: int) -> None:
        super().__init__(f"more than {per_second:g} commands a second")
        self.retry_after_ms = retry_after_ms


class SourceError(EcgstreamError):
    """Stored data that could not be had. `path` and `column` say where, as far as is known.

    `aside` is for who runs the server alone: what a library said, with hosts and paths in it.
    `told` is for viewers, where `message` says nothing to who does not see the path beside it.
    `also` are other files that cannot be had for the same reason.
    """

    also: tuple[str, ...] = ()

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        column: str | None = None,
        aside: str = "",
        told: str = "",
    ) -> None:
        self._told = printable(told or message)
        # Names of files go to logs and terminals: no line breaks, no escape sequences.
        message = printable(f"{message}: {aside}" if aside else message)
        path = path and printable(path)
        place = ", ".join(
            part for part in (path and f"file {path}", column and f"column {column!r}") if part
        )
        super().__init__(f"{place}: {message}" if place else message)
        self.path = path
        self.column = column
        self.detail = message

    @property
    def told(self) -> str:
        """The message with the column; where on the server that is stays here."""
        return f"column {self.column!r}: {self._told}" if self.column else self._told


class SourceUnavailable(SourceError):
    """Not to be had now (gone, no permission, a network that does not answer): a retry may help."""

    code = "unavailable"
    retryable = True
    retry_after_ms = 5_000


class SourceReplaced(SourceUnavailable):
    """Another file stands where the one was that was asked for: a server takes it up by itself."""

    retry_after_ms = 2_000

    def __init__(self, *, path: str | None = None) -> None:
        super().__init__(
            "was replaced, or written to, since it was looked over; what is there now is taken up "
            "as a whole: ask again in some seconds",
            path=path,
        )


class RecordReplaced(EcgstreamError):
    """What is stored of `record` is not what it was when this was begun: begin anew."""

    code = "unavailable"
    retryable = True
    # All who watch it come back at once: clients spread themselves over this, and more.
    retry_after_ms = 500

    def __init__(self, record: str) -> None:
        super().__init__(
            f"record {record!r} was replaced by a newer version of it; begin anew to see that one"
        )
        self.record = record


class SourceCorrupt(SourceError):
    """Read, but not what it should be: a retry will not help."""

    code = "corrupt"


class StoreUnavailable(EcgstreamError):
    """The store of what people write cannot be had now: `reason` says why, `shown` where it is."""

    code = "unavailable"
    retryable = True
    retry_after_ms = 5_000

    def __init__(self, reason: str, shown: str = "") -> None:
        super().__init__(f"the store{shown and f' {printable(shown)}'}: {printable(reason)}")
        self.reason = printable(reason)

    @property
    def told(self) -> str:
        """The reason; where on the server the store is stays here."""
        return f"what people write cannot be read or kept now: {self.reason}"


class LayoutError(SourceError):
    """A file or folder whose columns or partitions are not understood; it is left out."""

    code = "corrupt"


class ConfigError(EcgstreamError):
    """A setting that is unknown or cannot be."""


class ExtraMissing(EcgstreamError):
    """A package that only an extra brings along is not installed."""

    code = "unavailable"

    def __init__(self, extra: str, package: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs the {package} package: {installing(extra)}")
        self.extra = extra
        self.package = package
        self.purpose = purpose

    @property
    def told(self) -> str:
        """What is missing, and who can mend it; where the server's Python is stays here."""
        # What needs an extra runs in a process of its own, which finds what was installed since.
        return (
            f"{self.purpose} needs the {self.package} package: ask whoever runs the server to "
            f'install it: pip install "ecgstream[{self.extra}]" in its environment, no restart '
            "needed"
        )


class ImportFailed(EcgstreamError):
    """A file or record that could not be imported, with the reason."""


class ExportFailed(EcgstreamError):
    """What could not be exported in the format asked for, with the reason."""

    code = "bad_field"


class CannotLoad(EcgstreamError):
    """A load test that could not begin, with what to do about it."""


class QueryError(BadField):
    """A parameter of an HTTP request; `field` names it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class TooLarge(EcgstreamError):
    """More was asked for, or sent, than one request may carry: ask for less."""

    code = "limit"


class NotAcceptable(EcgstreamError):
    """None of the media types that the client takes is one that we give."""

    code = "not_acceptable"


class NotLoggedIn(EcgstreamError):
    """No token and no session, or none that is valid (any more)."""

    code = "unauthorized"


class Forbidden(EcgstreamError):
    """Asked from where it may not be asked: a foreign `Host` or `Origin`."""

    code = "forbidden"


class TooManyLogins(EcgstreamError):
    """Too many logins from one address failed."""

    code = "rate_limited"
    retryable = True

    def __init__(self, retry_after_ms: int) -> None:
        super().__init__("too many logins from this address failed; wait before the next")
        self.retry_after_ms = retry_after_ms
