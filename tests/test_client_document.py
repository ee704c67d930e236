"""The examples in docs/client.md print what the page says they do."""

import os
import re
import subprocess
import sys
from contextlib import ExitStack

import pytest

import ecgstream.client
from tests.serving import ROOT, ServerProcess

PAGE = (ROOT / "docs/client.md").read_text()
EXAMPLES = re.findall(r"```python\n(.+?)```\n\n```text\n(.+?)```", PAGE, re.DOTALL)
HOME = "http://127.0.0.1:8000"

pytestmark = pytest.mark.end_to_end


def test_every_example_says_what_it_prints():
    assert len(EXAMPLES) == PAGE.count("```python") >= 5


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
def test_an_example_prints_what_the_page_says(server: ServerProcess, code: str, printed: str):
    assert HOME in code
    with ExitStack() as own:
        # What is written must not be found by the tests that share a server.
        writes = "annotate(" in code
        url = own.enter_context(ServerProcess()).url if writes else server.url
        ran = ran_against(url, code)
    assert (ran.stdout, ran.stderr) == (printed, "")


def ran_against(url: str, code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code.replace(HOME, url)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_the_page_names_every_error_and_every_item():
    for name in ecgstream.client.__all__:
        kind = getattr(ecgstream.client, name)
        if isinstance(kind, type) and issubclass(kind, ecgstream.client.ClientError):
            assert f"`{name}`" in PAGE or name == "Refused", name
    assert "| `Beats`, `Numeric` |" in PAGE
    for name in ("Frame", "Gap", "Remark", "State"):
        assert f"| `{name}` |" in PAGE
