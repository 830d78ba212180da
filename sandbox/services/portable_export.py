"""What a firm takes along: one archive with its contracts, records and a script to deploy again.

Numbered plan:

1. permit documents of every version, the exit report, the firm's own documents;
2. the permit's own transactions, from the index, up to a bound;
3. each contract made under the permit: verified source with all it imports, ABI, settings, compiled
   again for the places of immutables, the code's hash on the chain;
4. README in three languages, the script, a manifest with the hash of each part; one zip.

Rules:

- The same state gives the same bytes: the index's last block stands in it, no time of making does.
- Nothing about other permits, no alert, no person, nothing of the authority's own records.
- Who may order it, how far it is and its hash in the audit log: ``exit_archives``.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.contracts.closure import standard_json
from sandbox.contracts.standard_input import compile_standard
from sandbox.domain.ledger import Transaction, VerifiedSource
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import Conflict, SynakError
from sandbox.kit.ids import ChainName, PermitNumber, checksum
from sandbox.locale import LANGUAGES
from sandbox.services import documents
from sandbox.services.compiling import alone
from sandbox.services.evidence_file import Writer, assemble
from sandbox.store import Store, UnitOfWork

MOST_TRANSACTIONS: Final = 50_000
MOST_CONTRACTS: Final = 30
MOST_DOCUMENT_BYTES: Final = 100_000_000
PART: Final = 500
LONGEST_PART: Final = 120
"""Bytes of one part of a path: file systems take 255, archives are unpacked deep down."""
STEPS: Final = (
    *(("records", 10), ("documents", 20), ("transactions", 40)),
    *(("contracts", 90), ("archive", 100)),
)
"""The steps, and at which hundredth of the whole each ends: compiling takes longest."""
WHOLE: Final = 100
_ENDS: Final = dict(STEPS)
ISSUED: Final = frozenset({DecisionStatus.IN_FORCE, DecisionStatus.LAPSED})
"""Decisions that published a version; what was withdrawn or overtaken is the authority's own."""
TEXTS: Final = Path(__file__).parent / "portable"
COLUMNS: Final = (
    *("chain", "block", "place", "at", "hash", "from", "to", "created", "selector"),
    *("value", "gas_used", "succeeded"),
)


def may_export(actor: Actor, permit_org: str) -> bool:
    """Whether a reader is of the team that made the contracts."""
    rights = rights_of(actor.seats)
    return actor.org == permit_org and bool(rights & {Right.APPLY, Right.RUN_TRIAL})


