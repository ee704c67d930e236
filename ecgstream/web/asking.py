"""What a request for samples asks for, checked against its record."""

from ecgstream.errors import BadField, QueryError
from ecgstream.model.record import Lead, Record, common_dtype
from ecgstream.web.queries import Query
from ecgstream.wire.events import LeadInfo
from ecgstream.wire.window import Head


def asked_leads(query: Query, record: Record) -> tuple[Lead, ...]:
    """Return the leads that `leads` asks for, all of one rate. Raises LeadNotFound, QueryError."""
    try:
        leads = record.choose(query.leads(record))
        common_dtype(leads)
    except BadField as error:
        raise QueryError("leads", str(error).removeprefix("leads: ")) from None
    return leads


def asked(query: Query, record: Record) -> tuple[tuple[Lead, ...], Head]:
    """Return the leads and span that `leads`, `start` and `stop` ask for.

    Raises LeadNotFound, QueryError.
    """
    leads = asked_leads(query, record)
    dtype = common_dtype(leads)
    fs = leads[0].fs
    length = record.length_at(fs)
    start = query.whole("start", 0, 0, length)
    stop = query.whole("stop", length, 0, length)
    if stop < start:
        raise QueryError("stop", f"{stop} lies before start {start}")
    return leads, Head(record.record, fs, start, stop, dtype, [LeadInfo.of(one) for one in leads])
