"""The house keeps its shape: a module imports from the layers below it only."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "ecgstream"
LAYERS = [
    {"errors"},
    {"model"},
    {"wire", "playback", "analysis"},
    {"storage", "formats", "live"},
    {"archive", "viewer"},
    {"web", "loadtest", "client"},
    {"cli"},
    {"__main__"},
]
STEP = {name: step for step, names in enumerate(LAYERS) for name in names}
# `metrics` is counters that everybody may be handed; `config` is read by two and nobody else.
APART = {"config", "metrics"}
MODULES = sorted(PACKAGE.rglob("*.py"))


def room(module: str) -> str:
    return module.removeprefix("ecgstream").removeprefix(".").split(".")[0]


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith("ecgstream.")}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_from_the_layers_below_it_only(path: Path) -> None:
    own = path.relative_to(PACKAGE).with_suffix("").parts[0]
    if own == "__init__":
        assert not imports(path)
        return
    for name in imports(path):
        other = room(name)
        if other in APART or other == own:
            continue
        assert own not in APART or other == "errors", f"{own} imports {name}"
        if own not in APART:
            assert STEP[other] < STEP[own], f"{own} imports {name}, which is not below it"


def test_the_client_knows_nothing_of_the_server() -> None:
    for path in (PACKAGE / "client").rglob("*.py"):
        assert {room(name) for name in imports(path)} <= {"client", "wire", "model", "errors"}


def test_only_the_command_line_and_the_app_read_the_settings() -> None:
    readers = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if any(room(name) == "config" for name in imports(path))
    }
    assert readers <= {"cli.py", "web/app.py"}


def test_the_pure_packages_touch_neither_clock_nor_disk_nor_network() -> None:
    world = {"time", "asyncio", "os", "socket", "pathlib", "threading", "starlette"}
    for name in ("model", "wire", "playback", "analysis"):
        for path in (PACKAGE / name).rglob("*.py"):
            tree = ast.parse(path.read_text())
            used = {
                alias.name.split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.Import)
                for alias in node.names
            } | {
                (node.module or "").split(".")[0]
                for node in ast.walk(tree)
                if isinstance(node, ast.ImportFrom)
            }
            assert not used & world, f"{path.name} imports {used & world}"
