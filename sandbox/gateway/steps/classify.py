"""Step 3: is this method offered, and can its parameters be right?

Exact match against ``sandbox.gateway.methods``; whatever is not found there is
refused, so a method that a later engine adds is refused until somebody has
classified it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sandbox.gateway.methods import OFFERED, Method, find
from sandbox.gateway.steps.parse import Request
from sandbox.kit.errors import InvalidInput


class Call(NamedTuple):
    """A request whose method is offered and whose parameters have been read."""

    method: Method
    params: list[Any]


def classify(request: Request) -> Call:
    """Find the method and read its parameters.

    Args:
        request: as parsed, without an error of its own.

    Raises:
        InvalidInput: ``gateway.method_unknown``, ``gateway.method_not_offered``,
            ``gateway.params_invalid``, ``gateway.override_refused``.
    """
    method = find(request.method)
    if method is None:
        raise InvalidInput("gateway.method_unknown", method=request.method[:64])
    if method.kind not in OFFERED or method.schema is None:
        raise InvalidInput("gateway.method_not_offered", method=method.name, kind=method.kind.value)
    return Call(method, method.schema(request.params))
