"""Solidity to something that can be deployed.

Rules: sources are text or files; imports of ``@openzeppelin/contracts/…`` and
``synak/IKGST.sol`` resolve, anything else from disk or the network does not; a
source that does not compile is one error with the compiler's own words.

Example::

    shop = compile_source("shop.sol")           # one contract in it
    both = compile_source(text)                 # several: both["Shop"], both["Factory"]
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.contracts.compiler import compile_sources
from sandbox.kit.errors import InvalidInput
from sandbox.sdk.errors import SdkError


@dataclass(frozen=True)
class Contract:
    """One compiled contract.

    Attributes:
        name: as in the source.
        abi: its interface.
        bytecode: what is deployed, without constructor arguments.
        runtime: what stays on chain.
    """

    name: str
    abi: list[dict[str, Any]] = field(repr=False)
    bytecode: bytes = field(repr=False)
    runtime: bytes = field(repr=False)

    @property
    def deployable(self) -> bool:
        """False for interfaces and abstract contracts."""
        return bool(self.bytecode)

    def _repr_html_(self) -> str:
        return (
            f"<b>{html.escape(self.name)}</b>: {len(self.runtime)} bytes, "
            f"{sum(item.get('type') == 'function' for item in self.abi)} functions"
        )


class Compiled(Mapping[str, Contract]):
    """The contracts of one source, by name.

    Args:
        contracts: the contracts that the source itself defines.
    """

    def __init__(self, contracts: Mapping[str, Contract]) -> None:
        self._contracts = dict(contracts)

    def __getitem__(self, name: str) -> Contract:
        try:
            return self._contracts[name]
        except KeyError:
            raise SdkError("sdk.contract_choice", names=", ".join(self._contracts)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._contracts)

    def __len__(self) -> int:
        return len(self._contracts)

    def __repr__(self) -> str:
        return f"Compiled({', '.join(self._contracts)})"

    @property
    def only(self) -> Contract:
        """The one deployable contract.

        Raises:
            SdkError: ``sdk.contract_choice`` when there are several or none.
        """
        deployable = [each for each in self._contracts.values() if each.deployable]
        if len(deployable) != 1:
            raise SdkError("sdk.contract_choice", names=", ".join(self._contracts))
        return deployable[0]


def compile_source(source: str | Path) -> Compiled:
    """Compile a Solidity source.

    Args:
        source: the text, or the path of a ``.sol`` file.

    Returns:
        The contracts that the source defines (not those it imports).

    Raises:
        SdkError: ``compile.failed`` with the compiler's words and their place, or
            another of the compiler's codes; ``sdk.source_missing``.
    """
    name, text = _read(source)
    try:
        artifacts = compile_sources({name: text})
    except InvalidInput as error:
        said: dict[str, Any] = error.params
        raise SdkError(error.code, **said) from None
    return Compiled(
        {
            each: Contract(each, list(artifact.abi), artifact.bytecode, artifact.runtime)
            for each, artifact in artifacts.items()
        }
    )


def one(contract: Contract | Compiled) -> Contract:
    """The contract that is meant.

    Raises:
        SdkError: ``sdk.contract_choice``.
    """
    return contract.only if isinstance(contract, Compiled) else contract


def _read(source: str | Path) -> tuple[str, str]:
    """The file's name and text; a text has a line end or a brace, a path has neither."""
    if isinstance(source, str) and ("\n" in source or "{" in source):
        return "source.sol", source
    path = Path(source).expanduser()
    try:
        return path.name, path.read_text("utf-8")
    except OSError as error:
        raise SdkError("sdk.source_missing", path=str(path), reason=error.strerror) from None
