"""The parameters that choose records, in the OpenAPI document."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]


def record_filters(parameter: Callable[..., Json]) -> list[Json]:
    """Return what `web.filtering` understands."""
    return [
        parameter("query", "Words; each is part of id, patient, lead, dataset or source."),
        parameter("patient", "Of this patient only."),
        parameter("leads", "Names, commas between; those with all of these leads, in any case."),
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
        parameter("quality", "Of this quality, as `/api/v1/facets` names them."),
    ]
