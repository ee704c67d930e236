"""How many viewers this machine lets one process have: descriptors and ports."""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Final

from ecgstream.errors import CannotLoad
from ecgstream.loadtest.plan import Target

SPARE: Final = 64
"""Descriptors for all that is no viewer."""
A_PROCESS: Final = 10_000
"""Viewers that one process drives on one core; beyond that there are more processes."""
PORTS: Final = 20_000
"""Viewers from one source address: Linux gives some 28,000 ports to one destination."""


def processes_for(viewers: int) -> int:
    """Return how many processes drive so many viewers by default."""
    return max(1, min(-(-viewers // A_PROCESS), os.cpu_count() or 1))


def raise_descriptors(viewers: int) -> None:
    """Let this process open sockets for so many viewers, and those it starts.

    Raises CannotLoad, which says how many fit.
    """
    wanted = viewers + SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= wanted:
        return
    if hard < wanted:
        try:
            # Only who has the right may raise the hard limit, and never above the kernel's own.
            most = int(Path("/proc/sys/fs/nr_open").read_text())
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, most), min(wanted, most)))
        except (OSError, ValueError):
            pass
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < wanted:
        raise CannotLoad(
            f"{viewers:,} viewers in one process need {wanted:,} descriptors, and {hard:,} are "
            f"permitted: {max(0, hard - SPARE):,} viewers fit; raise the limit (ulimit -Hn), or "
            "give more --processes"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def sources(target: Target) -> Callable[[int], tuple[str, int] | None]:
    """Return what says from which address a viewer connects; None leaves it to the kernel.

    One address runs out of ports. On loopback there are more: 127.0.0.2 and on.
    """
    if not target.loopback:
        return lambda _: None
    return lambda viewer: (f"127.0.0.{1 + viewer // PORTS}", 0) if viewer >= PORTS else None
