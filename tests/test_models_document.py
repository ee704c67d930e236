"""The examples in docs/models.md print what the page says they do."""

import os
import re
import subprocess
import sys

import pytest

from tests.serving import ROOT, ServerProcess

PAGE = (ROOT / "docs/models.md").read_text()
EXAMPLES = re.findall(r"```python\n(.+?)```\n\n```text\n(.+?)```", PAGE, re.DOTALL)
HOME = "http://127.0.0.1:8000"

pytestmark = pytest.mark.end_to_end


def test_the_examples_one_after_the_other_print_what_the_page_says() -> None:
    assert len(EXAMPLES) == PAGE.count("```python") == 3
    with ServerProcess() as server:
        for code, printed in EXAMPLES:
            ran = subprocess.run(
                [sys.executable, "-W", "error", "-c", code.replace(HOME, server.url)],
                check=False,
                capture_output=True,
                text=True,
                timeout=120,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
            )
            assert (ran.stdout, ran.stderr) == (printed, "")
