"""Bodies of requests: a little JSON, to typed values at once."""

from typing import Final, TypeVar

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ecgstream.errors import QueryError, TooLarge

MAX_BODY: Final = 4_096

T = TypeVar("T")


async def json_body(request: Request, kind: type[T], expected: str, most: int = MAX_BODY) -> T:
    """Return the JSON body, of at most `most` bytes, as a `kind`; `expected` is one in words.

    Raises QueryError, TooLarge, and HTTPException (415) for another type of content.
    """
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        # Not what a form of another site could send, so that its browser asks us first.
        raise HTTPException(415, "Content-Type: expected application/json")
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > most:
            raise TooLarge(f"the body is larger than {most} bytes")
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        said = f"expected {expected} and nothing else ({error})"
        raise QueryError("body", said) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise QueryError("body", f"expected {expected} and nothing else") from None
