"""Records of which nothing can be looked at now: they lie where the listing failed.

The index keeps them, for a share that is away for a minute must not be forgotten; but what was
said of them once is not what is there.
"""

from ecgstream.errors import SourceError, SourceUnavailable
from ecgstream.storage.foreign.disorder import Scanned


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
