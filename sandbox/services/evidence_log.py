"""The log's parts of an evidence file: entries and earlier heads, each with its proof.

Rules:

1. The file holds every entry that the manifest lists and the export's own, all proven against
   one signed head.
2. Where names are left out, an entry shows its commitment and its place; only what binds the
   journals and the export itself is shown whole.
3. Earlier heads come with the proof that the log only grew since: whoever kept one can compare
   without asking anybody. At most ``MOST_HEADS``: the newest half, the rest spread evenly.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from sandbox.domain.audit import JOURNAL_BATCH
from sandbox.domain.records import AuditEntry, Permit, TreeHead
from sandbox.kit.merkle import Tree
from sandbox.services.evidence_file import ENTRIES, EXPORTED, HEAD, HEADS, MANIFEST, Writer
from sandbox.services.views import HeadView
from sandbox.store import UnitOfWork

MOST_HEADS: Final = 1_000
ALWAYS_SHOWN: Final = frozenset({JOURNAL_BATCH, EXPORTED})


def entries_of(u: UnitOfWork, permit: Permit, size: int) -> list[AuditEntry]:
    """The entries about a permit and its file among the first so many of the log."""
    found = u.audit.of_subjects(permit.file, permit.number, most=10**7)
    return [each for each in found if each.index < size]


def lay_out_log(u: UnitOfWork, staging: Path, head: HeadView, *, own: int) -> None:
    """Write the log's parts.

    Args:
        u: a reading unit of work.
        staging: where the parts lie, the manifest among them.
        head: signed, over more than ``own`` entries.
        own: the export's own entry.
    """
    manifest = json.loads((staging / MANIFEST).read_bytes())
    tree = Tree(u.audit.leaves(0, head.size))
    hidden = set(manifest["log"]["hidden"])
    entries = Writer(staging, ENTRIES)
    for entry in u.audit.at_places([*manifest["log"]["entries"], own]):
        entries.line(_entry(entry, tree, shown=entry.index not in hidden))
    entries.close()
    heads = Writer(staging, HEADS)
    for each in _thinned([kept for kept in u.audit.heads() if kept.size < head.size]):
        proof = [node.hex() for node in tree.consistency(each.size)]
        heads.line({**_head(each), "proof": proof})
    heads.close()
    newest = Writer(staging, HEAD)
    newest.whole(_head(head))
    newest.close()


def hidden_among(entries: Iterable[AuditEntry], *, without_names: bool) -> list[int]:
    """Places of entries whose text is not shown: left out, or erased before."""
    return sorted(
        each.index
        for each in entries
        if each.body is None or (without_names and each.kind not in ALWAYS_SHOWN)
    )


def _entry(entry: AuditEntry, tree: Tree, *, shown: bool) -> dict[str, Any]:
    return {
        "index": entry.index,
        "commitment": entry.commitment,
        "proof": [node.hex() for node in tree.inclusion(entry.index)],
        "salt": entry.salt if shown else None,
        "body": dict(entry.body or {}) if shown else None,
    }


def _head(head: HeadView | TreeHead) -> dict[str, Any]:
    return {
        "size": head.size,
        "root": head.root,
        "at": head.at.isoformat(),
        "signature": head.signature,
        "public_key": head.public_key,
    }


def _thinned(heads: Sequence[TreeHead]) -> Sequence[TreeHead]:
    if len(heads) <= MOST_HEADS:
        return heads
    half = MOST_HEADS // 2
    older, newer = heads[:-half], heads[-half:]
    step = len(older) / half
    return [older[int(number * step)] for number in range(half)] + list(newer)
