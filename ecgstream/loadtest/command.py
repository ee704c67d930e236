"""`ecgstream load`: its options, and the way from them to a report."""

import argparse
import contextlib
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ecgstream.errors import CannotLoad, installing
from ecgstream.loadtest import limits, pilot
from ecgstream.loadtest.lateness import histograms
from ecgstream.loadtest.plan import PLACES, PROFILES, Plan
from ecgstream.loadtest.report import Limits, Report, report
from ecgstream.loadtest.running import LoadTest, Outcome, Progress
from ecgstream.loadtest.target import Site, choices_of, target_of
from ecgstream.loadtest.verify import Seen, compare
from ecgstream.loadtest.watched import usage
from ecgstream.wire.commands import SPEEDS

TOKEN: str = "ECGLOAD_TOKEN"  # noqa: S105 - the name of a variable

EPILOG = f"""\
profiles:
  wall    every viewer watches, round and round
  review  every viewer seeks, stops, goes on, changes speed and leads, as a reader does
  churn   some leave all the time, and come back (--churn)
  herd    all connect at once; if the server closes them, all come back

exit code: 0 all within the limits; 1 a limit passed, or the account of some viewer broken;
2 could not begin. Ctrl+C ends early, with the report so far.
A token may also stand in {TOKEN}."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        prog="ecgstream load",
        description="Watch a server with many viewers, and keep account of all they get "
        f"(needs `{installing('load')}`).",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("url", metavar="URL", help="http://HOST:PORT or ws://HOST:PORT; TLS is not spoken")
    add("--viewers", type=_count, default=100, metavar="N", help="(default: 100)")
    add(
        "--leads",
        type=_names,
        metavar="L",
        help="so many leads, or their names, a,b (default: all ECG)",
    )
    add("--profile", choices=PROFILES, default="wall", help="what they do (default: wall)")
    add("--duration", type=_positive, default=30.0, metavar="S",
        help="seconds measured, once all stream (default: 30)")  # fmt: skip
    add("--ramp", type=_positive, default=250.0, metavar="R",
        help="connections a second at the start (default: 250; herd has none)")  # fmt: skip
    add("--churn", type=_positive, default=10.0, metavar="R",
        help="viewers that leave a second, in profile churn (default: 10)")  # fmt: skip
    add("--records", type=_names, metavar="A,B", help="watch these (default: all of the catalog)")
    add("--at", choices=PLACES, default="random", help="where they begin (default: random)")
    add("--speed", type=_speed, default=1.0, metavar="X", help="(default: 1)")
    add("--token", metavar="T", help="sent as Authorization: Bearer, never in an address")
    add("--processes", type=_count, metavar="P",
        help=f"(default: one for every {limits.A_PROCESS:,} viewers)")  # fmt: skip
    add("--seed", type=int, default=0, help="of all that is random (default: 0)")
    add("--verify", action="store_true", help="compare every frame with the window over HTTP")
    add("--pid", type=_count, help="the server's process: tell its CPU time and memory")
    add("--max-p99-ms", type=_positive, metavar="X", help="fail where p99 lateness is above")
    add("--max-lost", type=_whole, default=0, metavar="N",
        help="fail where an account is broken more often (default: 0)")  # fmt: skip
    add("--json", action="store_true", help="print one JSON object and nothing else")
    return made


def run(said: argparse.Namespace, environ: Mapping[str, str], console: Console) -> Report:
    """Run the test that a command line asks for. Raises CannotLoad; exits for `--help`."""
    histograms()
    if said.at == "shared" and (said.speed != 1.0 or said.profile == "review"):
        raise CannotLoad("--at shared: what all see together has no other speed and no review")
    token = _token(said.token, environ)
    target = target_of(said.url)
    leads: list[str] | None = said.leads
    number = int(leads[0]) if leads and leads[0].isdigit() else None
    if number == 0:
        raise CannotLoad("--leads 0: expected a number above 0, or names")
    site = Site(target, token)
    names: list[str] | None = said.records
    with contextlib.closing(site):
        records = [site.record(name) for name in names] if names else site.records()
    plan = Plan(
        target=target,
        choices=choices_of(records, number or leads),
        profile=said.profile,
        viewers=said.viewers,
        ramp=0.0 if said.profile == "herd" else said.ramp,
        churn=said.churn,
        at=said.at,
        speed=said.speed,
        token=token,
        verify=said.verify,
        seed=said.seed,
        offsets=pilot.offsets(target, token),
    )
    processes = min(said.processes or limits.processes_for(plan.viewers), plan.viewers)
    limits.raise_descriptors(-(-plan.viewers // processes))
    server = partial(usage, said.pid) if said.pid else None
    with _shown(console) as show:
        test = LoadTest(
            plan, processes=processes, duration_s=said.duration, show=show, server=server
        )
        outcome = test.run()
    wrong, unread = _verified(plan, outcome) if plan.verify else (0, None)
    return report(plan, outcome, Limits(said.max_p99_ms, said.max_lost), wrong, unread=unread)


def _verified(plan: Plan, outcome: Outcome) -> tuple[int, str | None]:
    """Return how many frames are not what is stored, and why not all could be compared if so."""
    seen = Seen()
    for result in outcome.results:
        seen.add(result.seen or Seen())
    with contextlib.closing(Site(plan.target, plan.token)) as site:
        try:
            return compare(seen, site.window), None
        except CannotLoad as error:
            # A server that died in the test is what it has to report.
            return 0, str(error)


def _token(said: str | None, environ: Mapping[str, str]) -> str | None:
    """Return the token of the command line, or of the environment. Raises CannotLoad."""
    # A file of a secret mostly ends with its line.
    token = (said or environ.get(TOKEN) or "").strip()
    if not token.isascii() or not token.isprintable():
        where = "--token" if said else TOKEN
        raise CannotLoad(f"{where}: expected a token as `ecgstream token` prints it")
    return token or None


@contextlib.contextmanager
def _shown(console: Console) -> Iterator[Callable[[Progress], None]]:
    """Give what shows the progress: one line that changes, on a terminal only."""
    if not console.is_terminal:
        yield lambda _: None
        return
    with Live(console=console, transient=True, refresh_per_second=4) as live:
        yield lambda progress: live.update(Text(_worded(progress)))


def _worded(progress: Progress) -> str:
    words = [f"{progress.streaming:,} of {progress.viewers:,} stream"]
    if progress.given_up:
        words.append(f"{progress.given_up:,} were refused for good")
    words.append(f"{progress.frames:,} frames")
    if progress.p99_s is not None:
        words.append(f"p99 {progress.p99_s * 1e3:.1f} ms late")
    words.append("coming" if progress.left_s is None else f"{progress.left_s:.0f} s left")
    return ", ".join(words)


def _speed(text: str) -> float:
    number = float(text)
    if not SPEEDS[0] <= number <= SPEEDS[1]:
        raise argparse.ArgumentTypeError(f"expected a number from {SPEEDS[0]:g} to {SPEEDS[1]:g}")
    return number


def _names(text: str) -> list[str]:
    names = text.split(",")
    if "" in names:
        raise argparse.ArgumentTypeError("an empty name; is a variable not set?")
    return names


def _whole(text: str, least: int = 0) -> int:
    if not text.isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"expected a whole number above {least - 1}")
    return int(text)


def _count(text: str) -> int:
    return _whole(text, 1)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("expected a number above 0")
    return number
