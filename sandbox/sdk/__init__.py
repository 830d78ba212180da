"""Synak from a notebook: a permit's trial and a private lab.

Two ways in::

    from sandbox.sdk import trial      # a permit's trial: real limits, real refusals
    from sandbox.sdk import lab        # a private chain: everything allowed, nothing kept

Rules: importing this is quick (web3.py and polars are loaded when they are first needed); an
error says which clause, which limit, what is used and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.sdk.compiled import Compiled, Contract, compile_source
    from sandbox.sdk.compiled import compile_source as compile  # noqa: A004
    from sandbox.sdk.errors import (
        CompileError,
        ContractReverted,
        DeskProblem,
        LabStopped,
        LogRewritten,
        PermitRefused,
        SdkError,
    )
    from sandbox.sdk.labs.lab import Lab
    from sandbox.sdk.labs.opening import lab
    from sandbox.sdk.ledgers import ledger
    from sandbox.sdk.trials import Trial, connect, trial
    from sandbox.sdk.webhooks import verify_webhook

_HOMES: Final = {
    "CompileError": ".errors",
    "Compiled": ".compiled",
    "Contract": ".compiled",
    "ContractReverted": ".errors",
    "DeskProblem": ".errors",
    "Lab": ".labs.lab",
    "LabStopped": ".errors",
    "LogRewritten": ".errors",
    "PermitRefused": ".errors",
    "SdkError": ".errors",
    "Trial": ".trials",
    "compile": ".compiled",
    "compile_source": ".compiled",
    "connect": ".trials",
    "lab": ".labs.opening",
    "ledger": ".ledgers",
    "trial": ".trials",
    "verify_webhook": ".webhooks",
}

_CALLED: Final = {"compile": "compile_source"}
"""Names that would hide a builtin in their own module."""

__all__ = [
    "CompileError",
    "Compiled",
    "Contract",
    "ContractReverted",
    "DeskProblem",
    "Lab",
    "LabStopped",
    "LogRewritten",
    "PermitRefused",
    "SdkError",
    "Trial",
    "compile",
    "compile_source",
    "connect",
    "lab",
    "ledger",
    "trial",
    "verify_webhook",
]

__getattr__ = lazily(__name__, _HOMES, _CALLED)
