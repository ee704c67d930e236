"""The parameters that choose records, in the OpenAPI document."""

from collections.abc import Callable
from typing import Any

from ecgstream.web.filtering import MOST_WORDS

Json = dict[str, Any]


def record_filters(parameter: Callable[..., Json]) -> list[Json]:
    """Return what `web.filtering` understands."""
    return [
        parameter(
            "query",
            f"Words, {MOST_WORDS} at most, in any case; each is part of id, patient, lead, dataset "
            "or source.",
        ),
        parameter("patient", "Of this patient only."),
        parameter(
            "leads",
            f"Names, commas between, {MOST_WORDS} at most; those with all of these leads, in any "
            "case.",
        ),
        parameter("fs_low", "At this rate or a higher one, in Hz.", "number", minimum=0),
        parameter("fs_high", "At this rate or a lower one, in Hz.", "number", minimum=0),
        parameter("s_low", "As long as that or longer, in seconds.", "number", minimum=0),
        parameter("s_high", "As long as that or shorter, in seconds.", "number", minimum=0),
        parameter("dataset", "Of this part of the archive only."),
        parameter(
            "annotated",
            "With an annotation set beside the signals, or without one.",
            "boolean",
        ),
        parameter(
            "quality", "Of this quality, as `/api/v1/facets` names them; another finds none."
        ),
    ]
