"""Run a command on one core, first in line where that is permitted, with many descriptors.

    python -m bench.pinned CORE fifo|rr|other COMMAND...

A program of its own, so that every thread the command ever starts is pinned too. SCHED_FIFO keeps
all other work of the machine off the core; `rr` (SCHED_RR) does the same, but lets the threads of
the command itself take turns: with FIFO a loop that is busy all the time would never let a thread
that reads have the core, which no kernel does to a server otherwise. `other` pins it and no more:
a browser is many processes that wait for each other.
"""

import contextlib
import os
import resource
import sys
from pathlib import Path

DESCRIPTORS = 65_536


def fifo_permitted() -> bool:
    """Say whether this user may have SCHED_FIFO."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except PermissionError:
        return False
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    return True


def raise_descriptors() -> int:
    """Raise the limit of open descriptors as far as it goes; return it."""
    wanted = min(DESCRIPTORS, int(Path("/proc/sys/fs/nr_open").read_text(encoding="ascii")))
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, max(wanted, hard)))
    except (ValueError, PermissionError):
        wanted = hard
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return wanted


def main() -> None:
    """Become the command."""
    core, policy, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    raise_descriptors()
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
    with contextlib.suppress(PermissionError):
        # Beside other work on the machine a p99 is otherwise the other work's.
        if policy != "other":
            os.sched_setscheduler(
                0, {"fifo": os.SCHED_FIFO, "rr": os.SCHED_RR}[policy], os.sched_param(1)
            )
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
