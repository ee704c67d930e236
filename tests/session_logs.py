"""Logs of sessions for tests."""

from typing import Any, Final

FS: Final = 360.0

LOOKS: Final = {
    "mode": "fit", "window_s": 10, "mm_per_s": 25, "mm_per_mv": 10, "motion": "sweep", "sheet": "rows",
}  # fmt: skip


def whole(t: int = 0, **changed: Any) -> dict[str, Any]:
    """Return a view that says everything."""
    return {
        "t": t, "kind": "view", "sample": 36_000, "moving": False, "playing": False, "speed": 1, "fs": FS,
        "leads": ["MLII"], "looks": LOOKS, "times": {}, "filter": "none", "look": None, "calipers": "",
        "sight": {"start": None, "window_s": 10, "drawn": "samples"},
        "screen": {"width": 1280, "height": 600},
    } | changed  # fmt: skip


def view(t: int, **changed: Any) -> dict[str, Any]:
    """Return a view that says what changed."""
    return {"t": t, "kind": "view", **changed}


def note(t: int, text: str = "look") -> dict[str, Any]:
    return {"t": t, "kind": "note", "text": text, "sample": 5}
