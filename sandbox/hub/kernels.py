"""Kernels that start beside work of others without taking its files for Python's own.

A kernel starts in its notebook's folder, and ``python -m`` looks for modules there first: a file
``pathlib.py`` that a student handed in would run in the server of the teacher who opens the work,
before any cell does. A script is started instead (`sandbox.hub.start_kernel`). Cells still import
what lies beside them: the folder comes behind everything that is installed. (``-P`` would keep it
from coming at all.) Kernels that somebody has in the own home come last, and replace none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_core.paths import jupyter_data_dir

STOCK: Final = ["-m", "ipykernel_launcher"]
START: Final = Path(__file__).with_name("start_kernel.py")


class SafeKernels(KernelSpecManager):
    """The kernels of this machine; those of Python start without their folder on the path."""

    def _kernel_dirs_default(self) -> list[str]:
        """Where kernels are looked for, the first that has one winning."""
        found: list[str] = super()._kernel_dirs_default()
        own = str(Path(jupyter_data_dir()) / "kernels")
        return [*(each for each in found if each != own), own]

    def get_kernel_spec(self, kernel_name: str) -> Any:
        """How a kernel is started.

        Args:
            kernel_name: of the specification.
        """
        found: Any = super().get_kernel_spec(kernel_name)
        found.argv = safely(found.argv)
        return found


def safely(command: list[str]) -> list[str]:
    """A command with our script, where it starts IPython's kernel.

    >>> safely(["python", "-m", "ipykernel_launcher", "-f", "x"])[2:]
    ['-f', 'x']
    >>> safely(["deno", "jupyter"])
    ['deno', 'jupyter']
    """
    if command[1:3] == STOCK:
        return [command[0], str(START), *command[3:]]
    return command
