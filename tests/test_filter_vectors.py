"""filters.json: what scipy gives now, and what ecgstream makes of it."""

import json
from pathlib import Path

import numpy as np
import pytest

from ecgstream.analysis import filters
from ecgstream.analysis.filters import Preset
from tests.vectors import make_filters

VECTORS = json.loads((Path(__file__).parent / "vectors/filters.json").read_text())
SIGNAL = VECTORS["signal"]
STORED = np.array([np.nan if v is None else v for v in SIGNAL["values"]])


def assert_alike(found, expected, where="") -> None:
    """Assert that two values out of JSON are the same, numbers to a part in 10^9."""
    if isinstance(expected, dict):
        assert found.keys() == expected.keys(), where
        for key, value in expected.items():
            assert_alike(found[key], value, f"{where}.{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for i, value in enumerate(expected):
            assert_alike(found[i], value, f"{where}[{i}]")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-9, abs=2e-8), where
    else:
        assert found == expected, where


def test_the_vectors_are_what_scipy_gives_now():
    assert_alike(json.loads(json.dumps(make_filters.vectors())), VECTORS)


@pytest.mark.parametrize("number", range(len(VECTORS["presets"])))
def test_a_real_recording_with_gaps_is_filtered_as_by_scipy(number):
    said = VECTORS["presets"][number]
    expected = said["zero_phase"]
    preset = Preset(said["name"], said["notch"])
    out, settled = filters.apply(
        STORED, SIGNAL["fs"], preset, baseline=SIGNAL["baseline"], record_ends=(True, False)
    )
    physical = (out - SIGNAL["baseline"]) / SIGNAL["gain"]
    wanted = np.array([np.nan if v is None else v for v in expected["values"]])
    np.testing.assert_allclose(physical[:: VECTORS["every"]], wanted, rtol=0, atol=1e-6)
    edges = np.flatnonzero(np.diff(settled, prepend=False, append=False))
    assert edges.tolist() == expected["settled"]
    assert filters.settling(filters.sections(preset, SIGNAL["fs"])) == expected["settling"]


@pytest.mark.parametrize(
    "said", VECTORS["labels"], ids=lambda said: f"{said['preset']} {said['fs']:g}"
)
def test_a_label_says_what_is_applied(said):
    assert filters.label(said["preset"], said["fs"]) == said["zero_phase"]
