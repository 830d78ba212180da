"""Errors as RFC 9457 problems: the code, the parameters, words in the caller's language.

>>> problem_of(InvalidInput("terms.no_asset"), "en", "r1")["status"]
400

Source: RFC 9457.
"""

from __future__ import annotations

from typing import Any, Final

import structlog
from fastapi import FastAPI
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.kit.errors import InvalidInput, NotFound, Refused, SynakError
from sandbox.locale import Language, has_wording, language, wording

MEDIA: Final = "application/problem+json"
log = structlog.get_logger("desk")


def install(app: FastAPI) -> None:
    """Give an application these handlers."""
    app.add_exception_handler(SynakError, on_error)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(Exception, on_surprise)


def problem_of(error: SynakError, lang: Language, request_id: str) -> dict[str, Any]:
    """The body of a problem.

    Args:
        error: what happened.
        lang: the caller's language.
        request_id: to quote when asking for help.
    """
    code = error.code if has_wording(error.code) or error.status < 500 else "internal"
    body: dict[str, Any] = {
        "type": f"urn:synak:problem:{code}",
        "title": wording(code, error.params, lang),
        "status": error.status,
        "code": code,
        "params": jsonable_encoder(error.params),
        "request_id": request_id,
    }
    if isinstance(error, Refused):
        clause = code.rpartition(".")[2]
        helps = f"what_to_do.{clause}"
        body |= {"clause": clause, **jsonable_encoder(error.params)}
        if has_wording(helps):
            body["what_to_do"] = wording(helps, error.params, lang)
    return body


def answer(request: Request, error: SynakError) -> Response:
    """A problem as a response."""
    state = request.scope.get("state", {})
    request_id = str(state.get("request_id", ""))
    otherwise: Language = state.get("language", "en")
    lang = language(request.headers.get("accept-language"), otherwise=otherwise)
    headers = {"WWW-Authenticate": 'Bearer realm="synak"'} if error.status == 401 else None
    return JSONResponse(
        problem_of(error, lang, request_id),
        status_code=error.status,
        media_type=MEDIA,
        headers=headers,
    )


async def on_error(request: Request, error: Exception) -> Response:
    """One of our own errors."""
    assert isinstance(error, SynakError)
    if error.status >= 500:
        log.error("desk.failed", code=error.code)
    return answer(request, error)


async def on_http(request: Request, error: Exception) -> Response:
    """An error of the framework."""
    assert isinstance(error, HTTPException)
    known = (
        NotFound("web.not_found") if error.status_code == 404 else SynakError("web.wrong_method")
    )
    response = answer(request, known)
    response.status_code = error.status_code
    return response


async def on_validation(request: Request, error: Exception) -> Response:
    """A body or a parameter of the wrong form: each place is named, its value is not repeated."""
    assert isinstance(error, RequestValidationError)
    places = [
        {"place": ".".join(str(part) for part in each["loc"]), "reason": each["type"]}
        for each in error.errors()[:20]
    ]
    return answer(request, InvalidInput("api.malformed", places=places))


async def on_surprise(request: Request, error: Exception) -> Response:
    """Something nobody thought of: the log knows more, the caller gets the request's id."""
    log.error("desk.surprise", exc_info=error)
    return answer(request, SynakError("internal"))
