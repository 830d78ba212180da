"""What a workspace of each kind of context finds: its configuration and its first notebook.

One place for both ways to start a server: the launcher's box and the cluster's pod.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sandbox.toolchain.layout import CHECKOUT

TEMPLATES: Final = {"permit": CHECKOUT / "sandbox" / "sdk" / "notebooks" / "trial.ipynb"}
"""Kind of context: the notebook that is copied into its home once."""


def template_of(context: str) -> Path | None:
    """The first notebook of a context.

    >>> template_of("permit-sb-2026-0001").name, template_of("course-money")
    ('trial.ipynb', None)
    """
    return TEMPLATES.get(context.partition("-")[0])


def configuration(context: str) -> str:
    """Where Jupyter looks for configuration; without a course, no tools of coursework."""
    own = CHECKOUT / "hub_config" / "singleuser"
    return str(own) if context.startswith("course-") else f"{own / 'no-course'}:{own}"
