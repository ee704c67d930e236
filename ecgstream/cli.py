"""`ecgstream`: argv to calls."""

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from multiprocessing import parent_process
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ecgstream.config import PREFIX, Settings, load
from ecgstream.errors import CannotLoad, ConfigError, EcgstreamError, RecordNotFound

DESCRIPTION: Final = """\
Watch ECG archives in Parquet at their real pace, in a browser.
A viewer, not a medical device and not an alarm system."""

if TYPE_CHECKING:
    import socket

    from ecgstream.storage.index.keeping import Keeper
    from ecgstream.web.worker import Pipe

FIRST_S: Final = 10.0
"""So long a first look at all files is waited for; then people may come, and are told."""
WARM_S: Final = 0.5
"""So long for the next ones: what is known already is served."""
SAID_MOST: Final = 100
"""Lines of a kind in the log on what was left out, or put right."""

_log = logging.getLogger("ecgstream")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 failed in part, 2 could not begin."""
    parser = argparse.ArgumentParser(
        prog="ecgstream",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="`ecgstream COMMAND --help` tells the options of a command.",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (_, words) in COMMANDS.items():
        commands.add_parser(name, help=words, add_help=False)
    said = list(sys.argv[1:] if argv is None else argv)
    chosen = parser.parse_args(said[:1])
    run, _ = COMMANDS[chosen.command]
    try:
        return run(said[1:])
    except ConfigError as error:
        print(f"ecgstream: {error}", file=sys.stderr)
        return 2
    except EcgstreamError as error:
        print(f"ecgstream: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Who read what we print has enough (`| head`). What is still held is for nobody, and must
        # not fail once more at the exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"ecgstream: {place}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        gc.enable()


def serve(arguments: list[str]) -> int:
    """Serve an archive until stopped."""
    settings = load(arguments)
    set_up_logging(settings.log_format)
    if settings.reload:
        return _serve_reloading(settings)
    folders = [Path(root) for root in settings.data if "://" not in root]
    if len(folders) == len(settings.data) and not any(folder.exists() for folder in folders):
        raise ConfigError(f"data: {', '.join(settings.data)}: not there; name a folder by --data")
    return _serve_with_workers(settings) if settings.workers > 1 else _serve_alone(settings)


def _serve_alone(settings: Settings) -> int:
    """Serve in this process."""
    # What is loaded and made from here on stays: to look for garbage in it is a fifth of a start.
    gc.disable()
    # Not at the top: `--help` and other commands need none of it.
    from ecgstream.web import server as web  # noqa: PLC0415
    from ecgstream.web.app import create_app  # noqa: PLC0415
    from ecgstream.web.listening import bind  # noqa: PLC0415
    from ecgstream.web.resources import lend_memory, settle_memory  # noqa: PLC0415

    lend_memory()
    sockets = _listening(settings)
    metrics = [bind(settings.metrics_host, port)[0] for port in settings.metrics_ports]
    metrics_at = metrics[0] if metrics else None
    keeper = _kept(settings)
    app = create_app(settings, keeper.source, metrics_at=metrics_at)
    registry = app.state.registry
    config = web.server_config(app, uds=settings.uds, log_config=None, loop="auto")

    def leave() -> None:
        web.end_within(web.LAST_S)
        registry.leave()

    server = web.DrainingServer(
        config,
        registry.drain,
        lambda address: _announce([address], metrics),
        behind=app.state.behind,
        leave=leave,
        notice_s=settings.drain_s,
    )
    settle_memory()
    try:
        server.run(sockets)
    except SystemExit:  # uvicorn has logged why it could not begin
        return 2
    finally:
        keeper.stop()
    return 0 if server.started else 2


def _listening(settings: Settings) -> "list[socket.socket]":
    """Return the sockets to listen on. Raises ConfigError."""
    from ecgstream.web.listening import bind, bind_unix  # noqa: PLC0415

    if settings.uds:
        return [bind_unix(Path(settings.uds))]
    return bind(settings.host, settings.port)


def _kept(settings: Settings) -> "Keeper":
    """Return who keeps the archive's index up to date, with what is known by now; say what it is.

    All files were looked at, or that takes long: then it goes on while the server runs.
    """
    from ecgstream.storage.derived.cache_folder import default_folder  # noqa: PLC0415
    from ecgstream.storage.derived.verdicts import Verdicts  # noqa: PLC0415
    from ecgstream.storage.foreign.mapping import reading_of  # noqa: PLC0415
    from ecgstream.storage.foreign.proposing import spelled  # noqa: PLC0415
    from ecgstream.storage.index.addresses import shown_of  # noqa: PLC0415
    from ecgstream.storage.index.index import MANY, Index  # noqa: PLC0415
    from ecgstream.storage.index.keeping import Keeper  # noqa: PLC0415

    began = time.monotonic()
    cache = settings.cache or default_folder(os.environ)
    index = Index(settings.data, cache, reading_of(settings.mapping, settings.fs))
    keeper = Keeper(index, index.source(), _indexing(settings), Verdicts(cache))
    # What was looked at before is served at once, whatever has changed since; where there are few
    # files they are looked at again in next to no time.
    patience_s = FIRST_S if not index.whole else 0.0 if index.file.count() > MANY else WARM_S
    keeper.start()
    settled = keeper.wait(patience_s)
    source = keeper.source
    problems = source.problems
    keeper.told(problems)
    for problem in problems[:SAID_MOST]:
        _log.warning("left out: %s", spelled(str(problem)))
    notes = source.notes
    for note in notes[:SAID_MOST]:
        _log.info("put right: %s", note)
    more = len(problems[SAID_MOST:]) + len(notes[SAID_MOST:])
    if more:
        _log.warning("and %d more: `ecgstream check` tells all", more)
    count = len(source.records())
    _log.info(
        "%s in %s, read in %.1f s%s",
        "1 record" if count == 1 else f"{count} records",
        ", ".join(map(shown_of, settings.data)),
        time.monotonic() - began,
        "" if settled else "; its files are still being looked at",
    )
    if settled and not count:
        _log.warning("there is nothing to watch: --data names no folder with records")
    return keeper


def _indexing(settings: Settings) -> list[str]:
    """Return the command that brings the index of these settings up to date."""
    said = ["index", "--claimed"]
    for flag, value in (
        ("--cache", settings.cache),
        ("--mapping", settings.mapping),
        ("--fs", settings.fs),
    ):
        said += [] if value is None else [flag, str(value)]
    return [*said, "--", *settings.data]


def _serve_with_workers(settings: Settings) -> int:
    """Serve in several processes that share the address."""
    from ecgstream.viewer.clock import measured_utc_ahead  # noqa: PLC0415
    from ecgstream.web.listening import address_of, bind  # noqa: PLC0415
    from ecgstream.web.processes import WorkerProcess  # noqa: PLC0415
    from ecgstream.web.workers import Supervisor, supervised  # noqa: PLC0415

    sockets = _listening(settings)
    metrics = [bind(settings.metrics_host, port)[0] for port in settings.metrics_ports]
    # Measured once: `shared` viewers of all workers, of later ones too, see the same moment.
    utc_ahead = measured_utc_ahead()

    def start(number: int) -> WorkerProcess:
        given = (settings, sockets, metrics[number], utc_ahead)
        return WorkerProcess(number, _work, *given)

    def announce() -> None:
        _announce([address_of(sock) for sock in sockets], metrics)

    async def supervise() -> int:
        return await supervised(Supervisor(start, settings.workers, announce, settings.drain_s))

    try:
        return asyncio.run(supervise())
    finally:
        if settings.uds:
            Path(settings.uds).unlink(missing_ok=True)


def _work(
    settings: Settings,
    sockets: "list[socket.socket]",
    metrics_at: "socket.socket",
    utc_ahead: float,
    pipe: "Pipe",
) -> None:
    """Be a worker process."""
    gc.disable()  # as `_serve_alone` does
    from ecgstream.viewer.clock import SystemClock  # noqa: PLC0415
    from ecgstream.web.app import create_app  # noqa: PLC0415
    from ecgstream.web.fellows import Fellows  # noqa: PLC0415
    from ecgstream.web.orders import Failed  # noqa: PLC0415
    from ecgstream.web.resources import lend_memory, settle_memory  # noqa: PLC0415
    from ecgstream.web.server import server_config  # noqa: PLC0415
    from ecgstream.web.worker import WorkerServer  # noqa: PLC0415

    set_up_logging(settings.log_format)
    lend_memory()
    try:
        clock = SystemClock(utc_ahead=utc_ahead)
        keeper, fellows = _kept(settings), Fellows(pipe.send)
        app = create_app(
            settings, keeper.source, clock=clock, metrics_at=metrics_at, fellows=fellows
        )
    except (EcgstreamError, OSError) as error:
        pipe.send(Failed(str(error)))
        sys.exit(2)
    config = server_config(app, log_config=None, loop="auto")
    server = WorkerServer(config, app.state.registry, pipe, app.state.behind, fellows)
    settle_memory()
    try:
        server.run(sockets)
    finally:
        keeper.stop()


def import_(arguments: list[str]) -> int:
    """Import recordings of other formats into an archive of our own layout."""
    from rich.console import Console  # noqa: PLC0415

    from ecgstream.archive.import_command import parser, run  # noqa: PLC0415

    report = run(parser().parse_args(arguments), Console(stderr=True))
    for line in report.lines():
        print(line)
    return report.exit_code


def analyze(arguments: list[str]) -> int:
    """Find the beats of whole records, and keep them for the server."""
    from rich.console import Console  # noqa: PLC0415

    from ecgstream.archive.analyze_command import parser, run  # noqa: PLC0415

    report = run(parser().parse_args(arguments), os.environ, Console(stderr=True))
    for line in report.lines():
        print(line)
    return report.exit_code


def check(arguments: list[str]) -> int:
    """Look an archive over, and say what is wrong with it."""
    from rich.console import Console  # noqa: PLC0415

    from ecgstream.archive.check_command import Told, parser  # noqa: PLC0415

    told = Told(parser().parse_args(arguments), os.environ, Console(stderr=True))
    try:
        for line in told.lines():
            print(line)
    except RecordNotFound as error:
        print(f"ecgstream: {error}", file=sys.stderr)
    return told.exit_code


def index(arguments: list[str]) -> int:
    """Look at the files of an archive before a server does."""
    from rich.console import Console  # noqa: PLC0415

    from ecgstream.archive.index_command import parser, run  # noqa: PLC0415

    report = run(parser().parse_args(arguments), os.environ, Console(stderr=True))
    for line in report.lines():
        print(line)
    return report.exit_code


def export(arguments: list[str]) -> int:
    """Write samples of a record to a file of another format."""
    from ecgstream.archive.export_command import parser, run  # noqa: PLC0415

    print(run(parser().parse_args(arguments), version("ecgstream")))
    return 0


def compare(arguments: list[str]) -> int:
    """Tell how far the beats of two annotators agree."""
    from ecgstream.archive.compare_command import parser, run  # noqa: PLC0415

    comparison, said = run(parser().parse_args(arguments))
    for line in said:
        print(line)
    return 1 if comparison.left_out else 0


def load_(arguments: list[str]) -> int:
    """Watch a server with many viewers, and report what they got."""
    from rich.console import Console  # noqa: PLC0415

    from ecgstream.loadtest.command import parser, run  # noqa: PLC0415
    from ecgstream.loadtest.report import lines  # noqa: PLC0415

    said = parser().parse_args(arguments)
    try:
        report = run(said, os.environ, Console(stderr=True))
    except CannotLoad as error:
        print(f"ecgstream: {error}", file=sys.stderr)
        return 2
    for line in [json.dumps(report.figures)] if said.json else lines(report):
        print(line)
    return report.exit_code


def token(arguments: list[str]) -> int:
    """Make a token and print it, or a screen's and print the address that logs the screen in."""
    from ecgstream.web.codes import LIFETIME_S, CodeFile  # noqa: PLC0415
    from ecgstream.web.tokens import make_token, screen_token  # noqa: PLC0415

    parser = argparse.ArgumentParser(
        prog="ecgstream token",
        description="Add a token to a token file, made if need be, and print it. Only its hash is "
        "kept; to revoke it, remove its line.",
        epilog="With --wall it prints the path of the wall with a one-time code instead. Opened on "
        "the screen behind the server's address (https://ecg.example.org/wall/...) within "
        f"{LIFETIME_S // 60} minutes, it logs that screen in. Said again, it prints another code.",
    )
    parser.add_argument("--token-file", required=True, type=Path, metavar="FILE")
    parser.add_argument("--name", required=True, help="who it is for: 1 to 64 of A-Z a-z 0-9 . _ -")
    parser.add_argument(
        "--wall", metavar="WALL", help="for a screen that may show this wall, and nothing else"
    )
    said = parser.parse_args(arguments)
    if said.wall is None:
        print(make_token(said.token_file, said.name))
        return 0
    kept = screen_token(said.token_file, said.name, said.wall)
    code = CodeFile(said.token_file).add(kept, time.time())
    print(f"/wall/{said.wall}#code={code}")
    return 0


