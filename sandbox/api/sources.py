"""Sources of contracts: hand one in to be verified, read one that is."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from sandbox.api.bearer import Caller
from sandbox.contracts.standard_input import installed
from sandbox.services import explorer_verify
from sandbox.services.explorer_verify import SourceView, Verify

router = APIRouter(tags=["contracts"])
Chain = Literal["kgst", "som"]
At = Annotated[str, InPath(min_length=42, max_length=42, description="The contract's address.")]


class SourceBody(BaseModel):
    """A contract's source."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "contracts/Shop.sol:Shop",
                    "compiler": "0.8.37",
                    "input": {
                        "language": "Solidity",
                        "sources": {"contracts/Shop.sol": {"content": "…"}},
                        "settings": {"optimizer": {"enabled": True, "runs": 1000}},
                    },
                }
            ]
        },
    )
    input: str | dict[str, Any] = Field(
        description="Standard JSON input, as text or as it is."
        " Sources of `@openzeppelin/contracts/…` and `synak/…` may be left out."
    )
    name: str = Field(
        min_length=1, max_length=200, description="The contract: `Shop` or `a/Shop.sol:Shop`."
    )
    compiler: str = Field(
        default="", max_length=60, description="One of `GET /compilers`; the first when empty."
    )


@router.get("/compilers", summary="Compilers that sources are verified with")
def compilers() -> list[str]:
    """Installed versions of solc; another one is refused by name, never replaced."""
    return list(installed())


@router.post(
    "/contracts/{chain}/{address}/source", status_code=201, summary="Verify a contract's source"
)
def verify(call: Caller, chain: Chain, address: At, body: SourceBody) -> SourceView:
    """For the team that deployed it. Compiled here and compared byte by byte; may take a minute."""
    given = body.input if isinstance(body.input, str) else json.dumps(body.input)
    compiler = body.compiler or installed()[0]
    command = Verify(chain=chain, address=address, input=given, name=body.name, compiler=compiler)
    source = explorer_verify.verify(
        call.parts.store, call.known, command, gateway=call.parts.ports.gateway, at=call.at
    )
    return explorer_verify.source_view(source)


@router.get("/contracts/{chain}/{address}/source", summary="A contract's verified source")
def source(call: Caller, chain: Chain, address: At) -> SourceView:
    """ABI, settings and sources, as the explorer shows them to you."""
    with call.parts.store.unit(read_only=True) as u:
        return explorer_verify.open_source(u, call.known, chain, address)
