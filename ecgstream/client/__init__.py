"""A client of an ecgstream server for asyncio: records, windows as numpy or Arrow, streams.

    async with connect("http://127.0.0.1:8000") as client:
        window = await client.window("100-pq", leads=["MLII"], start=0, stop=3600)
        async for item in client.stream("100-pq"):
            ...

It loads nothing of the server. docs/client.md shows all of it.
"""

from ecgstream.client.annotations import Annotation
from ecgstream.client.catalog import Lead, Record
from ecgstream.client.client import Client, connect
from ecgstream.client.errors import (
    BadAnswer,
    BadRequest,
    Busy,
    ClientError,
    Forbidden,
    NotFound,
    NotLoggedIn,
    Refused,
    Unreachable,
    Unreadable,
)
from ecgstream.client.items import Beats, Gap, Numeric, Remark, State
from ecgstream.client.models import Agreement, Published
from ecgstream.client.signal import Frame, Signal, Window
from ecgstream.client.stream import Item, Stream
from ecgstream.client.terms import At
from ecgstream.wire.agreement import Disagreement, Rated
from ecgstream.wire.beats import BeatSheet

__all__ = [
    "Agreement",
    "Annotation",
    "At",
    "BadAnswer",
    "BadRequest",
    "BeatSheet",
    "Beats",
    "Busy",
    "Client",
    "ClientError",
    "Disagreement",
    "Forbidden",
    "Frame",
    "Gap",
    "Item",
    "Lead",
    "NotFound",
    "NotLoggedIn",
    "Numeric",
    "Published",
    "Rated",
    "Record",
    "Refused",
    "Remark",
    "Signal",
    "State",
    "Stream",
    "Unreachable",
    "Unreadable",
    "Window",
    "connect",
]
