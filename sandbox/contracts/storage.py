"""Where a contract keeps a value: slots and bits, from the compiler's storage layout.

Nothing is counted by hand: when a source changes, so does the layout that its build carries.

Source: Solidity documentation, "Layout of State Variables in Storage and Transient Storage".

>>> layout = {
...     "storage": [{"label": "held", "slot": "3", "offset": 0, "type": "m"}],
...     "types": {
...         "m": {"encoding": "mapping", "key": "a", "value": "p"},
...         "p": {"members": [{"label": "kind", "slot": "0", "offset": 4, "type": "k"}]},
...         "k": {"encoding": "inplace", "numberOfBytes": "1"},
...     },
... }
>>> found = place(layout, "held", 7, "kind")
>>> (found.bits, found.size)
(32, 8)
>>> hex(found.put(0, 5))
'0x500000000'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.kit.keccak import keccak


@dataclass(frozen=True, slots=True)
class Place:
    """One value in a contract's storage.

    Attributes:
        slot: of the word that holds it.
        bits: how far it is shifted in the word.
        size: its width, bits.
    """

    slot: int
    bits: int
    size: int

    @property
    def most(self) -> int:
        """The greatest value that fits."""
        return (1 << self.size) - 1

    def put(self, word: int, value: int) -> int:
        """The word with another value in this place.

        Args:
            word: what the slot holds, as a number.
            value: 0 to ``most``.
        """
        return word & ~(self.most << self.bits) | (value & self.most) << self.bits


def place(layout: Mapping[str, Any], label: str, *path: int | str) -> Place:
    """Where a value is.

    Args:
        layout: ``storageLayout`` of the compiler.
        label: the state variable.
        *path: keys of mappings as numbers, members of structs by name, from outside inwards.

    Raises:
        KeyError: the layout has no such variable or member.
    """
    entry = _named(layout["storage"], label)
    slot, offset, kind = int(entry["slot"]), int(entry["offset"]), entry["type"]
    for step in path:
        said = layout["types"][kind]
        if isinstance(step, int):
            if said["encoding"] != "mapping":
                raise KeyError(label)
            slot = int.from_bytes(keccak(step.to_bytes(32, "big") + slot.to_bytes(32, "big")))
            offset, kind = 0, said["value"]
        else:
            member = _named(said["members"], step)
            slot, offset, kind = slot + int(member["slot"]), int(member["offset"]), member["type"]
    return Place(slot, offset * 8, int(layout["types"][kind]["numberOfBytes"]) * 8)


def _named(entries: list[dict[str, Any]], label: str) -> dict[str, Any]:
    for each in entries:
        if each["label"] == label:
            return each
    raise KeyError(label)
