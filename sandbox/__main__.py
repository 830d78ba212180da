"""``python -m sandbox`` is the ``synak`` command."""

from sandbox.cli import main

main()
