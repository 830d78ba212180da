"""What a compiled contract is.

>>> body = {"source": "A.sol", "abi": [], "bytecode": "0x60", "runtime": "0x"}
>>> Artifact.from_json("A", body).bytecode
b'`'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_RUNTIME = 24_576
"""The longest code of a deployed contract in bytes. Source: EIP-170."""


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    Attributes:
        name: the contract's name in its source.
        source: the path of its source, as it was given to the compiler.
        abi: JSON ABI.
        bytecode: creation code, without constructor arguments; empty for an interface.
        runtime: code as deployed, immutables still zero; empty for an interface.
        storage: the compiler's storage layout (``sandbox.contracts.storage`` reads it).
        immutables: start and length of each place of an immutable in ``runtime``.
        compiler: its whole version, as the contract's metadata names it.
    """

    name: str
    source: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes
    storage: dict[str, Any] = field(default_factory=dict)
    immutables: tuple[tuple[int, int], ...] = ()
    compiler: str = ""

    def as_json(self) -> dict[str, Any]:
        """The artifact as JSON: bytes as ``0x`` hex."""
        return {
            "source": self.source,
            "abi": self.abi,
            "bytecode": "0x" + self.bytecode.hex(),
            "runtime": "0x" + self.runtime.hex(),
            "storage": self.storage,
            "immutables": self.immutables,
            "compiler": self.compiler,
        }

    @classmethod
    def from_json(cls, name: str, body: Mapping[str, Any]) -> Artifact:
        """The reverse of :meth:`as_json`."""
        return cls(
            name=name,
            source=body["source"],
            abi=body["abi"],
            bytecode=bytes.fromhex(body["bytecode"][2:]),
            runtime=bytes.fromhex(body["runtime"][2:]),
            storage=body.get("storage", {}),
            immutables=tuple((start, length) for start, length in body.get("immutables", ())),
            compiler=body.get("compiler", ""),
        )
