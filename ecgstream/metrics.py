"""Counters and histograms for Prometheus. Never labelled by record, patient or viewer.

What happens thousands of times a second is a plain int of the part it happens in, and is read
when somebody asks (`counted`, `gauged`); the rest is observed here.
"""

import asyncio
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_By = Mapping[str, float]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

# A slot is 5 ms; what is later than 250 ms is seen on the screen.
_LATENESS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)
# From memory, a disk, an object store, a store that hardly answers.
_READ_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
_REQUEST_S: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The metrics of one application, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._read = _Read()
        registry.register(self._read)
        self.loop_lag = Histogram(
            "ecgstream_loop_lag_seconds",
            "How late the event loop came to a timer of its own, ten times a second.",
            buckets=_LATENESS_S,
            registry=registry,
        )
        self.read = Histogram(
            "ecgstream_read_seconds",
            "Reading and decoding one stored piece for playback, on its reader thread.",
            buckets=_READ_S,
            registry=registry,
        )
        self.requests = Histogram(
            "ecgstream_http_request_seconds",
            "From a request to the end of its answer, by route.",
            ["method", "route", "status"],
            buckets=_REQUEST_S,
            registry=registry,
        )

    def spread(
        self,
        name: str,
        documentation: str,
        bounds: Sequence[float],
        value: Callable[[], tuple[Sequence[int], float]],
    ) -> None:
        """Give `value()` as histogram `name`: how many are in each of `bounds` (the last: beyond),
        and the sum of all.
        """

        def family() -> Metric:
            counts, total = value()
            names = [*map(str, bounds), "+Inf"]
            buckets = list(zip(names, itertools.accumulate(counts), strict=True))
            return HistogramMetricFamily(name, documentation, buckets=buckets, sum_value=total)

        self._read.add(family)

    def by(
        self,
        name: str,
        documentation: str,
        label: str,
        value: Callable[[], _By],
        known: Sequence[str] = (),
    ) -> None:
        """Give the numbers of `value()`, which only grow, as counter `name`, one for each key.

        Those of `known` are there from the start: of a series that begins with its first event
        Prometheus does not see that event.
        """

        def family() -> Metric:
            made = CounterMetricFamily(name, documentation, labels=[label])
            for key, number in (dict.fromkeys(known, 0) | dict(value())).items():
                made.add_metric([key], number)
            return made

        self._read.add(family)

    def counted(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Give `value()`, which only grows, as counter `name` (without `_total`)."""
        self._read.add(lambda: CounterMetricFamily(name, documentation, value=value()))

    def gauged(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Give `value()` as gauge `name`."""
        self._read.add(lambda: GaugeMetricFamily(name, documentation, value=value()))

    async def exposition(self) -> bytes:
        """Return all of it as text, without holding up the event loop for long."""
        # The kernel lists the descriptors of 10,000 viewers one by one: not on the loop.
        parts = [await asyncio.to_thread(generate_latest, self._process)]
        for family in self.registry.collect():
            parts.append(generate_latest(_One(family)))
            # What belongs to the loop is read on it, but one family in a turn.
            await asyncio.sleep(0)
        return b"".join(parts)


class _One(CollectorRegistry):
    """A registry of one family, as `generate_latest` asks for."""

    def __init__(self, family: Metric) -> None:
        super().__init__()
        self._family = family

    def collect(self) -> Iterator[Metric]:
        """Yield it."""
        yield self._family


class _Read(Collector):
    """Numbers that are kept elsewhere."""

    def __init__(self) -> None:
        self._families: list[Callable[[], Metric]] = []

    def add(self, family: Callable[[], Metric]) -> None:
        """Ask `family` at every scrape."""
        self._families.append(family)

    def describe(self) -> Iterable[Metric]:
        """Say nothing beforehand: the parts may not be there yet."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Yield the families, read now."""
        for family in self._families:
            yield family()
