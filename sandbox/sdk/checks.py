"""What would be refused, asked before anything is sent.

Rules: a check sends nothing and uses nothing up: it compares with the terms that
the permit's page shows and asks the chain by a call; it is an answer for now,
and another payment may use up the room before yours arrives.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from web3.exceptions import Web3Exception

from sandbox.kit.ids import ChainName
from sandbox.kit.money import limit_from_json
from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import ContractReverted, PermitRefused, SdkError
from sandbox.sdk.tables import Usage
from sandbox.sdk.wallets import Call, ManagedWallet


@dataclass(frozen=True)
class Check:
    """The answer of a check; true when nothing would be refused.

    Attributes:
        findings: everything that would be refused or reverted, with its reason.
        gas: the estimate, when the call would go through.
    """

    findings: tuple[SdkError, ...]
    gas: int | None

    def __bool__(self) -> bool:
        return not self.findings

    @property
    def clauses(self) -> tuple[str, ...]:
        """The clauses that would refuse."""
        return tuple(each.clause for each in self.findings if isinstance(each, PermitRefused))

    def __repr__(self) -> str:
        if not self.findings:
            return f"nothing would be refused (about {self.gas} gas)"
        return "would be refused:\n" + "\n".join(
            f"- {each} {each.what_to_do_next()}".rstrip() for each in self.findings
        )

    def _repr_html_(self) -> str:
        if not self.findings:
            return f"<p>✓ nothing would be refused (about {self.gas} gas)</p>"
        items = "".join(
            f"<li><b>{html.escape(str(each))}</b> {html.escape(each.what_to_do_next())}</li>"
            for each in self.findings
        )
        return f"<p>would be refused:</p><ul>{items}</ul>"


@dataclass(frozen=True)
class Checker:
    """Knows a permit's terms and usage.

    Attributes:
        about: what ``GET /trial`` said.
        usage: what ``GET /trial/usage`` said.
        language: the language of the findings.
    """

    about: Mapping[str, Any]
    usage: Usage
    language: Language

    def check(self, call: Call, wallet: ManagedWallet, chain: ChainName) -> Check:
        """Check one call.

        Args:
            call: a contract's function or constructor, or a transaction.
            wallet: who would send it.
            chain: on which chain.
        """
        transaction = wallet.transaction(call)
        findings = list(self._by_terms(len(str(transaction.get("data", ""))) // 2, chain))
        if not transaction.get("to"):
            findings += self._by_count("deployments")
        gas, refused = self._by_call(call, wallet, chain)
        if refused is not None:
            findings.append(refused)
        elif gas is not None:
            findings += self._above("gas_per_transaction", gas)
        return Check(tuple(_once(findings)), gas)

    def _by_terms(self, payload: int, chain: ChainName) -> list[SdkError]:
        findings: list[SdkError] = []
        if self.about["state"] != "active":
            findings.append(self._refusal("state", state=self.about["state"]))
        if chain not in self.about["chains"]:
            findings.append(self._refusal("chain_scope", subject=chain))
        findings += self._above("payload_bytes", payload)
        findings += self._by_count("transactions_per_day")
        return findings

    def _by_count(self, clause: str) -> list[SdkError]:
        for line in self.usage:
            if line.clause == clause and line.used is not None and line.room == 0:
                frees = line.frees_at.isoformat() if line.frees_at else None
                return [
                    self._refusal(
                        clause, limit=line.limit, used=line.used, requested=1, frees_at=frees
                    )
                ]
        return []

    def _above(self, clause: str, wanted: int) -> list[SdkError]:
        said = self.about["terms"].get(clause)
        if said is None:
            return []
        limit = limit_from_json(said)
        if isinstance(limit, int) and wanted > limit:
            return [self._refusal(clause, limit=limit, used=0, requested=wanted)]
        return []

    def _by_call(
        self, call: Call, wallet: ManagedWallet, chain: ChainName
    ) -> tuple[int | None, SdkError | None]:
        try:
            return wallet.estimate(call, chain=chain), None
        except SdkError as error:
            return None, error
        except Web3Exception as error:
            return None, ContractReverted(str(error), language=self.language)

    def _refusal(self, clause: str, **said: Any) -> PermitRefused:
        known = {"permit": self.about["number"], "version": self.about["version"]}
        return PermitRefused({"clause": clause, **known, **said}, language=self.language)


def _once(findings: list[SdkError]) -> list[SdkError]:
    seen: dict[tuple[str, str], SdkError] = {}
    for each in findings:
        seen.setdefault((each.code, str(each.params.get("subject"))), each)
    return list(seen.values())
