"""The sponsor's signature: the sponsor will hold the permit and answers for customers.

Rules:

1. What is signed is what was submitted: the answers, and each document by its hash.
2. Where nothing is attached the text is the one that was signed before documents existed, so an
   old signature holds as it stands.
3. It is signed by whoever read it: not when it was rewritten and submitted anew since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import FileId
from sandbox.services.access import readable_file
from sandbox.services.acts import earlier, move, remember, require_read, take_seat
from sandbox.services.files import file_view, submission_stamp
from sandbox.services.ports import Ports
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class SponsorSign:
    """Sign an application as its sponsor; ``read``: the stamp of the submission that was read."""

    file: FileId
    read: str
    key: str | None = None


def sign_as_sponsor(
    u: UnitOfWork, actor: Actor, command: SponsorSign, *, at: datetime, ports: Ports
) -> FileView:
    """Sign the application as it was submitted.

    The signature is EIP-191 over ``sponsor_text`` by the key ``sponsor/<organisation>``.

    Raises:
        NotAllowed: ``seat.right_missing``, ``sponsor.not_named``, ``seat.second_seat_in_file``.
        Conflict: ``lifecycle.not_from_here``, ``act.other_than_read``.
        Unavailable: the signer is out of reach; nothing is signed.
    """
    require_act_of_law(actor, Right.SPONSOR, at)
    done = earlier(u, actor, "sign_as_sponsor", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = readable_file(u, actor, command.file, lock=True)
    if actor.org is None or file.sponsor != actor.org:
        raise NotAllowed("sponsor.not_named", file=file.id)
    find(file.state, Act.SPONSOR_SIGN)
    require_read(command.read, submission_stamp(u, file))
    take_seat(u, file, actor, FileSeat.SPONSOR, at=at)
    name = f"sponsor/{actor.org}"
    text = sponsor_text(file, submitted_documents(u, file))
    signature = {
        "account": actor.account,
        "address": ports.signer.address(name),
        "text": text,
        "signature": ports.signer.sign_message(name, text),
        "at": at.isoformat(),
    }
    move(
        u,
        file,
        Act.SPONSOR_SIGN,
        actor=actor.account,
        at=at,
        data={"sponsor": actor.org, **signature},
        sponsor_signature=signature,
    )
    remember(u, actor, "sign_as_sponsor", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def submitted_documents(u: UnitOfWork, file: PermitFile) -> tuple[Mapping[str, Any], ...]:
    """The inventory of the newest submission."""
    last = u.submissions.of_file(file.id)[-1:]
    return last[0].documents if last else ()


def sponsor_text(file: PermitFile, documents: Sequence[Mapping[str, Any]] = ()) -> str:
    """What a sponsor signs: the file, the parties, the hashes of answers and documents.

    Args:
        file: as it was submitted.
        documents: the inventory of that submission.
    """
    digest = content_hash(dict(file.answers)).hex()
    lines = [
        "Synak: sponsor's signature (simulated money; not a licence)",
        f"file: {file.id}",
        f"applicant: {file.org}",
        f"sponsor and holder: {file.sponsor}",
        f"application sha-256: {digest}",
    ]
    if documents:
        lines.append(f"documents: {len(documents)}")
        lines += [
            f"document {place}: {each['kind']}, {each['size']} bytes, sha-256 {each['sha256']}"
            for place, each in enumerate(documents, 1)
        ]
    return "\n".join(lines)


def signature_holds(file: PermitFile, documents: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the signature on the file is the sponsor's, over this application and documents.

    Args:
        file: with the signature.
        documents: the inventory that it should cover.

    Source: EIP-191.
    """
    signature = file.sponsor_signature
    if not signature or signature["text"] != sponsor_text(file, documents):
        return False
    message = encode_defunct(text=signature["text"])
    signer = Account.recover_message(message, signature=signature["signature"])
    return bool(signer == signature["address"])
