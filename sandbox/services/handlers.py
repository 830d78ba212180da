"""Which handler does which kind of outbox row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.domain.records import OutboxRow
from sandbox.services import contract_review_chain
from sandbox.services.contract_review_chain import APPROVE, WITHDRAW
from sandbox.services.customer_leaving import RELEASE, release
from sandbox.services.customers import REGISTER
from sandbox.services.drafting import PUBLISH
from sandbox.services.faucet import ISSUE
from sandbox.services.issuing import RETURN, give_back, issue
from sandbox.services.known_people import DESCRIBE
from sandbox.services.publication import Desk, describe, publish, register
from sandbox.services.team_wallets import JOIN, LEAVE
from sandbox.services.wallet_joining import join, leave

HANDLERS: Final[Mapping[str, Callable[[Desk, OutboxRow], None]]] = {
    PUBLISH: publish,
    REGISTER: register,
    RELEASE: release,
    DESCRIBE: describe,
    ISSUE: issue,
    RETURN: give_back,
    JOIN: join,
    LEAVE: leave,
    APPROVE: contract_review_chain.approve,
    WITHDRAW: contract_review_chain.withdraw,
}
"""Every handler may be killed at any step and run again."""
