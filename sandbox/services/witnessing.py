"""Gives heads of the audit log to the witnesses that need no hand: a mailbox and the KGST chain.

Rules: ``domain.witnesses``. A head is signed and kept before it is given. The mail is a message in
the queue of all mail (retried, given up after two days, visible); the anchor is a transaction with
the head's size as its name, so it is made once. A chain that has a larger anchor than the log has
entries refuses: then the store is from an older backup, and the loop's health says so.

Source: RFC 6962, section 3.5 (heads are to be seen by others).
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.head_paper import PaperHead, grouped
from sandbox.domain.mail import MailKind, Message
from sandbox.domain.witnesses import WitnessedHead, WitnessKind, due
from sandbox.kit.errors import IntegrityFailure
from sandbox.locale import Language, translator
from sandbox.services import audit
from sandbox.services.attesting import CONTRACT, contract_of
from sandbox.services.audit import HeadKey
from sandbox.services.calls import call_data, read
from sandbox.services.ports import GatewayPort
from sandbox.services.publication import Desk, where_of, why
from sandbox.store import UnitOfWork

PART: Final = 500
"""Anchors that are asked of the chain at a time."""


@dataclass(frozen=True)
class Witnessing:
    """Gives heads away when it is time.

    Attributes:
        desk: store, gateway and clock.
        key: signs heads.
        hours: how often.
        mailbox: whose address; None for none.
        language: of the mail.
    """

    desk: Desk
    key: HeadKey
    hours: int
    mailbox: str | None = None
    language: Language = "en"

    def work_once(self) -> int:
        """Give each witness whose time has come a head. Returns how many were given.

        Raises:
            Unavailable: gateway or chain out of reach: try again.
            IntegrityFailure: ``witness.anchor_refused``.
        """
        given = 0
        if self.mailbox is not None and self._due(WitnessKind.MAILBOX):
            self._mail(self.mailbox)
            given += 1
        if self._due(WitnessKind.CHAIN):
            self._anchor()
            given += 1
        return given

    def _due(self, kind: WitnessKind) -> bool:
        with self.desk.store.unit(read_only=True) as u:
            last = next(iter(u.witnessed.newest(kind)), None)
            grown = u.audit.size() > (last.size if last else 0)
        return grown and due(last.at if last else None, self.desk.clock.now(), hours=self.hours)

    def _mail(self, mailbox: str) -> None:
        at = self.desk.clock.now()
        with self.desk.store.unit() as u:
            given = give(u, WitnessKind.MAILBOX, key=self.key, at=at, place=uuid.uuid4().hex)
            u.mails.add(head_message(given, mailbox, self.language, at=at))
            u.commit()

    def _anchor(self) -> None:
        with self.desk.store.unit() as u:
            head = audit.head(u, at=self.desk.clock.now(), key=self.key)
            u.commit()
        gateway = self.desk.gateway
        receipt = gateway.submit_system(
            "kgst",
            "system/relayer",
            contract_of(where_of(gateway.national(), "kgst")),
            call_data(CONTRACT, "anchor", head.size, bytes.fromhex(head.root)),
            idempotency_key=f"anchor:{head.size}:{head.root[:16]}",
        )
        self.desk.at_step("anchor.sent")
        if receipt.get("status") != "0x1":
            raise IntegrityFailure("witness.anchor_refused", size=head.size, reason=why(receipt))
        with self.desk.store.unit() as u:
            give(
                u,
                WitnessKind.CHAIN,
                key=self.key,
                at=self.desk.clock.now(),
                place=str(receipt["transactionHash"]),
                block=int(receipt["blockNumber"], 16),
                size=head.size,
            )
            u.commit()


def give(  # noqa: PLR0913 - what, to whom, where it went
    u: UnitOfWork,
    kind: WitnessKind,
    *,
    key: HeadKey,
    at: datetime,
    by: str = "system",
    place: str = "",
    block: int | None = None,
    size: int | None = None,
) -> WitnessedHead:
    """Write down that a witness got a head, under the next number.

    Args:
        u: a writing unit of work; the caller commits.
        kind: which witness.
        key: signs heads.
        at: now.
        by: the account, or ``system``.
        place: where it went.
        block: of its transaction.
        size: of the head that was signed before; today's when left out.
    """
    found = audit.head(u, at=at, key=key) if size is None else audit.kept_head(u, size)
    return u.witnessed.add(
        WitnessedHead(
            kind=kind,
            number=u.counters.next(f"witness:{kind.value}"),
            size=found.size,
            root=found.root,
            signed_at=found.at.isoformat(),
            signature=found.signature,
            public_key=found.public_key,
            at=at,
            by=by,
            place=place,
            block=block,
        )
    )


def head_message(
    given: WitnessedHead, mailbox: str, language: Language, *, at: datetime
) -> Message:
    """A head as a mail that people and ``synak audit verify --witness`` read alike."""
    _ = translator(language).gettext
    lines = (
        _("Head of the audit log No. %(number)s: %(size)s entries")
        % {"number": given.number, "size": given.size},
        "",
        _("Keep this message where the platform's operator cannot reach it."),
        _("Later it shows whether the log still begins with these entries:"),
        "  synak audit verify --witness FILE",
        "",
        *head_lines(given),
        "",
        given.line,
        "",
        _("Simulated money. Nothing here is a licence or a decision of any authority."),
    )
    return Message(
        id=given.place,
        kind=MailKind.HEAD,
        account=None,
        recipient=mailbox,
        subject=f"Synak: {lines[0]}",
        body="\n".join(lines) + "\n",
        created_at=at,
        next_at=at,
    )


def head_lines(given: WitnessedHead) -> tuple[str, ...]:
    """A head as it is typed off paper: the names are the program's, in every language the same."""
    return (
        f"size: {given.size}",
        f"root: {grouped(given.root)}",
        f"at: {given.signed_at}",
        f"words: {given.words}",
    )


def anchored(gateway: GatewayPort) -> Sequence[PaperHead]:
    """Every head that the chain holds, oldest first: asked of the chain, not of the store.

    Raises:
        Unavailable: gateway or chain out of reach.
    """
    contract = contract_of(where_of(gateway.national(), "kgst"))
    found: list[PaperHead] = []
    while True:
        (part,) = read(gateway, "kgst", contract, "anchors", len(found), PART, contract=CONTRACT)
        found += [PaperHead(int(size), bytes(root).hex()) for size, _, root in part]
        if len(part) < PART:
            return found
