"""The examples in docs/archives.md are served, and found, as the page says."""

import re

import pytest

from ecgstream.storage.catalog import scan
from ecgstream.storage.foreign.mapping import AS_IT_IS, Reading, parsed
from tests.serving import ROOT

PAGE = (ROOT / "docs/archives.md").read_text()
EXAMPLES = re.findall(
    r"```python\n(.+?)```\n\n(?:```toml\n(.+?)```\n\n)?```text\n(.+?)```", PAGE, re.DOTALL
)


def test_every_example_says_what_comes_of_it():
    assert len(EXAMPLES) == PAGE.count("```python") >= 6
    assert PAGE.count("```toml") == sum(bool(mapping) for _, mapping, _ in EXAMPLES)


def told(record) -> str:
    leads = ", ".join(
        f"{lead.name} {lead.fs:g} Hz {lead.length / lead.fs:g} s {lead.unit or 'unit unknown'}"
        for lead in record.leads
    )
    found = "".join(f"    {what}: {how}\n" for what, how in record.found)
    return f"{record.record}: {leads}\n{found}"


@pytest.mark.parametrize(("code", "mapping", "printed"), EXAMPLES)
def test_an_example_is_served_and_found_as_the_page_says(
    tmp_path, monkeypatch, code, mapping, printed
):
    assert len(code.strip().splitlines()) <= 10
    for path in re.findall(r'"(archive/[^"]+\.parquet)"', code):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/archives.md", "exec"), {})
    reading = Reading(parsed(mapping.encode(), "mapping.toml")) if mapping else AS_IT_IS
    source = scan([tmp_path / "archive"], reading=reading)
    assert [str(one) for one in source.problems] == []
    assert "".join(told(record) for record in source.records()) == printed