def db(arguments: list[str]) -> int:
    """Bring the store of what people write up to date."""
    from ecgstream.storage.written.store import default_store, shown, store_url  # noqa: PLC0415

    parser = argparse.ArgumentParser(
        prog="ecgstream db",
        description="Bring the store of what people write to what this release needs, and an empty "
        "database to begin with. A file of SQLite is brought there by the server itself; a "
        "PostgreSQL only by this. In one transaction; make a backup first.",
    )
    parser.add_argument("what", choices=["upgrade"], help="all there is to do")
    parser.add_argument(
        "--store",
        help="file or address, as the server has it (default: as set by the environment or a "
        "config file, else the server's default)",
    )
    said = parser.parse_args(arguments)
    store = said.store or load([]).store or default_store(os.environ)
    if store is None:
        raise ConfigError("store: there is no home folder to keep it in; give --store FILE")
    url = store_url(store)
    from ecgstream.storage.written.upgrading import upgraded  # noqa: PLC0415 - a second to load

    before, now = upgraded(url)
    was = "was empty" if before is None else f"was at version {before}"
    print(f"{shown(url)}: {f'is at version {now}' if before == now else f'{was}, is at {now}'}")
    return 0


def _announce(addresses: Sequence[str], metrics: "Sequence[socket.socket]") -> None:
    from ecgstream.web.listening import address_of  # noqa: PLC0415

    for address in addresses:
        print(f"\n  ecgstream is at {address}")
    for number, sock in enumerate(metrics):
        print(f"  worker {number} has its metrics at {address_of(sock)}metrics")
    print("  Stop it with Ctrl+C.\n", flush=True)


