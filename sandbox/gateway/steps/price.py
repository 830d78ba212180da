"""Step 4: what does this request cost?

The price is in compute units and stands in the method table: the same for every permit, known
beforehand, and printed in the reference. It is charged before the work is done, also when the
answer turns out to be an error; what is not offered, or cannot be read, costs only its place
among the requests a second.
"""

from __future__ import annotations

from sandbox.gateway.steps.classify import Call


def price(call: Call) -> int:
    """Compute units of a request.

    Args:
        call: classified.
    """
    return call.method.units
