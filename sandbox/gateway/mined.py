"""Did the Supervisor itself refuse a transaction that was mined and failed?

The journal keeps what a failed transaction answered, and any contract may answer with the bytes
of a refusal. A clause is evidence only when

1. the transaction went straight to a national contract, which passes on the Supervisor's answer
   and nothing else; or
2. a trace shows the Supervisor itself to have given that very refusal. The engine executes the
   block again up to the transaction and looks at each of its calls, so only one of at most
   ``CONFIRM_GAS`` is asked for, and only until the next epoch.

Otherwise the failure stays evidence without a clause, and what was answered is told as
``claimed``. An engine that is busy is asked again, at most ``TRIES`` times.
"""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from typing import Final

from sandbox.chain.events import RefusalEvidence
from sandbox.chain.ipc import EngineError
from sandbox.contracts.trace import refusal_tracer, refusals_traced
from sandbox.contracts.typed import decode_refusal
from sandbox.gateway.chains import Chains
from sandbox.gateway.steps.preflight import CONFIRM_GAS, CONFIRM_SECONDS
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.kit.ids import ChainName

TRIES: Final = 5
REMEMBERED: Final = 10_000
"""Failures whose answer is kept in memory."""


class MinedClauses:
    """Judges the clauses of failed transactions.

    Args:
        chains: the running chains.
    """

    def __init__(self, chains: Chains) -> None:
        self._chains = chains
        self._known: OrderedDict[tuple[ChainName, int], bool] = OrderedDict()
        self._tried: Counter[tuple[ChainName, int]] = Counter()

    async def confirmed(self, chain: ChainName, evidence: RefusalEvidence) -> bool | None:
        """Whether the clause of a piece of evidence is the Supervisor's (or the gateway's) own.

        Args:
            chain: where.
            evidence: as the chain keeps it.

        Returns:
            None while it cannot be told: ask again, this and what follows it.
        """
        body = evidence.body
        if body.get("source") != "mined" or body.get("clause") is None:
            return True
        key = (chain, evidence.cursor)
        known = self._known.get(key)
        if known is None:
            try:
                known = await self._look(chain, evidence)
            except (Unavailable, TimeoutError):
                self._tried[key] += 1
                if self._tried[key] < TRIES:
                    return None
                known = False
            self._tried.pop(key, None)
            self._known[key] = known
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return known

    async def _look(self, chain: ChainName, evidence: RefusalEvidence) -> bool:
        where, body = self._chains.where(chain), evidence.body
        if body.get("to") in (where.token, where.supervisor):
            return True
        claimed = decode_refusal(bytes.fromhex(str(body["output"])[2:]))
        try:
            async with asyncio.timeout(CONFIRM_SECONDS):
                receipt = await where.node.call("eth_getTransactionReceipt", body["tx_hash"])
                if int(receipt["gasUsed"], 16) > CONFIRM_GAS:
                    return False
                tracing = {"tracer": refusal_tracer(where.supervisor)}
                answers = await where.node.call("debug_traceTransaction", body["tx_hash"], tracing)
        except (EngineError, InvalidInput, TypeError, ValueError):
            return False
        return claimed in refusals_traced(answers)
