"""Errors as pages: what happened and what to do about it; for programs the envelope of the API."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from horde_model_reference.domain.errors import RegistryError
from horde_model_reference.service.errors import error_answer, status_of, told
from horde_model_reference.service.web.beside_api import accepts_html
from horde_model_reference.service.web.rendering import render

_TITLES: Mapping[int, str] = {
    400: "That request can't be answered",
    401: "Please sign in",
    403: "You may not do that",
    404: "There is nothing here",
    405: "That can't be done here",
    409: "Somebody was faster",
    410: "That page is of the past",
    413: "That is too much",
    422: "Something in the request is not right",
    500: "Something went wrong here",
    502: "The AI-Horde does not answer",
    503: "That is not available right now",
}
_ADVICE: Mapping[int, str] = {
    400: "Go back and change what you asked for.",
    401: "Sign in with your AI-Horde key, then try again.",
    403: "If you think you should be able to, ask the people who run this registry.",
    404: "Perhaps it was renamed or removed. Look for it in the search.",
    405: "Go back to the page that you came from.",
    409: "Look at what changed meanwhile, then decide again.",
    410: "The data has changed since. Begin again with the first page of the results.",
    413: "Go back and send less at once; browsers keep the long texts of a form there.",
    422: "Go back, correct it, and try again.",
    500: "Try again in a minute. If it happens again, report it with the number above.",
    502: "Its figures come back by themselves; everything else here works without them.",
    503: "Try again in a few minutes.",
}


def add_error_pages(pages: FastAPI) -> None:
    """Make every error of a page an answer that people can act on."""

    def of_registry(request: Request, error: Exception) -> Response:
        return error_page(request.scope, status_of(type(error)), told(error))

    def of_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
        headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
        detail = str(getattr(error, "detail", ""))
        is_plain = detail == HTTPStatus(status).phrase
        answer = error_page(request.scope, status, _unknown_address(request) if is_plain else detail)
        answer.headers.update(headers)
        return answer

    def of_validation(request: Request, error: Exception) -> Response:
        problems = error.errors() if isinstance(error, RequestValidationError) else ()
        if any(problem["loc"][0] == "path" for problem in problems):
            return error_page(request.scope, HTTPStatus.NOT_FOUND, _unknown_address(request))
        text = "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in problems)
        return error_page(request.scope, HTTPStatus.UNPROCESSABLE_ENTITY, text)

    pages.add_exception_handler(RegistryError, of_registry)
    pages.add_exception_handler(HTTPException, of_http)
    pages.add_exception_handler(RequestValidationError, of_validation)


def error_page(scope: Scope, status: int, text: str) -> Response:
    """Return an error as a page, or in the envelope where the client did not ask for pages."""
    if not accepts_html(scope):
        return error_answer(status, text, vary="Accept")
    return render(
        Request(scope),
        "error.html",
        status=status,
        heading=_TITLES.get(status, HTTPStatus(status).phrase),
        text=text,
        advice=_ADVICE.get(status, "Go back to the page that you came from."),
    )


def _unknown_address(request: Request) -> str:
    if request.method not in {"GET", "HEAD"}:
        return f"{request.method} is not possible at this address."
    return f"No page has the address {request.url.path}."
