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
from sandbox.run.parts import parts, steps
from sandbox.settings import Settings

NOT_BUILT = 4
"""Exit code of a part whose modules are not all there yet."""


def main(arguments: Sequence[str]) -> int:
    """Run one process until it is told to stop.

    Args:
        arguments: the name of the process.

    Returns:
        The exit code: 0 when it stopped as asked, 3 when it refused to start, 4 when its
        modules are not there.
    """
    (name,) = arguments
    configure(name)
    try:
        settings = Settings.load()
        if name == "signer":
            _signer(settings)
        else:
            table = {part.name: part for part in (*steps(settings), *parts(settings))}
            importlib.import_module(table[name].module).main(settings)
    except ModuleNotFoundError as error:
        if not str(error.name).startswith("sandbox."):
            raise
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        return NOT_BUILT
    except SynakError as error:
        print(f"{name}: {error}", file=sys.stderr)  # noqa: T201
        return 3
    return 0


def _signer(settings: Settings) -> None:
    """Put the signer together: which user id may sign with which keys."""
    from sandbox.chain.signer.server import SignerConfig, serve  # noqa: PLC0415

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
