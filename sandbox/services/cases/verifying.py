"""Checks a made case: its files against the manifest, and its blocks by executing it again.

Rules:

1. The manifest names every public file with its SHA-256; none may lack, differ or be added.
2. Where the sealed file is at hand, the truth has to open the commitment, the plan is made again
   from the seed, and executed again: same truth, same rows, same foreign files, same newest block
   of each chain (a block's hash commits to every transaction, receipt and state before it).
3. A case of another version of the planner cannot be planned again by this one: said, not guessed.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sandbox.forensics.cases import Case, Recipe, changed, plan
from sandbox.forensics.cases.case import VERSION
from sandbox.forensics.cases.foreign import foreign
from sandbox.forensics.cases.scene import LEDGERS
from sandbox.kit.errors import IntegrityFailure, NotFound, Unavailable
from sandbox.services.cases.execution import Executed, Workshop
from sandbox.services.cases.folders import MANIFEST, TRUTH, Made, Sealed, opened, require_unchanged
from sandbox.services.cases.wallets import Wallets


@dataclass(frozen=True)
class Verified:
    """What was checked.

    Attributes:
        manifest: SHA-256 of the manifest, hex: compare it with one that was noted elsewhere.
        files: how many files are as the manifest says.
        replayed: whether the truth was opened and the case executed again.
    """

    manifest: str
    files: int
    replayed: bool


def verify(folder: Path) -> Verified:
    """Check a made case.

    Args:
        folder: as ``make`` was told.

    Raises:
        NotFound: ``cases.not_made``.
        IntegrityFailure: ``cases.file_changed``, ``cases.not_as_planned``.
        Unavailable: ``cases.other_version``, ``engine.not_started``.
    """
    made = opened(folder)
    require_unchanged(made)
    digest = hashlib.sha256((made.public / MANIFEST).read_bytes()).hexdigest()
    try:
        sealed = made.sealed()
    except NotFound:
        return Verified(digest, len(made.manifest["files"]), replayed=False)
    _require_the_same(made, asyncio.run(_again(sealed)))
    return Verified(digest, len(made.manifest["files"]), replayed=True)


async def _again(sealed: Sealed) -> Executed:
    """Plan and execute a case from what is sealed of it."""
    if sealed.version != VERSION:
        raise Unavailable("cases.other_version", version=sealed.version, own=VERSION)
    wallets = Wallets(sealed.seed)
    recipe = recipe_of(sealed.truth["recipe"])
    case: Case = plan(sealed.seed, recipe, address_of=wallets.address_of)
    if case.truth().as_data() != sealed.truth:
        raise IntegrityFailure("cases.file_changed", name=TRUTH)
    if sealed.foreign and foreign(case).truth != sealed.foreign:
        raise IntegrityFailure("cases.file_changed", name=TRUTH)
    async with Workshop() as workshop:
        return await workshop.execute(case, wallets)


def _require_the_same(made: Made, again: Executed) -> None:
    for name, run in again.chains.items():
        if run.blocks[-1]["hash"] != made.manifest["chains"][name]["last"]:
            raise IntegrityFailure("cases.not_as_planned", chain=name, block=len(run.blocks))
    planned = foreign(again.case).files
    for file, path in made.foreign.items():
        if path.read_bytes() != planned[file]:
            raise IntegrityFailure("cases.file_changed", name=file)
    for ledger in LEDGERS:
        if not made.table(ledger).equals(again.tables[ledger]):
            raise IntegrityFailure("cases.file_changed", name=f"{ledger}.parquet")


def recipe_of(said: Mapping[str, Any]) -> Recipe:
    """A recipe from its JSON values: the reverse of ``Recipe.as_data``.

    Args:
        said: all knobs.

    Raises:
        CannotPlan: as ``changed``.
    """
    days = [date.fromisoformat(each) for each in said["free"]]
    begins = date.fromisoformat(said["begins"])
    return changed(said["name"], {**said, "begins": begins, "free": days})
