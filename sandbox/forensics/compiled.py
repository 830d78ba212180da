"""Compiled kernels at hand, so that nobody waits for a compiler.

Compiled code is kept beside the source, where set-up has made it (``sandbox.forensics.warm``). Who
may not write there, like a person's notebook server, has a folder of its own from numba: it is
filled from there first. Code compiled on another kind of processor is not used, but made anew.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any


def ready(kernel: Any, made: Path | None = None) -> Any:
    """The kernel, with what set-up has compiled copied to where numba looks for it.

    Args:
        kernel: compiled by numba.
        made: where set-up has left it, if not beside its source.
    """
    own = Path(kernel.stats.cache_path)
    source = Path(kernel.py_func.__code__.co_filename)
    made = made or source.parent / "__pycache__"
    if kernel.signatures or own == made:
        return kernel
    for each in made.glob(f"{source.stem}.{kernel.py_func.__name__}-*.nb?"):
        target = own / each.name
        if not target.exists():
            with suppress(OSError):  # then it is compiled here
                own.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(each, target)
    return kernel
