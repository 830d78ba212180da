"""Starts a kernel of Python; a script, so that Python does not look for modules in its folder.

Rules:

- What is installed comes before what lies beside the work: a file ``jedi.py`` that a student handed
  in never takes the place of a module that IPython imports late.
- Completing and looking something up run nothing that lies beside the work; only cells do.

It imports nothing of Synak: a kernel may be of a Python that has none.

Usage: ``python sandbox/hub/start_kernel.py -f connection.json``; see `sandbox.hub.kernels`.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

if __name__ == "__main__":
    del sys.path[0]  # this script's own folder

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp


def elsewhere(path: list[str]) -> list[str]:
    """A search path without the folder of the work.

    >>> elsewhere(["", "/usr/lib/python3.11"])
    ['/usr/lib/python3.11']
    """
    try:
        here = os.path.realpath("")
        return [each for each in path if each and os.path.realpath(each) != here]
    except FileNotFoundError:  # the folder is gone
        return [each for each in path if each]


@contextlib.contextmanager
def without_the_folder() -> Iterator[None]:
    """Import nothing that lies beside the work meanwhile."""
    kept = sys.path[:]
    sys.path[:] = elsewhere(kept)
    try:
        yield
    finally:
        sys.path[:] = kept


def _hold_jedi() -> None:
    """Jedi reads what lies beside the work; what it imports it takes from elsewhere alone."""
    try:
        from jedi.inference.compiled import (  # type: ignore[import-untyped]  # noqa: PLC0415 - slow
            access,
        )
    except ImportError:
        return
    if not hasattr(access, "synak_load_module"):
        access.synak_load_module = access.load_module
        access.load_module = _from_elsewhere(access.load_module)


def _from_elsewhere(load: Callable[..., Any]) -> Callable[..., Any]:
    def held(inference_state: Any, dotted_name: str, sys_path: list[str]) -> Any:
        return load(inference_state, dotted_name, elsewhere(sys_path))

    return held


class Kernel(IPythonKernel):
    """IPython's kernel, which completes and looks up without running files."""

    def do_complete(self, code: str, cursor_pos: int) -> Any:
        """Complete what is being typed."""
        with without_the_folder():
            _hold_jedi()
            return super().do_complete(code, cursor_pos)  # type: ignore[no-untyped-call]

    def do_inspect(
        self,
        code: str,
        cursor_pos: int,
        detail_level: int = 0,
        omit_sections: Any = (),
    ) -> Any:
        """Tell of what the cursor is on."""
        with without_the_folder():
            return super().do_inspect(  # type: ignore[no-untyped-call]
                code, cursor_pos, detail_level, omit_sections
            )


class Application(IPKernelApp):
    """The kernel with the folder of the work at the end of the search path."""

    def init_path(self) -> None:
        """Let cells import what lies beside them, behind everything that is installed."""
        if "" not in sys.path:
            sys.path.append("")


if __name__ == "__main__":
    Application.launch_instance(kernel_class=Kernel)
