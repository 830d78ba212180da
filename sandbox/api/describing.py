"""The description of the interface (OpenAPI 3.1) as it really is.

Rules:

1. Every error is a problem (RFC 9457): ``4XX`` and ``5XX`` of each operation say so. What the
   framework would describe itself (422) never happens here.
2. Every JSON read may be answered with 304 and takes ``If-None-Match``; every part of a list has
   ``Link``.
3. Each operation has a summary, each body an example (a test looks).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import ConfigDict

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "code", "params", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "A name of the error for ever."},
        "title": {"type": "string", "description": "In the caller's language."},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "One of the reference's error codes."},
        "params": {"type": "object", "description": "What the words are made with."},
        "request_id": {"type": "string", "description": "To quote when asking for help."},
        "clause": {"type": "string", "description": "For refusals: which clause said no."},
        "what_to_do": {"type": "string"},
    },
    "examples": [
        {
            "type": "urn:synak:problem:token.missing",
            "title": "This address needs a token.",
            "status": 401,
            "code": "token.missing",
            "params": {},
            "request_id": "5f2b9c0d1e3a4f60",
        }
    ],
}
_ANSWER: Final = {
    "description": "A problem (RFC 9457).",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_TAG: Final = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "maxLength": 400},
    "description": "The `ETag` of an answer that is kept: 304 when it is still the same.",
}
_ETAG: Final = {"description": "Changes with the answer.", "schema": {"type": "string"}}
_LINK: Final = {
    "description": 'RFC 8288: `rel="next"` leads to the next part, when there is one.',
    "schema": {"type": "string"},
}


def taken(**example: Any) -> ConfigDict:
    """What a body is: these fields and no others, and an example of it."""
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [example]})


def describe(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """What ``app.openapi`` is to be.

    Args:
        app: with all its routes.
    """

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                servers=app.servers,
            )
            for operations in made["paths"].values():
                for method, operation in operations.items():
                    _complete(method, operation)
            schemas = made["components"]["schemas"]
            schemas["Problem"] = PROBLEM
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
            app.openapi_schema = made
        return app.openapi_schema

    return openapi


def _complete(method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    answers |= {"4XX": _ANSWER, "5XX": _ANSWER}
    good = answers.get("200")
    if method != "get" or good is None or "application/json" not in good.get("content", {}):
        return
    headers = {"ETag": _ETAG}
    if any(each.get("name") == "after" for each in operation.get("parameters", ())):
        headers["Link"] = _LINK
    good["headers"] = headers
    answers["304"] = {"description": "As it was.", "headers": {"ETag": _ETAG}}
    operation.setdefault("parameters", []).append(_TAG)
