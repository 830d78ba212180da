"""Starts a kernel of Python; a script, so that Python does not look for modules in its folder.

Usage: ``python sandbox/hub/start_kernel.py -f connection.json``; see `sandbox.hub.kernels`.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # this script's own folder
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
