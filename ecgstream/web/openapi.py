"""The OpenAPI document: the HTTP half of the protocol, for people and for generators."""

from typing import Any, Final

import msgspec

from ecgstream.archive.ordering import FORMATS
from ecgstream.formats.pdf_sheet import GAINS, LAYOUTS, PAPERS, SPEEDS
from ecgstream.formats.set_files import FORMATS as SET_FORMATS
from ecgstream.model.note import SET
from ecgstream.model.wall import MOST_BEDS, MOST_LEADS
from ecgstream.storage.index.searching import Facets
from ecgstream.web.agreements import MAX_PAGE as MAX_DISAGREEMENTS
from ecgstream.web.agreements import PAGE as DISAGREEMENTS
from ecgstream.web.agreements import Agreed, ComparableSets, NextMarked
from ecgstream.web.annotations import MAX_COLUMNS as MOST_ANNOTATIONS
from ecgstream.web.annotations import MAX_PAGE as MAX_ANNOTATIONS
from ecgstream.web.annotations import PAGE as ANNOTATIONS
from ecgstream.web.envelopes import COLUMNS
from ecgstream.web.exports import PAGES
from ecgstream.web.note_files import Imported
from ecgstream.web.openapi_records import record_filters
from ecgstream.web.openapi_sessions import session_paths
from ecgstream.web.predictions import KINDS, Published
from ecgstream.web.quality import Findings
from ecgstream.web.records import MAX_PAGE, MAX_VALUES, MOST_RECORDS, PAGE, Detailed, Page
from ecgstream.web.sessions import Kept, Session, SessionPage
from ecgstream.web.wall_routes import TITLE, Told, WallList
from ecgstream.web.walls import Shown
from ecgstream.wire.annotations import Marks
from ecgstream.wire.beats import BeatSheet
from ecgstream.wire.envelope import MAX_COLUMNS
from ecgstream.wire.notes import ChangedNote, NewNote, NoteMark, NoteSet, NoteVersions
from ecgstream.wire.window import ARROW, JSON, MSGPACK, Head

Json = dict[str, Any]

NOTES: Final = [NoteSet, NoteMark, NoteVersions, NewNote, ChangedNote, Imported]

_SCHEMA: Final = "#/components/schemas/"

_IN_PATH: Final = frozenset({"record", "id", "session", "name", "version", "lead", "level", "n"})

_VALUES: Final[Json] = {
    "type": "array",
    "items": {"type": ["number", "null"]},
    "description": "Values as stored; null = missing.",
}
_CORRUPT: Final[Json] = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "integer"}},
    },
    "description": (
        "By lead, the runs [start, stop) that could not be read. Only there where there is one."
    ),
}
_PROBLEM: Final[Json] = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "The name of the error on the socket too."},
        "field": {"type": "string", "description": "The parameter that is wrong."},
        "retryable": {"type": "boolean"},
        "retry_after_ms": {"type": "integer"},
    },
}


