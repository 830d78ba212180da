"""The sponsor's signature: the sponsor will hold the permit and answers for customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import FileId
from sandbox.services.access import readable_file
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.files import file_view
from sandbox.services.ports import Ports
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class SponsorSign:
    """Sign an application as its sponsor."""

    file: FileId
    key: str | None = None


def sign_as_sponsor(
    u: UnitOfWork, actor: Actor, command: SponsorSign, *, at: datetime, ports: Ports
) -> FileView:
    """Sign the application as it was submitted.

    The signature is EIP-191 over ``sponsor_text`` by the key ``sponsor/<organisation>``.

    Raises:
        NotAllowed: ``seat.right_missing``, ``sponsor.not_named``, ``seat.second_seat_in_file``.
        Conflict: ``lifecycle.not_from_here``.
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
    take_seat(u, file, actor, FileSeat.SPONSOR, at=at)
    name = f"sponsor/{actor.org}"
    text = sponsor_text(file)
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


def sponsor_text(file: PermitFile) -> str:
    """What a sponsor signs: the file, the parties and the hash of the application's answers."""
    digest = content_hash(dict(file.answers)).hex()
    return (
        "Synak: sponsor's signature (simulated money; not a licence)\n"
        f"file: {file.id}\n"
        f"applicant: {file.org}\n"
        f"sponsor and holder: {file.sponsor}\n"
        f"application sha-256: {digest}"
    )
