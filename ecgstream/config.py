"""Settings: flag > `ECGSTREAM_*` > file > default, checked at construction."""

import json
import os
import tomllib
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from ecgstream.errors import ConfigError

PREFIX: Final = "ECGSTREAM_"
FILE: Final = "ecgstream.toml"
METRICS_PORT: Final = 9401
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

_file: ContextVar[Path | None] = ContextVar("_file", default=None)


def _names(value: Any) -> Any:
    """Take `a,b` for ["a", "b"], as environments write lists; JSON is taken too."""
    if isinstance(value, str):
        value = json.loads(value) if value.startswith("[") else value.split(",")
    if isinstance(value, list) and "" in value:
        raise ValueError("an empty name; is a variable not set?")
    return value


Names = Annotated[list[str], NoDecode, BeforeValidator(_names)]


class Settings(BaseSettings):
    """Serve an archive: waveforms at their real pace, to browsers."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        cli_prog_name="ecgstream serve",
        cli_kebab_case=True,
        cli_implicit_flags=True,
        cli_hide_none_type=True,
        cli_avoid_json=True,
    )

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8000, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    uds: str | None = Field(None, description="listen on this Unix socket instead")
    data: Names = Field(
        ["data"], description="folder or pyarrow.fs address of an archive; may be given often"
    )
    mapping: Path | None = Field(
        None,
        description="file, TOML or YAML, that says of an archive's files what they do not say "
        "themselves (docs/archives.md)",
    )
    fs: float | None = Field(
        None,
        gt=0,
        description="sampling rate in Hz of files that have no time column and say no rate",
    )
    overlay: Annotated[list[Path], NoDecode, BeforeValidator(_names)] = Field(
        [],
        description="file of what a model says of records, Parquet or CSV; may be given often "
        "(those in the folder _overlays of an archive are taken by themselves)",
    )
    predictions: Path | None = Field(
        None,
        description="folder for published predictions (default: `predictions` beside the store)",
    )
    token_file: Path | None = Field(
        None, description="who may watch: a file made by `ecgstream token`"
    )
    walls: Path | None = Field(
        None, description="file of walls: beds side by side on one screen (default: a demo wall)"
    )
    insecure_no_auth: bool = Field(
        False, description="let everybody in who can reach the address, from other machines too"
    )
    allowed_hosts: Names = Field(
        [], description="names by which a proxy or a browser may call this server"
    )
    allowed_origins: Names = Field(
        [], description="origins of other sites' pages that may open a stream"
    )
    store: str | None = Field(
        None,
        description="what people write is kept in this file, or in the database of this address "
        "(postgresql://...) (default: $XDG_DATA_HOME/ecgstream/store.db)",
    )
    cache: Path | None = Field(
        None,
        description="folder for what is worked out from records once: index, pyramids, beats "
        "(default: $XDG_CACHE_HOME/ecgstream); where it cannot be written they are in memory",
    )
    cache_disk_mb: int = Field(
        4096, ge=64, description="what may be in that folder, in MiB; what is not used goes first"
    )
    analysis: bool = Field(
        True,
        description="find beats and heart rates in what is watched, for research and education",
    )
    cache_mb: int = Field(512, ge=16, description="memory for decoded signals, in MiB")
    readers: int = Field(4, ge=1, le=64, description="threads that read for paced playback")
    max_viewers: int = Field(
        0, ge=0, description="viewers at a time; 0: as many as there are file descriptors for"
    )
    max_viewers_per_address: int = Field(
        0, ge=0, description="viewers at a time from one address; 0: no limit"
    )
    handshakes_per_s: float = Field(
        1_000, ge=0, description="viewers that may come in a second; 0: no limit"
    )
    max_lateness_ms: float = Field(
        20,
        ge=0,
        le=200,
        description="with frames later than this on average nobody more is let in; 0: off",
    )
    log_format: Literal["text", "json"] = Field("text", description="how a log line is written")
    workers: int = Field(1, ge=1, le=64, description="processes that share the address")
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="serve /metrics here, without login, and not at the main address; worker k "
        f"takes the port k further (default with workers: {METRICS_PORT}); 0 takes free ones",
    )
    metrics_host: str = Field("127.0.0.1", description="address of the metrics ports")
    drain_s: float = Field(
        1.0,
        ge=0,
        le=3,
        description="seconds on SIGTERM in which /readyz says 503, before viewers are sent away",
    )
    reload: bool = Field(False, description="start again when the code changes (development)")

    @model_validator(mode="after")
    def _guard(self) -> "Settings":
        open_door = self.uds is None and self.host not in LOOPBACK
        if open_door and self.token_file is None and not self.insecure_no_auth:
            message = (
                f"host {self.host} can be reached from other machines: give --token-file FILE "
                "(`ecgstream token` makes one), or say --insecure-no-auth"
            )
            raise ValueError(message)
        if self.reload and (self.workers > 1 or self.metrics_port is not None):
            raise ValueError("reload is for one process: not with --workers or --metrics-port")
        if self.metrics_ports and self.metrics_ports[-1] > 65535:
            raise ValueError(f"metrics_port: {self.workers} workers need as many ports from it on")
        return self

    @property
    def metrics_ports(self) -> list[int]:
        """The metrics port of each worker: 0 for a free one, empty for the main address."""
        if self.metrics_port is None and self.workers == 1:
            return []
        first = METRICS_PORT if self.metrics_port is None else self.metrics_port
        return [first and first + number for number in range(self.workers)]

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - no .env: one file is enough
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the file below the environment; the command line is put above both."""
        file = _file.get()
        if file is None:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, file)


def load(
    arguments: Sequence[str], environ: Mapping[str, str] = os.environ, folder: Path | None = None
) -> Settings:
    """Return the settings of a command line. Raises ConfigError; exits for `--help`.

    The file is `--config FILE`, else `ECGSTREAM_CONFIG`, else `ecgstream.toml` in `folder`
    (default: the current one) if it is there.
    """
    arguments, named = _config_flag(list(arguments))
    named = named or environ.get(PREFIX + "CONFIG")
    file = Path(named) if named else (folder or Path()) / FILE
    if named and not file.is_file():
        raise ConfigError(f"config file {file}: not there")
    known = {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + "CONFIG"}
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ConfigError(
            f"unknown setting {', '.join(unknown)} in the environment; known are "
            f"{', '.join(sorted(known))}"
        )
    token = _file.set(file if file.is_file() else None)
    try:
        source: CliSettingsSource[Any] = CliSettingsSource(Settings)
        source.root_parser.add_argument(
            "--config", metavar="FILE", help=f"file of settings (default: {FILE}, if it is there)"
        )
        return CliApp.run(Settings, cli_args=arguments, cli_settings_source=source)
    except ValidationError as error:
        raise ConfigError("; ".join(_worded(one) for one in error.errors())) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"config file {file}: not TOML: {error}") from None
    except (SettingsError, ValueError) as error:
        raise ConfigError(f"settings: {error}") from None
    finally:
        _file.reset(token)


def _config_flag(arguments: list[str]) -> tuple[list[str], str | None]:
    """Take `--config FILE` out of the command line: it says where other settings come from."""
    for number, argument in enumerate(arguments):
        if argument == "--config" and number + 1 < len(arguments):
            return arguments[:number] + arguments[number + 2 :], arguments[number + 1]
        if argument.startswith("--config="):
            return arguments[:number] + arguments[number + 1 :], argument.partition("=")[2]
    return arguments, None


def _worded(error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"unknown setting {place!r}; known are {', '.join(sorted(Settings.model_fields))}"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
