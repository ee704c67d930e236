"""What became of the records of a source."""

from dataclasses import dataclass

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """How far one is who looks at files for the first time, or at those that have changed."""

    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """Ids of records that are new, that are others now under their old id, and that are gone."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.gone)
