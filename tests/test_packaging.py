"""What is installed is whole: the wheel carries the client, and lists only what it needs."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        check=True,
        cwd=ROOT,
        capture_output=True,
    )
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_carries_every_file_of_the_client(wheel: zipfile.ZipFile):
    inside = set(wheel.namelist())
    for path in (ROOT / "static").rglob("*"):
        if path.is_file():
            assert f"ecgstream/{path.relative_to(ROOT).as_posix()}" in inside
    assert "ecgstream/static/index.html" in inside
    assert "ecgstream/cli.py" in inside


def test_who_imports_the_client_gets_its_types(wheel: zipfile.ZipFile):
    assert {"ecgstream/client/__init__.py", "ecgstream/py.typed"} <= set(wheel.namelist())


def test_the_wheel_carries_neither_tests_nor_data(wheel: zipfile.ZipFile):
    assert not [n for n in wheel.namelist() if n.startswith(("tests/", "data/", "bench/"))]


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_locked_package_has_hashes_and_no_address(name: str):
    lock = (ROOT / "requirements" / name).read_text()
    assert "://" not in lock
    pinned = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert all("==" in line and line.endswith("\\") for line in pinned)
    assert lock.count("--hash=sha256:") >= len(pinned)


def test_what_runs_is_locked_alike_for_use_and_for_tests():
    def pins(name: str) -> set[str]:
        lines = (ROOT / "requirements" / name).read_text().splitlines()
        return {line for line in lines if line and not line.startswith((" ", "#"))}

    assert pins("run.txt") <= pins("dev.txt")
