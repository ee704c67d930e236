"""The dashboard shows what a running server tells, all of it and nothing else."""

import json
import re
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest

from ecgstream.config import Settings
from tests.serving import ServerProcess

DEPLOY = Path(__file__).parent.parent / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana/ecgstream.json").read_text())
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
OF_PROMETHEUS = {"le", "instance"}


def expressions() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def used() -> set[str]:
    """Return the names of all series that the panels ask for."""
    found = re.findall(r"\b((?:ecgstream|process|python)_\w+)(?:\{|\[)", " ".join(expressions()))
    return set(found)


@pytest.fixture(scope="module")
def told(server: ServerProcess) -> dict[str, str]:
    """Return {series as it is asked for: type} of a running server."""
    text = urlopen(f"{server.url}/metrics").read().decode()
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def series(told: dict[str, str]) -> dict[str, str]:
    """Return {series: family}."""
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    return {
        name + part: name
        for name, kind in told.items()
        if not name.endswith("_created")
        for part in parts.get(kind, ("",))
    }


def test_every_series_it_asks_for_is_told(told: dict[str, str]):
    assert used() - set(series(told)) == set()


def test_every_metric_of_ours_is_shown(told: dict[str, str]):
    families = series(told)
    shown = {families[name] for name in used()}
    ours = {name for name in families.values() if name.startswith("ecgstream_")}
    assert len(ours) > 20
    assert ours - shown == set()


def test_every_metric_of_ours_is_explained(told: dict[str, str]):
    page = (DEPLOY.parent / "docs/operations.md").read_text()
    ours = {name for name in series(told).values() if name.startswith("ecgstream_")}
    explained = set(re.findall(r"`(ecgstream_\w+)`", page))
    assert ours - explained == set()
    assert explained - ours == set()


def test_it_asks_for_labels_that_are_there(server: ServerProcess):
    text = urlopen(f"{server.url}/metrics").read().decode()
    for name, labels in re.findall(r"sum by \((.*?)\) \(rate\((\w+)", " ".join(expressions())):
        wanted = set(name.split(", ")) - OF_PROMETHEUS
        there = set(
            re.findall(
                r"(\w+)=\"", " ".join(re.findall(rf"^{labels}{{(.*?)}} ", text, re.MULTILINE))
            )
        )
        assert wanted <= there, labels


def test_counters_are_asked_for_their_rate_and_gauges_for_their_value(told: dict[str, str]):
    families = series(told)
    for expression in expressions():
        for before, name in re.findall(r"(\w+\(|)((?:ecgstream|process)_\w+)\{", expression):
            kind = told[families[name]]
            assert (before == "rate(") == (kind in {"counter", "histogram"}), expression


def test_it_can_be_imported_anywhere():
    variables = {one["name"]: one for one in DASHBOARD["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"
    assert variables["instance"]["multi"]
    sources = {panel["datasource"]["uid"] for panel in PANELS}
    assert sources == {"${datasource}"}
    assert "id" not in DASHBOARD, "the number of a dashboard belongs to one Grafana"
    assert all("$instance" in expression for expression in expressions())


def test_panels_have_a_place_of_their_own_a_unit_and_advice():
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
    places: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                assert (x, y) not in places, f"{panel['title']} lies over another"
                places.add((x, y))
    for panel in PANELS:
        assert len(panel["description"]) > 10, panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        assert steps[0]["value"] is None
        assert [s["value"] for s in steps[1:]] == sorted(s["value"] for s in steps[1:])


def test_the_settings_of_the_example_file_are_understood():
    settings = tomllib.loads((DEPLOY / "ecgstream.toml").read_text())
    assert Settings(**settings).workers > 1
