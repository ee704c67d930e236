"""Which of the media types that we have a client likes best (RFC 9110, 12.5.1), and ETags."""

from collections.abc import Sequence

from ecgstream.errors import NotAcceptable


def chosen(accept: str | None, offers: Sequence[str]) -> str:
    """Return the offer that `accept` likes best; of equal ones the first. Raises NotAcceptable."""
    if accept is None or not accept.strip():
        return offers[0]
    ranges = [_range(entry) for entry in accept.split(",")[:64]]
    best, offer = max(
        ((_quality(offer, ranges), offer) for offer in offers), key=lambda pair: pair[0]
    )
    if best <= 0:
        raise NotAcceptable(f"Accept: none of {', '.join(offers)} is among {accept[:200]!r}")
    return offer


def matches(if_none_match: str | None, etag: str) -> bool:
    """Say whether the client has the representation `etag` already (weak comparison)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _range(entry: str) -> tuple[str, float]:
    """Return a media range and its quality; 0 where the quality cannot be read."""
    kind, *parameters = (part.strip().lower() for part in entry.split(";"))
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return kind, float(parameter[2:])
            except ValueError:
                return kind, 0.0
    return kind, 1.0


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality that the most specific range gives to `offer`."""
    said = dict(reversed(ranges))
    for kind in (offer, offer.partition("/")[0] + "/*", "*/*"):
        if kind in said:
            return said[kind]
    return 0.0
