"""Where the national contracts are: public, the same for everybody."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from sandbox.api.parts import DeskParts

router = APIRouter(tags=["national"])
ABI = {"kgst": "KGST", "som": "DigitalSom"}


@router.get("/national", summary="Chains and national contracts")
def national(request: Request) -> dict[str, Any]:
    """Per chain: id, RPC path, Supervisor, token, asset, names of the contracts.

    On the KGST chain also Attestations, where permits and heads of the audit log are attested.
    """
    parts: DeskParts = request.app.state.parts
    chains = {}
    for name, found in parts.ports.gateway.national().items():
        asset, token = next(iter(found.tokens.items()))
        chains[name] = {
            "chain_id": found.chain_id,
            "rpc": f"{parts.public_url}/rpc/{name}",
            "supervisor": found.supervisor,
            **({"attestations": found.attestations} if found.attestations else {}),
            "token": token,
            "asset": asset,
            "contracts": {"supervisor": "Supervisor", "token": ABI[name]},
        }
    return {"chains": chains}
