"""The one error tree.

Errors carry a code and parameters, never wording; wording is found by code in
``sandbox/locale``. Problems are made only at the edge (RFC 9457 in the API,
pages in the web, JSON-RPC errors in the gateway)::

    SynakError
    ├── InvalidInput       what was sent cannot be right            400
    ├── NotAuthenticated   who is asking is not known               401
    ├── NotAllowed         known, but may not                       403
    ├── NotFound           no such thing, or not for you            404
    ├── Conflict           somebody was faster, or it is done       409
    ├── Refused            a permit's clause says no: evidence      422
    ├── IntegrityFailure   what was kept is not what was written    500
    └── Unavailable        a part is out of reach: try again        503

>>> InvalidInput("terms.end_before_start", start="2026-01-02").as_dict()
{'code': 'terms.end_before_start', 'params': {'start': '2026-01-02'}}
"""

from __future__ import annotations

from typing import ClassVar


class SynakError(Exception):
    """The root of every error that Synak raises on purpose.

    Args:
        code: dotted, lower case, stable (``part.what_is_wrong``).
        **params: JSON-able values that the wording may name; amounts as strings.
    """

    status: ClassVar[int] = 500

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def as_dict(self) -> dict[str, object]:
        """The error as data: ``code`` and ``params``."""
        return {"code": self.code, "params": self.params}

    def __str__(self) -> str:
        if not self.params:
            return self.code
        inside = ", ".join(f"{name}={value!r}" for name, value in self.params.items())
        return f"{self.code} ({inside})"


class InvalidInput(SynakError):
    """What was sent cannot be right, whoever sends it."""

    status = 400


class NotAuthenticated(SynakError):
    """Who is asking is not known: no credential, a wrong or an expired one."""

    status = 401


class NotAllowed(SynakError):
    """Who is asking is known and may not do this."""

    status = 403


class NotFound(SynakError):
    """No such thing, or none that this actor may learn of."""

    status = 404


class Conflict(SynakError):
    """The state has moved on: somebody was faster, or it was done already."""

    status = 409


class Refused(SynakError):
    """A clause of the permit says no. A refusal is evidence."""

    status = 422


class IntegrityFailure(SynakError):
    """What was read is not what was written: never go on from here."""

    status = 500


class Unavailable(SynakError):
    """A part that is needed is out of reach; the same request may succeed later."""

    status = 503
