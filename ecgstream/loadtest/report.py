"""What a load test found, in words and as JSON, and whether that is enough."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from ecgstream.loadtest.account import Totals
from ecgstream.loadtest.figures import Own, Result
from ecgstream.loadtest.lateness import Times
from ecgstream.loadtest.plan import Plan
from ecgstream.loadtest.running import Outcome
from ecgstream.loadtest.watched import Usage

BUSY: Final = 0.9
"""Of a core. A client busier than this has no time left to be punctual in."""
LAG_P99_MS: Final = 5.0
"""So late the client itself may be, before its figures are no longer the server's."""
TIMES: Final = ("lateness", "ramp_lateness", "connect", "first_frame", "seek", "outage", "held")


@dataclass(frozen=True, slots=True)
class Limits:
    """What has to hold. `max_lost`: faults that the account may have."""

    max_p99_ms: float | None = None
    max_lost: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The merged result: `figures` as JSON has them, `failed` why it is not enough."""

    figures: dict[str, Any]
    failed: list[str]
    bottleneck: list[str]
    replaced: bool = False
    """A process of the server that was watched ended, or another began."""

    @property
    def exit_code(self) -> int:
        """0 where all holds, 1 where something does not."""
        return 1 if self.failed else 0


def report(
    plan: Plan,
    outcome: Outcome,
    limits: Limits,
    wrong_digest: int = 0,
    *,
    unread: str | None = None,
) -> Report:
    """Merge what all processes saw; `wrong_digest` frames were not what the windows hold.

    `unread` says why not all windows could be read.
    """
    results = outcome.results
    times = {name: Times() for name in TIMES}
    for result in results:
        for name, merged in times.items():
            merged.merge(result.times[name])
    totals = Totals(wrong_digest=wrong_digest)
    for result in results:
        totals.add(result.totals)
    frames = sum(result.own.frames for result in results)
    client, bottleneck = _client(results, frames)
    began = min(result.began_s for result in results)
    verified = sum(len(result.seen) for result in results if result.seen is not None)
    measured_s = max(result.own.wall_s for result in results)
    never = sum(result.never_streamed for result in results)
    figures: dict[str, Any] = {
        "profile": plan.profile,
        "viewers": plan.viewers,
        "processes": len(results),
        "records": len(plan.choices),
        "speed": plan.speed,
        "seed": plan.seed,
        "interrupted": outcome.interrupted,
        "measured_s": round(measured_s, 2),
        "streaming": sum(result.streaming for result in results),
        "never_streamed": never,
        "all_streaming_s": _all_streaming(results, began),
        "outages": _outages(results, began) if plan.profile != "churn" else None,
        "frames": frames,
        "frames_per_s": round(frames / measured_s, 1) if measured_s else None,
        "account": asdict(totals) | {"lost": totals.lost, "faults": totals.faults},
        "verified": verified if plan.verify else None,
        **{f"{name}_ms": merged.in_ms() for name, merged in times.items()},
        "earliest_ms": round(times["lateness"].least * 1e3, 3),
        "unpaced": sum(result.unpaced for result in results),
        **{name: dict(counts) for name, counts in _counts(results).items()},
        "client": client,
        "server": _server(outcome, measured_s, frames),
    }
    failed = _failed(figures, totals, limits)
    if unread is not None:
        figures["verified"] = None
        failed.append(f"what came could not be compared with what is stored: {unread}")
    replaced = outcome.before is not None and figures["server"] is None
    return Report({"ok": not failed, "failed": failed} | figures, failed, bottleneck, replaced)


def _counts(results: Iterable[Result]) -> dict[str, Counter[str]]:
    merged: dict[str, Counter[str]] = {}
    for result in results:
        for name, counts in result.counts.items():
            merged.setdefault(name, Counter()).update(counts)
    return merged


def _failed(figures: dict[str, Any], totals: Totals, limits: Limits) -> list[str]:
    failed = []
    if totals.faults > limits.max_lost or (totals.lost and not totals.faults):
        failed.append(
            f"the account is broken {totals.faults:,} times, {totals.lost:,} samples are lost "
            f"(--max-lost {limits.max_lost})"
        )
    if figures["never_streamed"]:
        failed.append(f"{figures['never_streamed']:,} viewers never saw a frame")
    gone = figures["viewers"] - figures["streaming"] - figures["never_streamed"]
    # In `churn` some are always away; whoever stops a test early may stop it in its ramp.
    everybody = not figures["streaming"]
    if gone > 0 and not figures["interrupted"] and (figures["profile"] != "churn" or everybody):
        failed.append(f"{gone:,} viewers were not streaming any more at the end")
    p99 = figures["lateness_ms"]["p99"]
    if limits.max_p99_ms is not None and (p99 is None or p99 > limits.max_p99_ms):
        reached = "nothing came" if p99 is None else f"{p99:.2f} ms"
        failed.append(f"p99 lateness: {reached} (--max-p99-ms {limits.max_p99_ms:g})")
    return failed


def _client(results: Sequence[Result], frames: int) -> tuple[dict[str, Any], list[str]]:
    """Return what the test itself took, and why it was the bottleneck if it was."""
    lag = Times()
    for result in results:
        lag.merge(result.own.lag)
    busy = max(_busy(result.own) for result in results)
    cpu_s = sum(result.own.cpu_s for result in results)
    lag_ms = lag.in_ms()
    why = []
    if busy > BUSY:
        why.append(f"it was busy, or waiting for a core, {busy:.0%} of the time")
    if (lag_ms["p99"] or 0) > LAG_P99_MS:
        why.append(f"its own loop was {lag_ms['p99']:.1f} ms late (p99)")
    said = {
        "bottleneck": bool(why),
        "why": why,
        "cpu_us_per_frame": round(cpu_s / frames * 1e6, 2) if frames else None,
        "busy": round(busy, 3),
        "lag_ms": lag_ms,
        "clock_error_ms": round(max(result.clock_error_s for result in results) * 1e3, 3),
    }
    return said, why


def _busy(own: Own) -> float:
    return (own.cpu_s + own.starved_s) / own.wall_s if own.wall_s else 0.0


def _server(outcome: Outcome, measured_s: float, frames: int) -> dict[str, Any] | None:
    first, last = outcome.first, outcome.last
    if outcome.before is None or first is None or last is None or first.pids != last.pids:
        return None
    cpu_s = last.cpu_s - first.cpu_s
    streaming = sum(result.streaming for result in outcome.results)
    return {
        "cpu_s": round(cpu_s, 2),
        "cores": round(cpu_s / measured_s, 3) if measured_s else None,
        "cpu_us_per_frame": round(cpu_s / frames * 1e6, 2) if frames else None,
        "rss_mib_before": _mib(outcome.before),
        "rss_mib": _mib(last),
        "rss_kib_per_viewer": round(
            (last.rss_bytes - outcome.before.rss_bytes) / 1024 / streaming, 1
        )
        if streaming
        else None,
    }


def _mib(usage: Usage) -> float:
    return round(usage.rss_bytes / (1 << 20), 1)


def _all_streaming(results: Sequence[Result], began: float) -> float | None:
    moments = [result.first_all_streaming_s for result in results]
    known = [moment for moment in moments if moment is not None]
    return round(max(known) - began, 3) if len(known) == len(moments) else None


def _outages(results: Iterable[Result], began: float) -> list[dict[str, float | None]]:
    """Return when not all were streaming: the outages of the processes, joined where they touch.

    `seconds` None: it lasted to the end.
    """
    forever = float("inf")
    spans = sorted(
        (low, forever if high is None else high)
        for result in results
        for low, high in result.outages
    )
    joined: list[tuple[float, float]] = []
    for low, high in spans:
        if joined and low <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return [
        {
            "at_s": round(low - began, 3),
            "seconds": None if high == forever else round(high - low, 3),
        }
        for low, high in joined
    ]


def lines(found: Report) -> Iterable[str]:
    """Yield the report for people."""
    f = found.figures
    yield from _head(f)
    yield from _account(f)
    marked = " (NOT THE SERVER'S, see client)" if found.bottleneck else ""
    for name in TIMES:
        if f[f"{name}_ms"]["count"]:
            mark = marked if name == "lateness" else ""
            yield f"  {name.replace('_', ' ')}: {_quantiles(f[f'{name}_ms'])}{mark}"
    for name in ("refused", "closes", "errors", "held", "stale"):
        if f[name]:
            yield f"  {name}: " + ", ".join(f"{what} {n:,}" for what, n in sorted(f[name].items()))
    yield from _costs(f["client"], f["server"])
    if found.replaced:
        yield "  server: a process of it was replaced meanwhile, so its cost is not known"
    for why in found.bottleneck:
        yield f"  THE CLIENT WAS THE BOTTLENECK: {why}; the lateness is not the server's"
    for why in found.failed:
        yield f"  FAILED: {why}"
    if not found.failed:
        yield "  ok"


def _head(f: dict[str, Any]) -> Iterable[str]:
    yield (
        f"{f['profile']}: {f['viewers']:,} viewers of {f['records']:,} records, "
        f"{f['processes']} process(es), measured {f['measured_s']:g} s"
        + (" (interrupted)" if f["interrupted"] else "")
    )
    yield (
        f"  streaming at the end {f['streaming']:,}, never {f['never_streamed']:,}; all streaming "
        f"after {_seconds(f['all_streaming_s'])}; {f['frames']:,} frames"
        + (f", {f['frames_per_s']:,} a second" if f["frames_per_s"] else "")
    )
    for outage in f["outages"] or ():
        back = (
            "never again all" if outage["seconds"] is None else f"all after {outage['seconds']} s"
        )
        yield f"  not all streaming from {outage['at_s']} s on: {back}"


def _account(f: dict[str, Any]) -> Iterable[str]:
    account = f["account"]
    yield (
        f"  account: {account['delivered']:,} delivered + {account['declared']:,} declared gaps"
        f" + {account['lost']:,} lost - {account['doubled']:,} twice"
        f" = {account['expected']:,} samples expected"
    )
    yield "    " + ", ".join(
        f"{name.replace('_', ' ')} {account[name]:,}"
        for name in ("holes", "doubles", "disorder", "overdue", "malformed", "wrong_digest")
    )
    if f["verified"] is not None:
        yield f"    verified against windows: {f['verified']:,} frames and gaps"


def _costs(client: dict[str, Any], server: dict[str, Any] | None) -> Iterable[str]:
    yield (
        f"  client: {_micro(client['cpu_us_per_frame'])} a frame, {client['busy']:.0%} of a core, "
        f"own lag p99 {client['lag_ms']['p99'] or 0:.2f} ms"
    )
    if server is not None:
        yield (
            f"  server: {_micro(server['cpu_us_per_frame'])} a frame, {server['cores']:.2f} cores, "
            f"{server['rss_mib']:,} MiB, {server['rss_kib_per_viewer']} KiB a viewer"
        )


def _quantiles(said: dict[str, Any]) -> str:
    words = ((name.replace("_", "."), said[name]) for name in ("p50", "p90", "p99", "p99_9", "max"))
    return ", ".join(f"{name} {value:.2f}" for name, value in words) + " ms"


def _seconds(value: float | None) -> str:
    return "(never)" if value is None else f"{value:g} s"


def _micro(value: float | None) -> str:
    return "-" if value is None else f"{value:g} us"
