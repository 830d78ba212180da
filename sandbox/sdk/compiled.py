"""Solidity and Vyper to something that can be deployed.

Rules: a source is text, a file, or several; imports of ``@openzeppelin/contracts/…``,
``synak/IKGST.sol`` and the other given sources resolve, anything else from disk or the network
does not; a source that does not compile is one error with the compiler's words and their places,
shown in a notebook with the lines themselves.

Example::

    shop = compile("shop.sol")                  # one contract in it
    both = compile(text)                        # several: both["Shop"], both["Factory"]
    many = compile("shop.sol", "till.sol")      # files that import each other
    many = compile({"Shop.sol": text, "Till.sol": other})
    till = compile("till.vy")                   # Vyper, with synak[vyper]
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.contracts.compiler import Compilation, compile_with_warnings, standard_input
from sandbox.contracts.vyper import compile_vyper, is_vyper
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.sdk.errors import CompileError, SdkError
from sandbox.sdk.problems import problem_html, problem_text

Source = str | Path | Mapping[str, str]


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
    """The contracts of one compilation, by name.

    Args:
        contracts: the contracts that the sources themselves define.
        warnings: what the compiler found doubtful.
        standard_json: what was compiled, as one text.

    Attributes:
        warnings: ``{file, line, column, message, text}`` each; shown in a notebook.
        standard_json: the standard JSON input to paste where the desk asks for the source (the
            explorer's verification, a contract review); None for Vyper.
    """

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        warnings: list[dict[str, Any]] | None = None,
        standard_json: str | None = None,
    ) -> None:
        self._contracts = dict(contracts)
        self.warnings = list(warnings or [])
        self.standard_json = standard_json

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
        said = [f"Compiled({', '.join(self._contracts)})"]
        return "\n".join([*said, *(f"warning: {problem_text(each)}" for each in self.warnings)])

    def _repr_html_(self) -> str:
        made = "".join(f"<li>{each._repr_html_()}</li>" for each in self._contracts.values())
        warned = "".join(f"<p>⚠ {problem_html(each)}</p>" for each in self.warnings)
        return f"<ul>{made}</ul>{warned}"

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


def compile_source(source: Source, *more: str | Path) -> Compiled:
    """Compile Solidity, or Vyper when ``synak[vyper]`` is installed.

    ``sandbox.sdk.compile`` is the same function. At most 64 sources, a megabyte and two minutes.

    Args:
        source: the text (a notebook cell's string), the path of a ``.sol`` or ``.vy`` file, or
            several texts by their file names.
        *more: paths of further files; sources import each other by their names.

    Returns:
        The contracts that the sources define (not those they import), and the warnings.

    Raises:
        CompileError: ``compile.failed``: each problem with file, line and column.
        SdkError: another of the compiler's codes (``compile.timeout``, ``compile.too_large``,
            ``compile.no_vyper``, …); ``sdk.source_missing``; ``sdk.two_languages``.
    """
    sources = dict(source) if isinstance(source, Mapping) else dict([_read(source)])
    for each in more:
        name, text = _read(each)
        if name in sources:
            raise SdkError("sdk.source_twice", file=name)
        sources[name] = text
    try:
        made = _compile(sources)
    except (InvalidInput, Unavailable) as error:
        said: dict[str, Any] = error.params
        kind = CompileError if error.code == "compile.failed" else SdkError
        raise kind(error.code, **said) from None
    contracts = {
        name: Contract(name, list(each.abi), each.bytecode, each.runtime)
        for name, each in made.contracts.items()
    }
    vyper = any(is_vyper(name, text) for name, text in sources.items())
    return Compiled(
        contracts, made.warnings, None if vyper else json.dumps(standard_input(sources))
    )


def _compile(sources: Mapping[str, str]) -> Compilation:
    languages = {is_vyper(name, text) for name, text in sources.items()}
    if len(languages) == 2:
        raise InvalidInput("sdk.two_languages")
    if True not in languages:
        return compile_with_warnings(sources)
    return compile_vyper({_vyper_name(name): text for name, text in sources.items()})


def _vyper_name(name: str) -> str:
    return name if name.endswith((".vy", ".vyi")) else name.removesuffix(".sol") + ".vy"


def one(contract: Contract | Compiled) -> Contract:
    """The contract that is meant.

    Raises:
        SdkError: ``sdk.contract_choice``.
    """
    return contract.only if isinstance(contract, Compiled) else contract


def _read(source: str | Path) -> tuple[str, str]:
    """The file's name and text; a text has a line end or a brace, a path has neither."""
    if isinstance(source, str) and ("\n" in source or "{" in source):
        return ("source.vy" if is_vyper("", source) else "source.sol"), source
    path = Path(source).expanduser()
    try:
        return path.name, path.read_text("utf-8")
    except OSError as error:
        raise SdkError("sdk.source_missing", path=str(path), reason=error.strerror) from None
    except ValueError:
        raise SdkError("sdk.source_missing", path=str(path), reason="UTF-8") from None
