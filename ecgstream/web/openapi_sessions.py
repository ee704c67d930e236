"""The part of the OpenAPI document on recorded sessions."""

from collections.abc import Callable
from typing import Any, Final, get_args

from ecgstream.model.session import BATCH, TITLE_MOST
from ecgstream.web.session_exports import Kind
from ecgstream.web.sessions import LINES, MAX_PAGE, PAGE
from ecgstream.wire.window import JSON

Json = dict[str, Any]

_SCHEMA: Final = "#/components/schemas/"
_TITLE: Final = {"type": "string", "maxLength": TITLE_MOST}
_BEGIN: Final[Json] = {
    "type": "object",
    "required": ["session", "record"],
    "properties": {
        "session": {"type": "string", "format": "uuid", "description": "Made by the client."},
        "record": {"type": "string"},
        "title": _TITLE,
    },
    "additionalProperties": False,
}
_RENAME: Final[Json] = {
    "type": "object",
    "required": ["title"],
    "properties": {"title": _TITLE},
    "additionalProperties": False,
}
_EVENTS: Final[Json] = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {
            "type": "array",
            "maxItems": BATCH,
            "items": {
                "type": "object",
                "required": ["t", "kind"],
                "properties": {
                    "t": {"type": "integer", "description": "ms since the session began."},
                    "kind": {"type": "string", "enum": ["view", "pointer", "mark", "note"]},
                },
            },
            "description": "In the order of their times; docs/sessions.md has their fields.",
        },
        "until": {"type": "integer", "description": "ms that the session has lasted."},
        "ended": {"type": "boolean", "description": "It is over; nothing is added after that."},
    },
    "additionalProperties": False,
}


def session_paths(
    operation: Callable[..., Json], parameter: Callable[..., Json], asked: Callable[..., Json]
) -> Json:
    """Return the operations; made of those three, as the others are."""
    session = parameter("session", "Session id.")
    of = parameter("record", "Of this record only.") | {"in": "query", "required": False}
    after = parameter("after", "From this event on.", "integer", minimum=0, default=0)
    one: Json = {"$ref": _SCHEMA + "Session"}
    return {
        "/api/v1/sessions": {
            "get": operation(
                "Recorded sessions, the youngest first",
                [
                    of,
                    parameter("cursor", "`next` of the page before."),
                    parameter(
                        "limit", "Sessions of a page.", "integer",
                        minimum=1, maximum=MAX_PAGE, default=PAGE,
                    ),
                ],
                schema={"$ref": _SCHEMA + "SessionPage"},
            ),
            "post": operation(
                "Begin a session; said again it is the same one",
                schema=one, status="201", requestBody=_body(_BEGIN),
            ),
        },
        "/api/v1/sessions/{session}": {
            "get": operation("One session", [session], schema=one),
            "put": operation(
                "Name a session; its author's alone", [session],
                schema=one, requestBody=_body(_RENAME),
            ),
            "delete": operation(
                "Delete a session with its log; its author's alone", [session], status="204"
            ),
        },
        "/api/v1/sessions/{session}/events": {
            "post": operation(
                "Add events to the log; those that are there already are left out",
                [session, asked("after", "How many events lie before these.")
                 | {"schema": {"type": "integer", "minimum": 0}}],
                schema={"$ref": _SCHEMA + "Kept"}, requestBody=_body(_EVENTS),
            )
        },
        "/api/v1/sessions/{session}/log": {
            "get": operation(
                "The log: a line on the session, then one for each event",
                [session, after],
                content={LINES: {"schema": {"type": "string"}}},
            )
        },
        "/api/v1/sessions/{session}/export": {
            "get": operation(
                "The log and the samples that were seen, as a zip archive",
                [session, asked("format", "Of the samples.")
                 | {"schema": {"type": "string", "enum": list(get_args(Kind))}}],
                content={
                    "application/zip": {"schema": {"type": "string", "contentEncoding": "binary"}}
                },
            )
        },
    }  # fmt: skip


def _body(schema: Json) -> Json:
    return {"required": True, "content": {JSON: {"schema": schema}}}