def make(
    store: Store,
    number: PermitNumber,
    target: Path,
    *,
    blobs: Path,
    far: Callable[[int], None],
) -> tuple[str, int]:
    """Make the archive of a permit.

    Args:
        store: of the desk.
        number: of the permit.
        target: the file; whole or not there.
        blobs: the desk's folder of blobs.
        far: told how far it is, in hundredths.

    Returns:
        Its SHA-256, hex, and its size in bytes.

    Raises:
        Conflict: ``export.too_large``: more transactions, contracts or documents than a bound.
        Unavailable: ``verify.busy``: another compilation is under way.
    """
    clear(target)
    folder = target.with_suffix(".parts")
    try:
        with store.unit(read_only=True) as u:
            permit = u.permits.get(number)
            file = u.files.get(permit.file)
            write_records(u, folder, file)
        far(_ENDS["records"])
        with store.unit(read_only=True) as u:
            _documents(u, folder, file, blobs)
        far(_ENDS["documents"])
        with store.unit(read_only=True) as u:
            sent = _transactions(u, permit)
            sources = _sources(u, permit, sent)
            _index(u, folder, permit)
        _write_transactions(folder, sent)
        far(_ENDS["transactions"])
        _contracts(folder, sent, sources, far)
        far(_ENDS["contracts"])
        _texts(folder, permit)
        return assemble(folder, _manifest(folder, permit), target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear(target: Path) -> None:
    """Remove what a killed worker, or one that failed, left beside the file of an archive."""
    shutil.rmtree(target.with_suffix(".parts"), ignore_errors=True)
    target.with_suffix(".partial").unlink(missing_ok=True)


def _transactions(u: UnitOfWork, permit: Permit) -> list[Transaction]:
    """Step 2: what the permit's addresses sent or received under the permit, in order."""
    wallets = {each.wallet for each in u.customers.of_permit(permit.number)}
    wallets |= {each.address for each in u.wallets.registered(permit.number)}
    if permit.settlement is not None:
        wallets.add(permit.settlement)
    found: dict[tuple[str, int, int], Transaction] = {}
    for chain in permit.chains:
        for wallet in sorted(wallets):
            before = None
            while page := u.explorer.transactions_of(chain, wallet.lower(), before, PART):
                before = (page[-1].block, page[-1].place)
                own = [each for each in page if each.permit == permit.number]
                found |= {(chain, each.block, each.place): each for each in own}
                if len(found) > MOST_TRANSACTIONS:
                    raise Conflict("export.too_large", what="transactions", most=MOST_TRANSACTIONS)
    return [found[key] for key in sorted(found)]


def _sources(
    u: UnitOfWork, permit: Permit, sent: list[Transaction]
) -> dict[tuple[str, str], VerifiedSource | None]:
    """Every contract that was deployed, then those that contracts made, in order."""
    found: dict[tuple[str, str], VerifiedSource | None] = {
        (each.chain, each.created): None for each in sent if each.created and each.succeeded
    }
    for each in u.explorer.sources_of_permit(permit.number):
        found[each.chain, each.address] = each
    if len(found) > MOST_CONTRACTS:
        raise Conflict("export.too_large", what="contracts", most=MOST_CONTRACTS)
    return found


def write_records(u: UnitOfWork, folder: Path, file: PermitFile) -> None:
    """Step 1, without the documents."""
    versions = {
        each.version: each.document
        for each in u.decisions.of_file(file.id)
        if each.document is not None and each.version and each.status in ISSUED
    }
    for version, document in versions.items():
        _whole(folder, f"permit/version-{version:04}.json", document)
    report = u.exit_reports.find(file.id)
    if report is not None:
        told = {"facts": report.facts, "lessons": report.lessons, "digest": report.digest}
        _whole(folder, "test-report.json", {**told, "state": report.state.value})
    _whole(folder, "permit/application.json", dict(file.answers))


def _documents(u: UnitOfWork, folder: Path, file: PermitFile, blobs: Path) -> None:
    """The firm's own documents, as they are attached."""
    held, size = [each for each in u.documents.of_file(file.id) if each.ended_at is None], 0
    for place, each in enumerate(held, 1):
        size += each.size
        if size > MOST_DOCUMENT_BYTES:
            raise Conflict("export.too_large", what="documents", most=MOST_DOCUMENT_BYTES)
        part = folder / f"documents/{place:02}-{each.name}"
        part.parent.mkdir(parents=True, exist_ok=True)
        with (
            documents.blobs_of(blobs, file.id).open(each.sha256) as content,
            part.open("wb") as out,
        ):
            while piece := content.read(1 << 20):
                out.write(piece)


def _index(u: UnitOfWork, folder: Path, permit: Permit) -> None:
    """Up to which block the transactions reach, and the test's own addresses."""
    cursors = {each.chain: each for each in u.explorer.cursors()}
    chains = {
        chain: {
            "block": cursors[chain].block,
            "supervisor": checksum(cursors[chain].supervisor),
            "token": checksum(cursors[chain].token),
        }
        for chain in permit.chains
        if chain in cursors
    }
    wallets = {"settlement": permit.settlement}
    _whole(folder, "addresses.json", {"chains": chains, "wallets": wallets})


def _write_transactions(folder: Path, sent: list[Transaction]) -> None:
    with (folder / "transactions.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for each in sent:
            data = each.input.removeprefix("0x")
            row = [each.chain, each.block, each.place, each.at.isoformat(), each.hash, each.sender]
            row += [each.to or "", each.created or "", data[:8], each.value, each.gas_used]
            writer.writerow([*row, "yes" if each.succeeded else "no"])


def _contracts(
    folder: Path,
    sent: list[Transaction],
    sources: Mapping[tuple[str, str], VerifiedSource | None],
    far: Callable[[int], None],
) -> None:
    """Step 3, and what the script reads."""
    told: list[dict[str, Any]] = []
    begin = _ENDS["transactions"]
    for (chain, address), source in sources.items():
        far(begin + (_ENDS["contracts"] - begin) * len(told) // len(sources))
        entry: dict[str, Any] = {"chain": chain, "address": checksum(address), "name": ""}
        entry |= {"creation": "", "arguments": None, "runtime": "", "immutables": []}
        if source is not None:
            entry |= _contract(folder, chain, source)
        entry["created_by"] = next((each.hash for each in sent if each.created == address), None)
        told.append(entry)
    _whole(folder, "contracts.json", told)


def _contract(folder: Path, chain: ChainName | str, source: VerifiedSource) -> dict[str, Any]:
    given = standard_json(source.sources, source.settings)
    base = f"contracts/{chain}/{checksum(source.address)}-{source.name[:LONGEST_PART]}"
    _whole(folder, f"{base}/standard-input.json", given)
    _whole(folder, f"{base}/abi.json", list(source.abi))
    for path, body in given["sources"].items():
        part = folder / base / "sources" / _safe(path)
        with contextlib.suppress(OSError, ValueError):  # a copy to read: the input holds it anyway
            part.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(str(body["content"]), "utf-8")
    entry: dict[str, Any] = {
        "name": source.name,
        "file": source.file,
        "compiler": source.compiler,
        "match": source.match,
        "arguments": source.arguments,
    }
    try:
        with alone():
            made = compile_standard(
                json.dumps(given), f"{source.file}:{source.name}", source.compiler
            )
    except SynakError as error:
        if error.code == "verify.busy":
            raise
        return {**entry, "not_compiled": error.code}
    return {
        **entry,
        "creation": made.creation.hex(),
        "runtime": made.runtime.hex(),
        "runtime_sha256": hashlib.sha256(made.runtime).hexdigest(),
        "immutables": [list(each) for each in made.immutables],
    }


def _safe(path: str) -> Path:
    r"""A source's path that stays inside its folder, on every system.

    >>> _safe("../C:\\x/" + "ы" * 100).as_posix() == "C__x/" + "ы" * (LONGEST_PART // 2)
    True
    """
    tidy = path.replace("\\", "_").replace(":", "_")
    parts = [each for each in Path(tidy).parts if each not in {"/", "..", "."}]
    return Path(*[each.encode()[:LONGEST_PART].decode("utf-8", "ignore") for each in parts])


def _texts(folder: Path, permit: Permit) -> None:
    for lang in LANGUAGES:
        text = (TEXTS / f"readme.{lang}.txt").read_text("utf-8").format(permit=permit.number)
        (folder / f"README.{lang}.md").write_text(text, "utf-8")
    (folder / "redeploy.py").write_text((TEXTS / "redeploy.txt").read_text("utf-8"), "utf-8")


def _manifest(folder: Path, permit: Permit) -> Iterator[str]:
    """Step 4: the parts in order, the manifest last."""
    names = sorted(
        each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()
    )
    parts = {
        name: {
            "sha256": hashlib.sha256((folder / name).read_bytes()).hexdigest(),
            "bytes": (folder / name).stat().st_size,
        }
        for name in names
    }
    _whole(folder, "manifest.json", {"permit": permit.number, "parts": parts})
    return iter([*names, "manifest.json"])


def _whole(folder: Path, name: str, value: Any) -> None:
    """A part of one canonical JSON value."""
    writer = Writer(folder, name)
    writer.whole(value)
    writer.close()
