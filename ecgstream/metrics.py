"""Counters and histograms for Prometheus. Never labelled by record, patient or viewer.

What happens thousands of times a second is a plain int of the part it happens in, and is read
when somebody asks (`counted`, `gauged`); the rest is observed here.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
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
        ProcessCollector(registry=registry)
        PlatformCollector(registry=registry)
        GCCollector(registry=registry)
        self._read = _Read()
        registry.register(self._read)
        self.wheel_lateness = Histogram(
            "ecgstream_wheel_lateness_seconds",
            "How late a slot of the timer wheel was fired.",
            buckets=_LATENESS_S,
            registry=registry,
        )
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

    def by(self, name: str, documentation: str, label: str, value: Callable[[], _By]) -> None:
        """Give the numbers of `value()`, which only grow, as counter `name`, one for each key."""

        def family() -> Metric:
            made = CounterMetricFamily(name, documentation, labels=[label])
            for key, number in value().items():
                made.add_metric([key], number)
            return made

        self._read.add(family)

    def counted(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Give `value()`, which only grows, as counter `name` (without `_total`)."""
        self._read.add(lambda: CounterMetricFamily(name, documentation, value=value()))

    def gauged(self, name: str, documentation: str, value: Callable[[], float]) -> None:
        """Give `value()` as gauge `name`."""
        self._read.add(lambda: GaugeMetricFamily(name, documentation, value=value()))

    def exposition(self) -> bytes:
        """Return all of it as text. Some ms; reads parts that belong to the event loop."""
        return generate_latest(self.registry)


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
