"""The browser client's pure modules, by `node --test`: each file of tests/js is a test here."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODE = shutil.which("node", path=str(Path(sys.executable).parent)) or shutil.which("node")
FILES = sorted((ROOT / "tests/js").glob("*.test.mjs"))


def test_there_are_some():
    assert FILES


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.name)
def test_node_passes(file: Path):
    assert NODE, "no node: `make test` installs one into .venv"
    ended = subprocess.run(
        # Run by itself a file does what `--test` has it do in a second process.
        [NODE, "--test-reporter=spec", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
