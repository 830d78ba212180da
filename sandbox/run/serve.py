"""Entry of our own processes: ``python -m sandbox.run.serve <process>``.

Reads the settings, sets up logging, hands over to the part's ``main(settings)``.
A ``SynakError`` at start is printed as its code and parameters, without a trace.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

from sandbox.kit.errors import SynakError
from sandbox.run.identity import identities
from sandbox.run.logs import configure
from sandbox.settings import Settings

REFUSED = 3
"""Exit code of a part that refused to start; its log says why."""

RECURSION = 1_000
"""Python's own limit. A library (``py_ecc``) raises it to 100,000 when it is imported, with which
deeply nested JSON overflows the stack and ends the process instead of failing."""

MODULES = {
    "gateway": "sandbox.gateway.main",
    "worker": "sandbox.services.worker_main",
    "desk": "sandbox.web.main",
}
"""Part: the module whose ``main(settings)`` runs it until it is told to stop."""


def main(arguments: Sequence[str]) -> int:
    """Run one process until it is told to stop.

    Args:
        arguments: the name of the process.

    Returns:
        The exit code: 0 when it stopped as asked, :data:`REFUSED` when it did not start.
    """
    (name,) = arguments
    configure(name)
    try:
        settings = Settings.load()
        if name == "signer":
            _signer(settings)
        elif name == "store":
            _store(settings)
        else:
            part = importlib.import_module(MODULES[name])
            sys.setrecursionlimit(RECURSION)
            part.main(settings)
    except SynakError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        return REFUSED
    return 0


def _store(settings: Settings) -> None:
    """Bring the store up to date; in development also seed the demo's people."""
    from sandbox.store.main import main as migrate  # noqa: PLC0415 - only this process needs it

    migrate(settings)
    if settings.install.development:
        from sandbox.services.seed import main as seed  # noqa: PLC0415

        seed(settings)


def _signer(settings: Settings) -> None:
    """Put the signer together: which user id may sign with which keys."""
    from sandbox.chain.signer.server import SignerConfig, serve  # noqa: PLC0415

    sys.setrecursionlimit(RECURSION)
    ids = identities(settings.isolation.uid_base)
    allowed: dict[int, tuple[str, ...]] = {}
    if ids.separate:
        allowed = {
            ids.uid("desk"): ("regulator/", "sponsor/"),
            ids.uid("gateway"): ("permit/", "customer/", "system/"),
            ids.uid("worker"): (),
        }
    serve(
        SignerConfig(
            socket=settings.paths.signer_socket,
            seed=settings.paths.signer_dir / "seed",
            allowed=allowed,
            development=not ids.separate,
        )
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
