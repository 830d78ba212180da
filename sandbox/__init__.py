"""Synak: a regulatory sandbox and a school for digital money.

The packages are layers; a lower one never imports a higher one
(checked by import-linter, see ``pyproject.toml``)::

    kit → (domain | paper) → contracts → isolation → (store | chain | hub | forensics)
        → (sdk | grading) → services → (api | web | gateway) → run → cli
"""

__version__ = "0.1.0"
