"""`ecgstream import` of a great many files, and of a day in one: pace, memory, killed and again.

As its users run it, processes and all. The files are 20 recordings of ten seconds in twelve leads
under many names (`IMPORT_FILES`, 20,000 of them), and a twentieth as many that are cut short or
absurd. Beside the clock on the wall stands the time that all had on a core.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from bench.figures import at_least, verdict
from bench.make_day import FS, HOURS, LEADS, beats, laid

SHORT: Final = bool(os.environ.get("BENCH_SHORT"))
FILES: Final = int(os.environ.get("IMPORT_FILES", "1000" if SHORT else "20000"))
FOLDER: Final = 500
"""Files of a folder."""
RECORDINGS: Final = 20
SECONDS: Final = 10
WORKERS: Final = 2
MOST_MB: Final = 400.0
LEAST_A_SECOND: Final = 100.0
KILLED: Final = 1_000
"""Files of the import that is killed half-way."""
CUT: Final = int(os.environ.get("IMPORT_CUT", "1000" if SHORT else "100000"))
"""Files that break off at once: what it takes to look at so many and to name each."""


@dataclass(slots=True)
class Ran:
    """One run: seconds on the wall and on cores, the largest process of it in MB, what it said."""

    took: float = 0.0
    used: float = 0.0
    parent_mb: float = 0.0
    child_mb: float = 0.0
    said: str = ""


def edf(samples: NDArray[np.int16], path: Path) -> None:
    """Write samples of shape (12, whole seconds of FS) as EDF of one second a data record."""
    with path.open("wb") as out:
        out.write(header(samples.shape[1] // FS))
        out.write(records(samples))


def header(seconds: int) -> bytes:
    """Return the header of twelve leads at FS, in steps of a microvolt; somebody is named."""
    count = len(LEADS)
    fields: list[tuple[object, int]] = [
        *(("0", 8), ("P-77 F 02-AUG-1951 Doe_Jane", 80), ("Startdate 02-MAR-2020 X Roe X", 80)),
        *(("02.03.20", 8), ("10.11.12", 8), (256 * (count + 1), 8), ("", 44)),
        *((seconds, 8), (1, 8), (count, 4)),
    ]
    fields += [(lead, 16) for lead in LEADS] + [("", 80)] * count + [("mV", 8)] * count
    fields += [(text, 8) for text in ("-32.768", "32.767", "-32768", "32767") for _ in LEADS]
    fields += [("", 80)] * count + [(FS, 8)] * count + [("", 32)] * count
    return "".join(str(text).ljust(width) for text, width in fields).encode("ascii")


def records(samples: NDArray[np.int16]) -> bytes:
    """Return the data records of samples of shape (12, whole seconds of FS)."""
    parted = samples.reshape(len(LEADS), -1, FS).swapaxes(0, 1)
    return np.ascontiguousarray(parted, "<i2").tobytes()


def day(path: Path) -> None:
    """Write the day of `make_day` as EDF: 1 GB."""
    left = np.zeros((len(LEADS), 0), np.int16)
    with path.open("wb") as out:
        out.write(header(HOURS * 3600))
        for chunk in laid(beats(), 1):
            both = np.concatenate([left, chunk], axis=1)
            whole = both.shape[1] // FS * FS
            out.write(records(both[:, :whole]))
            left = both[:, whole:]


def originals(folder: Path) -> list[Path]:
    """Make RECORDINGS different recordings."""
    folder.mkdir()
    source = beats()
    paths = [folder / f"{number}.edf" for number in range(RECORDINGS)]
    for number, path in enumerate(paths):
        edf(np.concatenate(list(laid(source, number, SECONDS * FS)), axis=1), path)
    return paths


def many(folder: Path, count: int, made: list[Path]) -> None:
    """Put `count` recordings below `folder`: links to those `made`, under names of their own."""
    for number in range(count):
        place = folder / f"{number // FOLDER:04d}"
        place.mkdir(parents=True, exist_ok=True)
        os.link(made[number % len(made)], place / f"e{number:06d}.edf")


def hostile(folder: Path, count: int, good: bytes) -> None:
    """Put files below `folder` that are not, or not whole, what they seem to be."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(1)
    for number in range(count):
        raw = bytearray(good)
        if number % 4 == 0:
            raw = raw[: int(rng.integers(300, len(raw)))]
        elif number % 4 == 1:
            raw[236:244] = b"99999999"  # data records
        elif number % 4 == 2:
            raw[252:256] = b"9999"  # signals
        else:
            raw = bytearray(b"<?xml version='1.0'?><RestingECG>" + b"<a>" * 50_000)
        (folder / f"h{number:05d}").write_bytes(raw)


