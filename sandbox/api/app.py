"""The JSON interface, version 1: ``/desk/api/v1``; its description is ``openapi.json`` there."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from sandbox.api import (
    audit,
    courses,
    customers,
    evidence,
    exits,
    handing_in,
    internal,
    ledger,
    national,
    problems,
    public,
    registers,
    replays,
    self_checks,
    sources,
    supervised_ledgers,
    terms,
    trial,
    wallets,
    webhooks,
)
from sandbox.api.bearer import scheme
from sandbox.api.bounds import Bounds, without_unkept
from sandbox.api.describing import describe
from sandbox.api.etags import ETags
from sandbox.api.parts import DeskParts

DESCRIPTION = """\
Simulated money. Nothing here is a licence or a decision of any authority.

Lists come in parts: `limit`, `after`, and `Link` with the address of the next part (RFC 8288).
Reads have an `ETag`; `If-None-Match` spares what did not change. `Idempotency-Key` does an act
once.

Amounts are decimal strings of minor units; limits may be the words `no limit`; times are ISO 8601
in UTC. Errors are RFC 9457 problems with a `code`, `params` and a `request_id`. No token carries
an act of law: those need a person at a browser.
"""


def create_api(parts: DeskParts) -> FastAPI:
    """The interface as an application to mount.

    Args:
        parts: store, ports, hub, clock.
    """
    app = FastAPI(
        title="Synak desk",
        version="1",
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        servers=[{"url": "/desk/api/v1"}],
        root_path_in_servers=False,
        dependencies=[Depends(without_unkept)],
    )
    app.state.parts = parts
    app.add_middleware(Bounds)
    app.add_middleware(ETags)
    problems.install(app)
    app.include_router(trial.router, dependencies=[Depends(scheme)])
    app.include_router(registers.router, dependencies=[Depends(scheme)])
    app.include_router(ledger.router, dependencies=[Depends(scheme)])
    app.include_router(terms.router, dependencies=[Depends(scheme)])
    app.include_router(customers.router, dependencies=[Depends(scheme)])
    app.include_router(sources.router, dependencies=[Depends(scheme)])
    app.include_router(wallets.router, dependencies=[Depends(scheme)])
    app.include_router(webhooks.router, dependencies=[Depends(scheme)])
    app.include_router(supervised_ledgers.router, dependencies=[Depends(scheme)])
    app.include_router(courses.router, dependencies=[Depends(scheme)])
    app.include_router(handing_in.router, dependencies=[Depends(scheme)])
    app.include_router(self_checks.router, dependencies=[Depends(scheme)])
    app.include_router(evidence.router, dependencies=[Depends(scheme)])
    app.include_router(exits.router, dependencies=[Depends(scheme)])
    app.include_router(replays.router, dependencies=[Depends(scheme)])
    for part in (national, audit, public, internal):
        app.include_router(part.router)
    app.openapi = describe(app)  # type: ignore[method-assign]
    return app
