"""What stands on everything: training material, not evidence."""

from __future__ import annotations

from typing import Final

from sandbox.locale import LANGUAGES, translator
from sandbox.locale.catalogue import N_

NOTICE: Final = N_("Training material, not evidence.")
FILE: Final = "notice.txt"


def notice() -> dict[str, bytes]:
    """A file that says it in three languages, by its name."""
    lines = [translator(each).gettext(NOTICE) for each in LANGUAGES]
    return {FILE: "".join(f"{line}\n" for line in lines).encode()}
