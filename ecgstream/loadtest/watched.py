"""What the server's processes take, from /proc (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ecgstream.errors import CannotLoad

TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """CPU seconds since their start, and resident bytes, of a process and its children."""

    cpu_s: float
    rss_bytes: int
    pids: frozenset[int] = frozenset()
    """Whose: of others the CPU time does not go on from where it was."""


def usage(pid: int, proc: Path = Path("/proc")) -> Usage:
    """Return what process `pid` and those it started take. Raises CannotLoad."""
    try:
        stat = (proc / str(pid) / "stat").read_text()
        memory = (proc / str(pid) / "statm").read_text()
        children = (proc / str(pid) / "task" / str(pid) / "children").read_text().split()
    except OSError as error:
        raise CannotLoad(f"--pid {pid}: {error.strerror}") from None
    # The name in brackets may hold blanks and brackets.
    fields = stat[stat.rindex(")") + 2 :].split()
    cpu_s = (int(fields[11]) + int(fields[12])) * TICK_S
    rss_bytes = int(memory.split()[1]) * PAGE_BYTES
    pids = {pid}
    for child in children:
        try:
            more = usage(int(child), proc)
        except CannotLoad:
            continue  # ended meanwhile
        cpu_s += more.cpu_s
        rss_bytes += more.rss_bytes
        pids |= more.pids
    return Usage(cpu_s, rss_bytes, frozenset(pids))
