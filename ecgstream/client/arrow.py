"""Windows as Arrow tables. Imported when one is asked for: to load pyarrow takes a while. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec
import pyarrow as pa

from ecgstream.client.errors import BadAnswer
from ecgstream.client.windows import Runs, merged

ARROW: Final = "application/vnd.apache.arrow.stream"


def table(bodies: Sequence[bytes], start: int, stop: int) -> pa.Table:
    """Return Arrow streams that follow each other as one table over [start, stop).

    A column a lead in its stored type, null where missing, with `unit`, `gain` and `baseline` in
    its field's metadata. The samples stay where they are, in `bodies`. Raises BadAnswer.
    """
    try:
        parts = [pa.ipc.open_stream(body).read_all() for body in bodies]
        abouts = [dict(part.schema.metadata or {}) for part in parts]
        bare = [part.replace_schema_metadata(None) for part in parts]
        expected = start
        for part, about in zip(bare, abouts, strict=True):
            # A field's metadata counts: a unit that changed is another lead.
            alike = part.schema.equals(bare[0].schema, check_metadata=True)
            if not alike or about[b"fs"] != abouts[0][b"fs"] or int(about[b"start"]) != expected:
                raise BadAnswer("pieces that do not fit: was the record changed meanwhile?")
            expected += part.num_rows
        whole = pa.concat_tables(bare)
        corrupt = _corrupt(abouts)
    except (pa.ArrowInvalid, KeyError, ValueError) as error:
        raise BadAnswer(f"not a window in Arrow's format: {error}") from None
    if expected != stop:
        raise BadAnswer("a window that ends before its end")
    about = abouts[0] | {b"start": str(start).encode(), b"stop": str(stop).encode()}
    about.pop(b"corrupt", None)
    if corrupt:
        about[b"corrupt"] = msgspec.json.encode(corrupt)
    return whole.replace_schema_metadata(about)


def _corrupt(abouts: Sequence[dict[bytes, bytes]]) -> Runs:
    runs: Runs = {}
    for about in abouts:
        for name, some in msgspec.json.decode(about.get(b"corrupt", b"{}"), type=Runs).items():
            runs[name] = merged(runs.get(name, []), some)
    return runs
