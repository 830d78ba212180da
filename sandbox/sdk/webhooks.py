"""Receiving webhooks: whether a message came from the desk, unchanged and lately.

Rules: check before reading anything of the body; a message may come more than once, under the same
``webhook-id``; a receiver answers 2xx at once and works afterwards.

>>> from sandbox.domain.webhooks import headers, read_secret
>>> secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"type":"file.suspend"}'
>>> at = datetime(2026, 11, 22, tzinfo=UTC)
>>> said = headers([read_secret(secret)], "evt_1", at, body)
>>> verify_webhook(secret, said, body, at=at)["type"]
'file.suspend'

Source: Standard Webhooks, specification 1.0.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.domain.webhooks import verify
from sandbox.kit.errors import InvalidInput


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, at: datetime | None = None
) -> dict[str, Any]:
    """The event in a message, if the desk signed it.

    Args:
        secret: ``whsec_…``, as shown once.
        headers: the request's, by names in any case.
        body: as received, to the byte: before any parsing.
        at: the receiver's time; now when left out.

    Returns:
        ``{type, version, timestamp, data}``.

    Raises:
        InvalidInput: ``webhook.not_signed``, ``webhook.too_old``, ``webhook.secret_malformed``.
    """
    verify(secret, headers, body, at=at or datetime.now(UTC))
    try:
        event = json.loads(body)
    except ValueError:
        event = None
    if not isinstance(event, dict):
        raise InvalidInput("webhook.not_signed")
    return event
