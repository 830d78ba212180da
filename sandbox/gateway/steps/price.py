"""Step 4: what does this request cost?

The price is in compute units and stands in the method table: the same for every permit, known
beforehand, and printed in the reference. It is charged before the work is done, also when the
answer turns out to be an error; what is not offered, or cannot be read, costs only its place
among the requests a second. A body with many values (``steps.parse.weight``) pays for being read
beforehand; that counts towards the prices of its requests, so that only what asks for less than
was read, or cannot be read, costs more.
"""

from __future__ import annotations

from sandbox.gateway.steps.classify import Call


def price(call: Call) -> int:
    """Compute units of a request.

    Args:
        call: classified.
    """
    return call.method.units
