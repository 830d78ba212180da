"""Which handler does which kind of outbox row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.domain.records import OutboxRow
from sandbox.services import contract_review_chain, course_servers, supervised_ledger_chain
from sandbox.services.contract_review_chain import APPROVE, WITHDRAW
from sandbox.services.customer_leaving import RELEASE, release
from sandbox.services.customers import REGISTER
from sandbox.services.drafting import PUBLISH
from sandbox.services.faucet import ISSUE
from sandbox.services.issuing import RETURN, give_back, issue
from sandbox.services.known_people import DESCRIBE
from sandbox.services.leaving import AT_GATEWAY, AT_HUB
from sandbox.services.leaving_outside import at_gateway, at_hub
from sandbox.services.publication import Desk, describe, publish, register
from sandbox.services.settlement_run import RUN
from sandbox.services.settlement_run import run as settle
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
    RUN: settle,
    AT_GATEWAY: at_gateway,
    AT_HUB: at_hub,
    course_servers.STOP: course_servers.at_hub,
    supervised_ledger_chain.ADMIT: supervised_ledger_chain.admit,
    supervised_ledger_chain.CLOSE: supervised_ledger_chain.close,
}
"""Every handler may be killed at any step and run again."""
