"""What a workspace of each kind of context finds: its configuration and its first notebook.

One place for both ways to start a server: the launcher's box and the cluster's pod. What lies in a
home is data, never configuration or program of the server itself: no file of Jupyter's
configuration is looked for there, and no module (``-P``: none in the folder in which the server
starts, ``-s``: none below ``.local``). Settings that people make on JupyterLab's pages stay in the
home, and so do kernels of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from sandbox.toolchain.layout import CHECKOUT

PYTHON: Final = (sys.executable, "-P", "-s", "-m")
"""How a module is run that a home must not replace."""
SERVER: Final = (*PYTHON, "sandbox.hub.start", "server")
"""The command of a server."""
TEMPLATES: Final = {"permit": CHECKOUT / "sandbox" / "sdk" / "notebooks" / "trial.ipynb"}
"""Kind of context: the notebook that is copied into its home once."""


def template_of(context: str) -> Path | None:
    """The first notebook of a context.

    >>> template_of("permit-sb-2026-0001").name, template_of("course-money")
    ('trial.ipynb', None)
    """
    return TEMPLATES.get(context.partition("-")[0])


def environment(context: str, home: str) -> dict[str, str]:
    """The variables by which Jupyter finds its configuration and the settings of pages.

    Args:
        context: of the server; without a course, no tools of coursework.
        home: as the server sees it.

    >>> environment("home", "/home/aigul")["JUPYTERLAB_SETTINGS_DIR"]
    '/home/aigul/.config/jupyter/lab/user-settings'
    """
    own = CHECKOUT / "hub_config" / "singleuser"
    looked = str(own) if context.startswith("course-") else f"{own / 'no-course'}:{own}"
    pages = f"{home}/.config/jupyter/lab"
    return {
        "JUPYTER_CONFIG_PATH": looked,
        "JUPYTER_CONFIG_DIR": str(own),
        "JUPYTER_PLATFORM_DIRS": "1",
        "JUPYTERHUB_DISABLE_USER_CONFIG": "1",
        "JUPYTERLAB_SETTINGS_DIR": f"{pages}/user-settings",
        "JUPYTERLAB_WORKSPACES_DIR": f"{pages}/workspaces",
    }
