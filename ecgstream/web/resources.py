"""What a process with many viewers asks of its system: descriptors, and a collector that keeps
still.
"""

import gc
import resource
from typing import Final

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


def settle_memory() -> None:
    """Take all that was made until now for permanent: the collector need not look at it again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_OBJECTS, 50, 100)
