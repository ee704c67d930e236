"""What cannot be looked at now: data roots that are not to be had, and the records in them.

The index keeps them, for a share that is away for a minute must not be forgotten; but what was
said of them once is not what is there.
"""

from collections.abc import Iterable, Sequence

from ecgstream.errors import ConfigError, SourceError, SourceUnavailable
from ecgstream.storage.foreign.times.disorder import Scanned
from ecgstream.storage.index.addresses import shown_of


def roots_away(roots: Sequence[str], problems: Iterable[SourceError]) -> list[str]:
    """Return the data roots that are not there, or not to be reached, by what a scan says."""
    failed = {one.path for one in problems if isinstance(one, SourceUnavailable)}
    return [root for root in roots if {root, shown_of(root)} & failed]


def nothing_in(roots: Sequence[str]) -> ConfigError:
    """Return the error of data roots in which nothing is."""
    return ConfigError(
        f"data: there is no record in {', '.join(map(shown_of, roots))}; name a folder of Parquet "
        "files"
    )


class Away:
    """The places of a scan that are not to be had, by its problems."""

    def __init__(self, source: Scanned) -> None:
        self._source = source
        self._places = {
            one.path.rstrip("/"): one
            for one in source.problems
            if isinstance(one, SourceUnavailable) and one.path
        }

    def why(self, record: str) -> SourceError | None:
        """Return why a file of `record` is not to be had; None where all lie in what was listed.

        Nothing is asked of a disk or a store.
        """
        if not self._places:
            return None
        try:
            files = self._source.stored(record).files()
        except SourceError as error:
            return error
        for file in files:
            for place, why in self._places.items():
                if f"{file.shown}/".startswith(f"{place}/"):
                    return why
        return None