def _serve_reloading(settings: Settings) -> int:
    """Serve in a child that starts again when the code changes; it reads the environment."""
    import uvicorn  # noqa: PLC0415
    from uvicorn.supervisors import ChangeReload  # noqa: PLC0415

    from ecgstream.web.server import server_config  # noqa: PLC0415

    for name, value in settings.model_dump(mode="json", exclude={"reload"}).items():
        if value is not None:
            said = json.dumps(value) if isinstance(value, list) else str(value)
            os.environ[PREFIX + name.upper()] = said
    config = server_config(
        "ecgstream.web.app:create_app_from_environment",
        factory=True,
        reload=True,
        reload_dirs=[str(Path(__file__).parent)],
        host=settings.host,
        port=settings.port,
        uds=settings.uds,
    )
    ChangeReload(config, uvicorn.Server(config).run, [config.bind_socket()]).run()
    return 0


def set_up_logging(log_format: str) -> None:
    """Write log lines to standard error, as text or as one JSON object a line."""
    from ecgstream.web.sparing import Sparing  # noqa: PLC0415

    handler = logging.StreamHandler()
    formatter: logging.Formatter = JsonLines()
    if log_format == "text":
        worker = "" if parent_process() is None else " %(processName)s"
        formatter = logging.Formatter(f"%(asctime)s{worker} %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(formatter)
    handler.addFilter(Sparing())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # One line for each handshake would bury everything else.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)


class JsonLines(logging.Formatter):
    """A log record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "process": record.processName,
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


COMMANDS: Final[dict[str, tuple[Callable[[list[str]], int], str]]] = {
    "serve": (serve, "serve an archive to browsers"),
    "index": (index, "look at an archive's files, for the server to have its records at once"),
    "import": (import_, "import recordings of other formats into an archive"),
    "analyze": (analyze, "find the beats of whole records, for the server to have them at hand"),
    "check": (check, "look an archive over: rates, gaps, units, noise, leads that contradict"),
    "export": (export, "write a calibrated page, or samples, of a record to a file"),
    "compare": (compare, "tell how far two annotators agree, as bxb does"),
    "load": (load_, "watch a server with many viewers, and keep account"),
    "db": (db, "bring the store of what people write up to date"),
    "token": (token, "make a token, for those who may watch or for a screen"),
}
