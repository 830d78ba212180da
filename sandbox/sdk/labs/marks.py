"""Points of a lab's chain to come back to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, Self


class Marked(Protocol):
    """What a mark belongs to."""

    def restore(self, mark: Mark) -> None:
        """Go back to a mark."""


@dataclass(frozen=True)
class Mark:
    """A point to come back to, as often as one likes; ``with`` comes back at its end.

    Attributes:
        number: grows with every mark of a lab.
    """

    number: int
    _lab: Marked = field(repr=False, compare=False)

    def restore(self) -> None:
        """Go back here; see ``Lab.restore``."""
        self._lab.restore(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.restore()