def document(version: str) -> Json:
    """Return the document of this version of the server, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ecgstream",
            "version": version,
            "description": (
                "ECG archives over HTTP; the stream itself is the WebSocket at /api/v1/stream. "
                "Positions are sample indices; start and stop are half open. "
                "`physical = (value - baseline) / gain` in the lead's unit. "
                "A viewer: not a medical device, not an alarm system."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}, {"session": []}],
        "paths": _samples()
        | _records()
        | _notes()
        | _models()
        | _exports()
        | session_paths(_operation, _parameter, _asked)
        | _walls()
        | _session()
        | _stream()
        | _operations(),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "ecgstream_session"},
            },
            "responses": {
                "Problem": {
                    "description": "What went wrong.",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": _SCHEMA + "Problem"}}
                    },
                }
            },
        },
    }


def _schemas() -> Json:
    """Return the schemas: of our own types derived, so that they cannot differ from them."""
    _, derived = msgspec.json.schema_components(
        [
            *(Page, Facets, Detailed, Head, Marks, BeatSheet, Findings, WallList, Shown, Told),
            *(Session, SessionPage, Kept),
            *NOTES,
            *(Agreed, ComparableSets, NextMarked, Published),
        ],
        ref_template=_SCHEMA + "{name}",
    )
    # Two kinds in one list, which the types do not say: it is only ever written.
    derived["Marks"]["properties"]["sets"]["items"] = {
        "anyOf": [{"$ref": _SCHEMA + "MarkSet"}, {"$ref": _SCHEMA + "NoteSet"}]
    }
    changed = {
        "allOf": [
            {"$ref": _SCHEMA + "Problem"},
            {
                "type": "object",
                "required": ["current", "changed_by"],
                "properties": {
                    "current": {"$ref": _SCHEMA + "NoteMark"},
                    "changed_by": {"type": "string"},
                },
            },
        ]
    }
    window = {
        "allOf": [
            {"$ref": _SCHEMA + "Head"},
            {
                "type": "object",
                "required": ["samples"],
                "properties": {
                    "samples": {"type": "object", "additionalProperties": _VALUES},
                    "corrupt": _CORRUPT,
                },
            },
        ]
    }
    envelope = {
        "allOf": [
            {"$ref": _SCHEMA + "Head"},
            {
                "type": "object",
                "required": ["columns", "samples"],
                "properties": {
                    "columns": {"type": "integer"},
                    "samples": {
                        "type": "object",
                        "additionalProperties": {
                            "type": "object",
                            "required": ["low", "high"],
                            "properties": {"low": _VALUES, "high": _VALUES},
                        },
                    },
                    "corrupt": _CORRUPT,
                },
            },
        ]
    }
    sample = {
        "type": "object",
        "required": ["timestamp", "voltage"],
        "properties": {
            "timestamp": {
                "type": "number",
                "description": "ms from the start of the record, to 3 places: 1000 * sample / fs.",
            },
            "voltage": {"type": ["number", "null"], "description": "mV; null = missing."},
        },
    }
    return {
        **derived,
        "Problem": _PROBLEM,
        "Changed": changed,
        "Window": window,
        "Envelope": envelope,
        "Sample": sample,
    }


def _operation(
    summary: str,
    parameters: list[Json] | None = None,
    *,
    schema: Json | None = None,
    content: Json | None = None,
    status: str = "200",
    **more: Any,
) -> Json:
    """Return one operation; `schema` is that of its JSON answer."""
    answer: Json = {"description": summary}
    if schema is not None:
        answer["content"] = {JSON: {"schema": schema}, **(content or {})}
    elif content is not None:
        answer["content"] = content
    return {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {status: answer, "default": {"$ref": "#/components/responses/Problem"}},
        **more,
    }


def _parameter(name: str, description: str, kind: str = "string", **schema: Any) -> Json:
    where = "path" if name in _IN_PATH else "query"
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": description,
        "schema": {"type": kind, **schema},
    }


def _asked(name: str, description: str) -> Json:
    """Return a parameter of the query string that must be given."""
    return {**_parameter(name, description), "in": "query", "required": True}


def _samples() -> Json:
    ecg = _operation(
        "Samples of one lead in mV, for clients that poll",
        [
            _asked("record", "Record id."),
            _asked("lead", "Name of a lead with a unit of voltage."),
            _parameter("start", "Seconds from the start.", "number", minimum=0, default=0),
            _parameter(
                "duration", "Seconds; start <= t < start + duration.", "number",
                minimum=0, maximum=60, default=15,
            ),
        ],
        schema={"type": "array", "items": {"$ref": _SCHEMA + "Sample"}},
    )  # fmt: skip
    return {"/api/ecg": {"get": ecg}}


def _records() -> Json:
    record = _parameter("record", "Record id.")
    span = [
        record,
        _parameter("leads", "Names with commas between; left out: all ECG leads of one rate."),
        _parameter("start", "First sample.", "integer", minimum=0, default=0),
        _parameter("stop", "The sample behind the last; left out: the end.", "integer", minimum=0),
    ]
    return {
        "/api/v1/records": {
            "get": _operation(
                "Records, sorted by patient, then record",
                [
                    *record_filters(_parameter),
                    _parameter("cursor", "`next` of the page before."),
                    _parameter(
                        "offset", "So many are passed over, from the cursor on.", "integer",
                        minimum=0, maximum=MOST_RECORDS, default=0,
                    ),
                    _parameter(
                        "limit", "Records of a page.", "integer",
                        minimum=1, maximum=MAX_PAGE, default=PAGE,
                    ),
                ],
                schema={"$ref": _SCHEMA + "Page"},
            )
        },
        "/api/v1/facets": {
            "get": _operation(
                "What the list of records can be narrowed down to, of all of them: [value, records "
                "that have it]",
                schema={"$ref": _SCHEMA + "Facets"},
            )
        },
        "/api/v1/records/{record}": {
            "get": _operation(
                "One record, with its gaps", [record], schema={"$ref": _SCHEMA + "Detailed"}
            )
        },
        "/api/v1/records/{record}/window": {
            "get": _operation(
                f"Samples [start, stop), at most {MAX_VALUES:,} values; `private, no-cache`, ETag",
                span,
                schema={"$ref": _SCHEMA + "Window"},
                content={
                    MSGPACK: {"schema": {"description": "As JSON; `samples` is one bin: lead "
                    "after lead, little-endian, of `dtype`, missing as in a frame."}},
                    ARROW: {"schema": {"description": "A column a lead in its stored type; unit, "
                    "gain and baseline are metadata of its field."}},
                },
            )
        },
        "/api/v1/records/{record}/envelope": {
            "get": _operation(
                "Lowest and highest stored value of each column of [start, stop)",
                [
                    *span,
                    _parameter(
                        "columns",
                        "Column k is [start + floor(k*n/columns), start + floor((k+1)*n/columns)), "
                        "n = stop - start; one without a sample is null.",
                        "integer", minimum=1, maximum=MAX_COLUMNS, default=COLUMNS,
                    ),
                ],
                schema={"$ref": _SCHEMA + "Envelope"},
                content={
                    MSGPACK: {"schema": {"description": "As JSON, but for `samples`: `low` and "
                    "`high` are a bin each, lead after lead, little-endian, of `dtype`, missing "
                    "as in a frame."}},
                },
            )
        },
        "/api/v1/records/{record}/outline": {
            "get": _operation(
                "Lowest and highest of each stored piece, as the files' footers say; has the "
                "pyramid made where it is not there",
                span[:2],
                content={
                    MSGPACK: {"schema": {"description": "{`record`, `version`, `built`, `fs`, "
                    "`length`, `dtype`, `leads`, `groups`: [{`leads`: names, `edges`, `low`, "
                    "`high`, `known`: bins}]}."}},
                },
            )
        },
        "/api/v1/records/{record}/tiles/{version}/{lead}/{level}/{n}": {
            "get": _operation(
                "Lowest and highest of each of 1,024 columns; a column is 4^level samples, from "
                "1,024 n 4^level on; `private, immutable`",
                [
                    record,
                    _parameter("version", "`version` of the outline; of another one: 404."),
                    _parameter("lead", "Names of one rate, commas between, %2C one in a name."),
                    _parameter("level", "From 1 to the first of one tile.", "integer", minimum=1),
                    _parameter("n", "Number of the tile.", "integer", minimum=0),
                ],
                content={
                    MSGPACK: {"schema": {"description": "{`record`, `version`, `fs`, `level`, `n`, "
                    "`start`, `stop`, `dtype`, `leads`, `low`: bin, `high`: bin}, lead after "
                    "lead; 503 with Retry-After while the pyramid is being made."}},
                },
            )
        },
        "/api/v1/records/{record}/beats": {
            "get": _operation(
                "R peaks and heart rate, for research and education; 404 where that is off",
                [
                    record,
                    {
                        **_asked("lead", "In this lead; left out: in the best one of each minute."),
                        "required": False,
                    },
                    _parameter(
                        "start", "First sample, at `fs` of the answer.", "integer", minimum=0
                    ),
                    _parameter("stop", "The sample behind the last.", "integer", minimum=0),
                    _parameter(
                        "columns",
                        "With it: `trend`, the rate in so many columns, instead of `samples`, "
                        "`symbols` and `rate`.",
                        "integer", minimum=1, maximum=MAX_COLUMNS,
                    ),
                ],
                schema={"$ref": _SCHEMA + "BeatSheet"},
                content={
                    MSGPACK: {"schema": {"description": "As JSON, but: `samples` is a bin of "
                    "`sample_dtype`; `symbols` one symbol for all; `rate` {`sample`: bin of "
                    "`sample_dtype`, `bpm`: bin of f4, NaN = none, `reason`: bin of i1, places in "
                    "`reasons`}; those of `trend` are bins of f4."}},
                },
            )
        },
        "/api/v1/records/{record}/annotations": {
            "post": _new_note(),
            "get": _operation(
                "Annotations, by set, in order of their samples",
                [
                    record,
                    _parameter("set", "Of this set only; left out: of all, by name."),
                    _parameter(
                        "start", "First sample, at the rate of the record.", "integer", minimum=0
                    ),
                    _parameter("stop", "The sample behind the last.", "integer", minimum=0),
                    _parameter("cursor", "`next` of the page before; all else as it was."),
                    _parameter(
                        "limit",
                        f"Annotations of a page, of all sets together; left out: "
                        f"{ANNOTATIONS:,}, in msgpack, where it may be that much, "
                        f"{MOST_ANNOTATIONS:,}.",
                        "integer", minimum=1, maximum=MAX_ANNOTATIONS,
                    ),
                ],
                schema={"$ref": _SCHEMA + "Marks"},
                content={
                    MSGPACK: {"schema": {"description": "A set has columns for `annotations`: "
                    "`sample` is a bin of `sample_dtype` (`i4`, `f8`); `symbol`, `subtype`, "
                    "`chan`, `num`, `aux_note` are bins of `i4`, or the one number that all of "
                    "them have; `symbol` and `aux_note` are places in `symbols` and `aux_notes`. "
                    "`leads` are the names that `chan` counts. All little-endian. A set that "
                    "people write has lists of `id`, `version`, `stop`, `lead`, `tags`, `author`, "
                    "`time`, `changed_by`, `changed`, `other_samples`, too."}},
                },
            )
        },
        "/api/v1/records/{record}/quality": {
            "get": _operation(
                "By lead, the runs in which nothing is there, a value stands still for 2 s, or an "
                "ECG lead is held at an end of its range; looked for on first need",
                [
                    record,
                    _parameter("leads", "Names with commas between; left out: all."),
                    _parameter(
                        "checks",
                        "1: look the whole record over, if that was not done yet.",
                        "integer", minimum=0, maximum=1, default=0,
                    ),
                ],
                schema={"$ref": _SCHEMA + "Findings"},
            )
        },
    }  # fmt: skip


def _notes() -> Json:
    """Return the operations on what people write; a refused stale change has two members more."""
    record = _parameter("record", "Record id.")
    one = [record, _parameter("id", "Of the annotation.")]
    mark = {"$ref": _SCHEMA + "NoteMark"}
    refused = {
        "409": {
            "description": "It was changed since: `current` is what it is, by `changed_by`.",
            "content": {"application/problem+json": {"schema": {"$ref": _SCHEMA + "Changed"}}},
        }
    }
    change = _operation(
        "Make the next version of an annotation: what is left out stays",
        one,
        schema=mark,
        requestBody=_body("ChangedNote"),
    )
    seen = _asked("version", "The one that was seen.")
    remove = _operation(
        "Delete an annotation; `deleted` false in a change brings it back", [*one, seen],
        schema=mark,
    )  # fmt: skip
    change["responses"] |= refused
    remove["responses"] |= refused
    path = "/api/v1/records/{record}/annotations/{id}"
    return {
        path: {"put": change, "delete": remove},
        "/api/v1/records/{record}/annotations/export": {
            "get": _operation(
                "A set as a file",
                [record, _parameter("set", "Its name.", default=SET), _file_format()],
                content={
                    media_type: {"schema": {"type": "string", "contentEncoding": "binary"}}
                    for _, media_type in SET_FORMATS.values()
                },
            )
        },
        "/api/v1/records/{record}/annotations/import": {
            "post": _operation(
                "Read a file into a set; what is there already is not added again",
                [
                    record,
                    _parameter("set", "Its name.", default=SET),
                    _file_format(),
                    _parameter(
                        "read_only",
                        "1: a new set that nobody writes in.",
                        "integer",
                        minimum=0,
                        maximum=1,
                        default=0,
                    ),
                    _parameter(
                        "fs",
                        "Rate of its samples where the file names none; left out: the record's.",
                        "number",
                    ),
                ],
                schema={"$ref": _SCHEMA + "Imported"},
                status="201",
                requestBody={
                    "required": True,
                    "content": {
                        "application/octet-stream": {
                            "schema": {"type": "string", "contentEncoding": "binary"}
                        }
                    },
                },
            )
        },
        path + "/history": {
            "get": _operation(
                "All versions, the first one first", one, schema={"$ref": _SCHEMA + "NoteVersions"}
            )
        },
    }


def _file_format() -> Json:
    kinds = {"type": "string", "enum": list(SET_FORMATS)}
    return {**_asked("format", "What kind of file."), "schema": kinds}


def _new_note() -> Json:
    return _operation(
        "Make an annotation, in a set that people write; 200 where that `id` was made before",
        [_parameter("record", "Record id.")],
        schema={"$ref": _SCHEMA + "NoteMark"},
        status="201",
        requestBody=_body("NewNote"),
    )


def _body(name: str) -> Json:
    return {"required": True, "content": {JSON: {"schema": {"$ref": _SCHEMA + name}}}}


def _models() -> Json:
    """Return what is asked of two annotation sets, and how one is published."""
    record = _parameter("record", "Record id.")
    named = {**_asked("set", "Name of the set."), "in": "path"}
    threshold = _parameter("threshold", "Of the set under test, leave out lower scores.", "number")
    cells = _parameter("cells", "`N/V,*/O`: reference and test; left out: what differs.")
    taken = {"schema": {"type": "string", "contentEncoding": "binary"}}
    return {
        "/api/v1/records/{record}/agreement": {
            "get": _operation(
                "How far two sets agree on the beats, as bxb counts; for research and education",
                [
                    record,
                    _asked("a", "Name of the set that is the reference."),
                    _asked("b", "Name of the set under test."),
                    threshold,
                    cells,
                    _parameter("cursor", "`next` of the page before; all else as it was."),
                    _parameter(
                        "limit", "Disagreements of a page.", "integer",
                        minimum=0, maximum=MAX_DISAGREEMENTS, default=DISAGREEMENTS,
                    ),
                ],
                schema={"$ref": _SCHEMA + "Agreed"},
            )
        },
        "/api/v1/records/{record}/overlays": {
            "get": _operation(
                "The sets that can be compared, those that the detector finds among them",
                [record],
                schema={"$ref": _SCHEMA + "ComparableSets"},
            )
        },
        "/api/v1/records/{record}/overlays/{set}/next": {
            "get": _operation(
                "The next mark of any set, or its next error against another one",
                [
                    record,
                    named,
                    _parameter("from", "The sample to go on from.", "integer", default=-1),
                    _parameter("way", "Which way.", enum=["next", "previous"], default="next"),
                    threshold,
                    _parameter("labels", "Labels with commas between; left out: all."),
                    _parameter("errors_against", "Name of the reference: errors, no marks."),
                    cells,
                ],
                schema={"$ref": _SCHEMA + "NextMarked"},
            )
        },
        "/api/v1/records/{record}/predictions/{set}": {
            "put": _operation(
                "Publish a set of the record, in place of the one of that name",
                [record, named],
                schema={"$ref": _SCHEMA + "Published"},
                requestBody={"required": True, "content": dict.fromkeys(KINDS, taken)},
            ),
            "delete": _operation("Withdraw a published set", [record, named], status="204"),
        },
    }  # fmt: skip


def _exports() -> Json:
    """Return the operation that makes a file; what is for a PDF alone says so."""
    parameters = [
        {
            **_asked("format", "What kind of file; all but a PDF have the samples as stored."),
            "schema": {"type": "string", "enum": list(FORMATS)},
        },
        _parameter("record", "Record id."),
        _parameter("leads", "Names with commas between; left out: all ECG leads of one rate."),
        _parameter("start", "First sample.", "integer", minimum=0, default=0),
        _parameter("stop", "The sample behind the last; left out: the end.", "integer", minimum=0),
        _parameter("annotations", "Names of stored sets with commas between, to be in it too."),
        _parameter("stamp", "1: say when it was exported.", "integer", minimum=0, maximum=1),
        _parameter("layout", "PDF: left out, what suits the leads.", enum=list(LAYOUTS)),
        _parameter("paper", "PDF: landscape.", enum=list(PAPERS), default="a4"),
        _parameter("speed", "PDF: mm/s.", "number", enum=list(SPEEDS), default=25),
        _parameter("gain", "PDF: mm/mV.", "number", enum=list(GAINS), default=10),
        _parameter("rhythm", "PDF: leads of the rhythm strips, with commas between."),
        _parameter(
            "filter",
            "PDF: none, diagnostic or monitor, and +notch50 or +notch60.",
            default="none",
        ),
        _parameter(
            "caliper",
            "PDF: a JSON list of {lead, from, to, fromMv, toMv, text}; from and to are samples.",
        ),
    ]
    described = {"schema": {"type": "string", "contentEncoding": "binary"}}
    content = {media_type: described for _, media_type in FORMATS.values()}
    return {
        "/api/v1/records/{record}/export": {
            "get": _operation(
                f"A file to take away: at most {MAX_VALUES:,} values, {PAGES} pages",
                parameters,
                content=content,
            )
        }
    }


def _walls() -> Json:
    name = _parameter("name", "Name of a wall.")
    return {
        "/api/v1/walls": {
            "get": _operation("All walls", schema={"$ref": _SCHEMA + "WallList"}),
        },
        "/api/v1/walls/{name}": {
            "get": _operation(
                "A wall, with what its screens subscribe to; `private, no-cache`, ETag; renews "
                "the session of a screen",
                [name],
                schema={"$ref": _SCHEMA + "Shown"},
            )
        },
        "/api/v1/walls/{name}/identify": {
            "post": _operation(
                "Have one screen of a wall, or all, show its name",
                [name],
                schema={"$ref": _SCHEMA + "Told"},
                requestBody={
                    "required": True,
                    "content": {
                        JSON: {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "screen": {
                                        "type": ["string", "null"],
                                        "description": "Its token's name; null: all of them.",
                                    }
                                },
                                "additionalProperties": False,
                            }
                        }
                    },
                },
            )
        },
        "/api/v1/wall": {
            "get": _operation(
                "A wall that is only tried out, and how it would stand in a file",
                [
                    _asked(
                        "beds",
                        f"`record:lead,lead;record;...`: 1 to {MOST_BEDS} beds of 1 to "
                        f"{MOST_LEADS} leads; without leads the first ECG lead.",
                    ),
                    _parameter("title", "What stands above it.", default=TITLE),
                ],
                schema={"$ref": _SCHEMA + "Shown"},
            )
        },
    }


def _session() -> Json:
    one_of = [
        {
            "type": "object",
            "required": [name],
            "properties": {name: {"type": "string", "description": what}},
            "additionalProperties": False,
        }
        for name, what in (
            ("token", "As `ecgstream token` printed it."),
            ("code", "A screen's, good once."),
        )
    ]
    return {
        "/api/v1/session": {
            "post": _operation(
                "Trade a token, or the one-time code of a screen, for a session cookie",
                schema={
                    "type": "object",
                    "required": ["user", "expires"],
                    "properties": {
                        "user": {"type": "string"},
                        "expires": {"type": "integer", "description": "Seconds since 1970."},
                    },
                },
                requestBody={
                    "required": True,
                    "content": {JSON: {"schema": {"oneOf": one_of}}},
                },
                security=[],
            ),
            "delete": _operation("End the session and close its sockets", status="204"),
        }
    }


def _stream() -> Json:
    return {
        "/api/v1/stream": {
            "get": _operation("The WebSocket, subprotocol ecgstream.v1", status="101"),
        }
    }


def _operations() -> Json:
    status = {
        "type": "object",
        "required": ["status"],
        "properties": {"status": {"type": "string"}},
    }
    page: Json = {"text/html": {"schema": {"type": "string"}}}
    text: Json = {"text/plain": {"schema": {"type": "string"}}}
    return {
        "/healthz": {"get": _operation("The server lives", schema=status, security=[])},
        "/readyz": {
            "get": _operation("New viewers may come; else 503 with reasons", schema=status)
        },
        "/metrics": {"get": _operation("Metrics for Prometheus", content=text)},
        "/openapi.json": {"get": _operation("This document", schema={"type": "object"})},
        "/docs": {"get": _operation("This document, to be read", content=page)},
        "/login": {"get": _operation("The login page", content=page, security=[])},
    }
