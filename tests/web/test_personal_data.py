"""Erasing people: refused while something speaks against it, whole when done, every proof valid."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from sandbox.domain.leaving import Departure
from sandbox.domain.lifecycle import FileState
from sandbox.domain.residence import Attributes, Identification
from sandbox.domain.retention import KINDS, End
from sandbox.domain.words import CustomerState
from sandbox.kit.merkle import verify_consistency, verify_inclusion
from sandbox.services import audit
from sandbox.services.audit import KeptHead, verify_log
from sandbox.services.identity import actor_of
from sandbox.services.known_people import note
from sandbox.services.publication import Desk
from sandbox.services.retention import Retention, apply_retention
from sandbox.web.settlement_words import DATA
from tests.web.customers_world import phone_of
from tests.web.settlement_world import ended, later, work
from tests.web.world import World

ACCOUNT, CUSTODY = "Demo Bank 1280160070000001", "Ala-Too Demo Bank, customers, account 1280-1"
SIGNED = ("decision", "submission", "letter", "letter_signature", "file_document", "tree_head")


def everything(desk: World) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    with desk.parts.store.engine.connect() as connection:
        return {
            name: [tuple(row) for row in connection.execute(text(f'SELECT * FROM "{name}"'))]
            for name in sorted(SQLModel.metadata.tables)
        }


def closed(desk: World, file_id: str) -> None:
    with desk.parts.store.unit() as u:
        u.files.save(replace(u.files.get(file_id), state=FileState.COMPLETED))
        u.commit()


def described(desk: World, person: str) -> None:
    with desk.parts.store.unit() as u:
        who = actor_of(u, "bakyt")
        said = Attributes("KZ", Identification.FULL)
        note(u, who, [u.customers.get(person)], said, at=desk.clock.now())
        u.commit()


def proofs(desk: World, size: int) -> list[tuple[bytes, ...]]:
    with desk.parts.store.unit(read_only=True) as u:
        return [
            tuple(bytes.fromhex(each) for each in audit.inclusion(u, leaf, size=size).proof)
            for leaf in range(size)
        ]


def test_every_table_of_the_store_is_in_one_line_of_the_retention_table() -> None:
    named = [table for kind in KINDS.values() for table in kind.tables]
    assert sorted(named) == sorted(SQLModel.metadata.tables), "domain.retention.KINDS"
    assert all(kind.months or kind.end is not End.ERASED or kind.since for kind in KINDS.values())
    assert {f"data_{name}" for name in KINDS} >= set(DATA)


def test_a_customer_is_erased_whole_and_every_proof_stays(desk: World) -> None:
    _, file_id, (customer, merchant, wallet, _) = ended(desk)
    path = f"/desk/files/{file_id}/data"
    described(desk, customer)
    phone = phone_of(desk, customer)
    phone.post("/desk/c/", "/desk/c/account", {"account": ACCOUNT})
    for who in ("omar", "bakyt"):
        assert desk.browser(who).get(path).status_code == 404
    assert f'href="{path}"' in desk.browser("damira").get(f"/desk/files/{file_id}").text

    def erase(who: str = "damira", person: str = customer, **fields: str) -> tuple[int, str]:
        done = desk.browser(who).act(
            f"{path}/people/{person}/erase", {"understood": "yes"} | fields
        )
        return done.status_code, done.text

    def refused(words: str) -> None:
        code, page = erase()
        assert code == 409
        assert words in page

    refused("takes part in the test")
    later(desk, days=40)
    desk.browser("damira").act(f"/desk/files/{file_id}/settlement", {"custody": CUSTODY})
    work(desk)
    closed(desk, file_id)
    refused("not paid out yet")
    with desk.parts.store.unit(read_only=True) as u:
        returned = [each.act for each in u.returns.of_customer(customer)]
    for act in returned:
        desk.browser("damira").act(
            f"/desk/files/{file_id}/settlement/{act}/paid", {"reference": "Order 7"}
        )
    refused("must be kept until")
    later(desk, days=5 * 366)
    held = desk.browser("ermek").act(f"{path}/holds", {"customer": customer, "reason": "Case 12."})
    assert held.status_code == 303
    refused("kept by order of the authority")
    assert "Case 12." not in desk.browser("damira").get(path).text
    assert "Case 12." not in desk.browser("damira").get(f"/desk/files/{file_id}").text
    assert "Case 12." in desk.browser("ermek").get(path).text
    with desk.parts.store.unit(read_only=True) as u:
        (hold,) = u.holds.of_permit("SB-2026-0001")
    assert desk.browser("damira").act(f"{path}/holds/{hold.id}/lift").status_code == 403
    assert desk.browser("ermek").act(f"{path}/holds/{hold.id}/lift").status_code == 303

    with desk.parts.store.unit() as u:
        head = audit.head(u, at=desk.clock.now(), key=desk.parts.head_key)
        u.commit()
    kept = KeptHead(head.size, head.root, head.at.isoformat(), head.signature, head.public_key)
    before, old = proofs(desk, head.size), everything(desk)
    assert ACCOUNT in str(old)
    with desk.parts.store.unit(read_only=True) as u:
        person = u.customers.get(customer)
        leaves = [bytes.fromhex(each.leaf) for each in u.audit.scan()][: head.size]

    assert desk.browser("damira").act(f"{path}/people/{customer}/erase").status_code == 400
    assert erase("ermek")[0] in {403, 404}
    assert erase("omar")[0] == 404
    assert erase()[0] == 303
    assert erase()[0] == 409

    now = everything(desk)
    for secret in (ACCOUNT, person.salt, "'KZ'"):
        assert secret not in str(now)
    assert wallet in str(now)
    for table in SIGNED:
        assert now[table] == old[table], table
    with desk.parts.store.unit(read_only=True) as u:
        (receipt,) = u.erasures.of_subject(customer)
        assert set(receipt.erased) >= {"customer", "identification", "payout", "customer_access"}
        assert receipt.entries
        report = verify_log(u, kept=kept)
        assert report.ok, report
        assert set(receipt.entries) <= set(report.erased)
        size = u.audit.size()
        link = tuple(bytes.fromhex(each) for each in audit.consistency(u, head.size, size).proof)
        root = audit.root(u.audit.leaves(0, size))
        left = u.customers.get(merchant)
    assert left.salt
    assert before == proofs(desk, head.size)
    old_root = bytes.fromhex(head.root)
    assert verify_consistency(head.size, size, old_root, root, link)
    for leaf, proof in enumerate(before):
        assert verify_inclusion(leaves[leaf], leaf, head.size, proof, old_root)
    assert "Receipts" in desk.browser("damira").get(path).text


@pytest.mark.slow
def test_a_member_is_erased_when_the_account_is_closed(desk: World) -> None:
    _, file_id, _ = ended(desk)
    path = f"/desk/files/{file_id}/data/members"

    def erase(who: str, account: str) -> int:
        return desk.browser(who).act(f"{path}/{account}/erase", {"understood": "yes"}).status_code

    assert erase("aigul", "bakyt") == 409
    assert erase("aigul", "omar") == 404
    assert erase("damira", "bakyt") == 404
    with desk.parts.store.unit() as u:
        account = u.accounts.get("bakyt")
        u.accounts.save(replace(account, active=False))
        for place, org in (("d1", account.org), ("d2", u.accounts.get("damira").org)):
            left = ("Left.", "aigul", desk.clock.now(), None, {})
            name, names = account.display_name, (account.name,)
            u.departures.add(Departure(place, org, account.person, name, names, *left))
        u.commit()
    assert account.display_name in desk.browser("aigul").get(f"/desk/files/{file_id}/data").text
    assert erase("aigul", "bakyt") == 303
    assert erase("aigul", "bakyt") == 409
    now = everything(desk)
    assert account.display_name not in str(now["account"])
    with desk.parts.store.unit(read_only=True) as u:
        names = [u.departures.get(each).name for each in ("d1", "d2")]
    assert names == ["—", account.display_name], "another organisation's receipt is its own"
    assert not any("bakyt" in str(row) for row in now["notice"])
    with desk.parts.store.unit(read_only=True) as u:
        assert verify_log(u).ok


@pytest.mark.slow
def test_the_clock_erases_what_is_over_its_period_and_nothing_else(desk: World) -> None:
    ledger, file_id, (customer, merchant, *wallets) = ended(desk)
    ledger.balances |= dict.fromkeys(wallets, 0)
    worker = Desk(desk.parts.store, desk.gateway, desk.clock)
    closed(desk, file_id)
    assert apply_retention(worker) == 0
    later(desk, days=5 * 366 + 60)
    held = desk.browser("ermek").act(
        f"/desk/files/{file_id}/data/holds", {"customer": merchant, "reason": "Case 12."}
    )
    assert held.status_code == 303
    turns = Retention(worker)
    turns.turn()
    with desk.parts.store.unit(read_only=True) as u:
        assert (u.customers.get(customer).salt, u.customers.get(customer).state) == (
            "",
            CustomerState.RELEASED,
        )
        assert u.customers.get(merchant).salt
        (entry,) = [each for each in u.audit.newest(20) if each.kind == "retention.applied"]
        assert entry.body["data"]["customer"] == 1
        size = u.audit.size()
        assert verify_log(u).ok
    later(desk, minutes=30)
    assert turns.turn() == 0
    desk.clock.forward(timedelta(hours=2))
    turns.turn()
    with desk.parts.store.unit(read_only=True) as u:
        assert u.audit.size() == size
