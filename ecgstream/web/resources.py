"""What a process with many viewers asks of its system: descriptors, and a collector that keeps
still.
"""

import gc
import resource
from typing import Final

import pyarrow as pa

SPARE_DESCRIPTORS: Final = 256
"""Of a process's descriptors those that are not for viewers: files, requests, the log."""
GC_OBJECTS: Final = 100_000
"""New objects until the collector looks at the young ones: a viewer is some hundred."""


def viewer_descriptors() -> int:
    """Raise the soft limit of descriptors to the hard one; return how many viewers that is for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 1 << 20 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return max(1, most - SPARE_DESCRIPTORS)


def lend_memory() -> None:
    """Have Arrow decode into memory that does not go back to the system after every read.

    Its default gives it back and has it cleared again, two MB at a time: a third of all that
    reading costs where many read little each.
    """
    if "jemalloc" in pa.supported_memory_backends():
        pa.set_memory_pool(pa.jemalloc_memory_pool())


def settle_memory() -> None:
    """Take all that was made until now for permanent: the collector need not look at it again."""
    # Nor before: of 120,000 objects a thousand are of no use, and to look at all takes 0.1 s.
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 50, 100)
    gc.enable()
