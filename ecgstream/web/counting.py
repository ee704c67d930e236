"""Which numbers `/metrics` shows that other parts keep: read when asked, never labelled by whom."""

from ecgstream.metrics import Metrics
from ecgstream.storage.blocks import BlockCache
from ecgstream.viewer.admission import LATENESS_S, Strain
from ecgstream.viewer.counts import Counts
from ecgstream.viewer.registry import Registry
from ecgstream.viewer.surroundings import Surroundings


def count(
    metrics: Metrics, registry: Registry, cache: BlockCache, around: Surroundings, strain: Strain
) -> None:
    """Say where the numbers are."""
    metrics.spread(
        "ecgstream_wheel_lateness_seconds",
        "How long after its end a slot of the timer wheel was done.",
        LATENESS_S,
        lambda: (strain.counts, strain.sum),
    )
    _viewers(metrics, registry, around)
    _stream(metrics, around.counts)
    _cache(metrics, cache)


def _viewers(metrics: Metrics, registry: Registry, around: Surroundings) -> None:
    counts = around.counts
    gauged, counted, by = metrics.gauged, metrics.counted, metrics.by
    gauged("ecgstream_viewers", "Open sockets of viewers.", lambda: len(registry))
    gauged("ecgstream_subscriptions", "Subscriptions that stand.", lambda: counts.subscriptions)
    gauged(
        "ecgstream_slow_subscriptions",
        "Those held, or leaving out, because their viewer takes less than it is sent.",
        around.slow,
    )
    gauged("ecgstream_draining", "1 while the server goes away.", lambda: float(registry.draining))
    counted("ecgstream_handshakes", "Viewers let in.", lambda: registry.opened)
    by(
        "ecgstream_refused",
        "Viewers not let in, by reason.",
        "reason",
        lambda: counts.refused,
        ("full", "address", "late", "pace", "draining", "unauthorized"),
    )
    by(
        "ecgstream_closes",
        "Sockets closed by us, by code.",
        "code",
        lambda: counts.closes,
        ("1001", "1011", "4400", "4401", "4408"),
    )
    by(
        "ecgstream_errors",
        "`error` events sent, by code.",
        "code",
        lambda: counts.errors,
        ("unavailable", "corrupt", "limit", "internal"),
    )


def _stream(metrics: Metrics, counts: Counts) -> None:
    counted, by = metrics.counted, metrics.by
    counted("ecgstream_frames", "Signal frames sent.", lambda: counts.frames)
    counted("ecgstream_sent_bytes", "Their bytes, and gaps'.", lambda: counts.sent_bytes)
    counted(
        "ecgstream_late_frames",
        "Those sent more than 50 ms after they were due.",
        lambda: counts.late_frames,
    )
    by(
        "ecgstream_clocks_held",
        "Clocks held, by why.",
        "why",
        lambda: counts.held,
        ("behind", "loading"),
    )
    by(
        "ecgstream_gaps",
        "Gaps said, by reason.",
        "reason",
        lambda: counts.gaps,
        ("missing", "corrupt", "slow_viewer"),
    )


def _cache(metrics: Metrics, cache: BlockCache) -> None:
    gauged, counted = metrics.gauged, metrics.counted
    gauged("ecgstream_cache_bytes", "Decoded signals in memory.", lambda: cache.held)
    gauged("ecgstream_cache_pinned_bytes", "Those being played.", lambda: cache.pinned)
    gauged("ecgstream_cache_budget_bytes", "What they may be in all.", lambda: cache.budget)
    counted("ecgstream_cache_hits", "Pieces that were in memory.", lambda: cache.hits)
    counted("ecgstream_reads", "Reads of stored pieces for playback.", lambda: cache.reads)
