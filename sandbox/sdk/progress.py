"""A bar where somebody watches, silence where nobody does."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

Item = TypeVar("Item")


class Progress:
    """How far a long piece of work is; shown in a notebook, otherwise not.

    Args:
        total: how many steps there are.
        title: what is being done.
    """

    def __init__(self, total: int, title: str = "") -> None:
        self._bar = _notebook_bar(total) if total > 1 else None
        if self._bar is not None:
            if title:
                print(title)  # noqa: T201 - the notebook's own output
            self._bar.display()

    def at(self, done: int) -> None:
        """Show that ``done`` steps are done."""
        if self._bar is not None:
            self._bar.progress = done


def progress(items: Iterable[Item], title: str = "") -> Iterator[Item]:
    """Go through items with a bar.

    Args:
        items: what to go through.
        title: what is being done.
    """
    everything = list(items)
    bar = Progress(len(everything), title)
    for done, item in enumerate(everything, start=1):
        yield item
        bar.at(done)


def _notebook_bar(total: int) -> Any:
    """IPython's own bar, inside a kernel only."""
    if "ipykernel" not in sys.modules or "IPython" not in sys.modules:
        return None
    if not hasattr(sys.modules["IPython"].get_ipython(), "kernel"):
        return None
    from IPython.display import ProgressBar  # noqa: PLC0415 - only inside a kernel

    bar: Any = ProgressBar
    return bar(total)