@contextmanager
def started(
    source: Path, out: Path, *more: str, told: IO[str] | int = subprocess.DEVNULL
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run the import as a process of its own."""
    command = [sys.executable, "-m", "ecgstream", "import", str(source), "--out", str(out)]
    command += ["--workers", str(WORKERS), *more]
    with subprocess.Popen(command, stdout=told) as process:
        yield process


def ran(source: Path, out: Path, *more: str) -> Ran:
    """Run an import to its end, and look meanwhile at how much memory each process takes."""
    run = Ran()
    before, began = os.times(), time.monotonic()
    log = Path(tempfile.mkstemp(prefix="ecgstream-bench-")[1])
    with log.open("w") as told, started(source, out, *more, told=told) as process:
        while process.poll() is None:
            look(process.pid, run)
            time.sleep(0.2)
    run.took, after = time.monotonic() - began, os.times()
    run.used = after.children_user + after.children_system
    run.used -= before.children_user + before.children_system
    run.said = log.read_text().splitlines()[-1]
    log.unlink()
    return run


def look(pid: int, run: Ran) -> None:
    """Note the peak of a process and of those it has started, in MB."""
    run.parent_mb = max(run.parent_mb, peak_mb(pid))
    # Threads start them.
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                run.child_mb = max(run.child_mb, peak_mb(int(child)))


def peak_mb(pid: int) -> float:
    """Return the largest that a process ever was in memory; 0 for one that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), 0.0)


def digest(out: Path) -> str:
    """Return what is in an archive, and under which names."""
    total = hashlib.sha256()
    for path in sorted(path for path in out.rglob("*") if path.is_file()):
        total.update(path.relative_to(out).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def cut(folder: Path, made: list[Path]) -> Ran:
    """Import files that break off at once; return how that went."""
    few = [folder / f"cut-{path.name}" for path in made]
    for path, whole in zip(few, made, strict=True):
        path.write_bytes(whole.read_bytes()[:3_000])
    many(folder / "cut", CUT, few)
    run = ran(folder / "cut", folder / "nothing", "--report", str(folder / "cut.log"))
    lines = (folder / "cut.log").read_text().count("\n")
    print(f"  {CUT} that break off: {run.said}, {lines} lines of report; ", end="")
    print(f"{run.took:.0f} s, {CUT / run.took:.0f} files a second", flush=True)
    return run


def killed(folder: Path, made: list[Path]) -> bool:
    """Kill an import half-way, start it again; return whether it ends with the same bytes."""
    source = folder / "half"
    many(source, KILLED, made)
    ran(source, folder / "whole")
    out = folder / "again"
    with started(source, out) as process:
        while len(list(out.glob("patient=*"))) < KILLED // 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    stood = len(list(out.glob("patient=*")))
    again = ran(source, out)
    same = digest(out) == digest(folder / "whole")
    print(f"  killed with {stood} of {KILLED} done, started again: {again.said}; ", end="")
    print("the same bytes as of one that was not" if same else "OTHER BYTES", flush=True)
    return same


def main() -> bool:
    """Print the figures; return whether the targets are met."""
    folder = Path(tempfile.mkdtemp(prefix="ecgstream-bench-import-"))
    try:
        return _measured(folder)
    finally:
        shutil.rmtree(folder)


def _measured(folder: Path) -> bool:
    source, log = folder / "in" / "files", folder / "log"
    made = originals(folder / "originals")
    many(source, FILES, made)
    bad = FILES // 20
    hostile(folder / "in" / "bad", bad, made[0].read_bytes())
    first = ran(folder / "in", folder / "out", "--report", str(log))
    each = first.used / (FILES + bad) * 1000
    print(f"  {first.said}; {first.took:.0f} s, {each:.1f} ms on a core each", flush=True)
    reasons = [json.loads(line)["reason"] for line in log.read_text().splitlines()]
    faults = [reason for reason in reasons if "please report it" in reason]
    print(f"  {len(reasons)} hostile files named with a reason, {len(faults)} of them as our fault")
    met = [at_least("files a second", (FILES + bad) / first.took, LEAST_A_SECOND, "")]
    met.append(len(reasons) == bad and not faults)
    again = ran(folder / "in", folder / "out")
    print(f"  again: {again.said}; {again.took:.0f} s, {FILES / again.took:.0f} files a second")
    largest = [first, again, cut(folder, made)]
    met.append(killed(folder, made))
    if not SHORT:
        file = folder / "day.edf"
        day(file)
        long = ran(file, folder / "long")
        size = file.stat().st_size / 1e6
        print(f"  a day of twelve leads, {size:.0f} MB: {long.said}; {long.took:.0f} s", end="")
        print(f", {size / long.took:.0f} MB a second, its pyramid made", flush=True)
        largest.append(long)
    met.append(verdict("the largest reader", max(r.child_mb for r in largest), MOST_MB, "MB"))
    met.append(
        verdict("the one that starts them", max(r.parent_mb for r in largest), MOST_MB, "MB")
    )
    return all(met)
