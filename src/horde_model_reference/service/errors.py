"""From errors to answers: one table, one envelope."""

import logging
import secrets
from collections.abc import Callable
from http import HTTPStatus

import orjson
from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from horde_model_reference.catalog.live import LiveDataUnavailableError
from horde_model_reference.catalog.search_errors import InvalidSearchError, SearchCursorGoneError
from horde_model_reference.domain import changes, errors

_log = logging.getLogger(__name__)

STATUS_OF_ERROR: dict[type[errors.RegistryError], HTTPStatus] = {
    errors.NotFoundError: HTTPStatus.NOT_FOUND,
    errors.ConflictError: HTTPStatus.CONFLICT,
    errors.PreconditionFailedError: HTTPStatus.PRECONDITION_FAILED,
    errors.InvalidRecordError: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NotPermittedError: HTTPStatus.FORBIDDEN,
    errors.SourceUnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
    # Only a missing or an existing record, and one that moved on, count as conflicts (spec 10, Errors).
    errors.InvalidTransitionError: HTTPStatus.BAD_REQUEST,
    changes.MixedBatchError: HTTPStatus.BAD_REQUEST,
    changes.MissingPayloadError: HTTPStatus.BAD_REQUEST,
    changes.ReservedNameError: HTTPStatus.BAD_REQUEST,
    changes.RecordTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}
"""The nearest base class of an error that stands here gives the status."""


class UnavailableError(errors.RegistryError):
    """The mode or format of this deployment does not offer what was asked for."""


class UnknownCategoryError(errors.RegistryError):
    """No category has this name, where the error is a text and not a list (spec 10, Unknown category)."""


class UnknownPartError(errors.NotFoundError):
    """What is shown in parts or pages has fewer of them."""


class InvalidKeyError(errors.RegistryError):
    """An API key is nobody's, or nobody is on the list that it would have to be on."""


class UnsupportedRequestError(errors.RegistryError):
    """The request is well formed, but not for this category, or names something that doesn't exist."""


_STATUS_OF_SERVICE_ERROR: dict[type[errors.RegistryError], HTTPStatus] = {
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    UnknownCategoryError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidKeyError: HTTPStatus.UNAUTHORIZED,
    UnsupportedRequestError: HTTPStatus.BAD_REQUEST,
    LiveDataUnavailableError: HTTPStatus.BAD_GATEWAY,
    InvalidSearchError: HTTPStatus.BAD_REQUEST,
    SearchCursorGoneError: HTTPStatus.GONE,
}


def error_answer(status: int, detail: object, **headers: str) -> Response:
    """Return an error in the recorded envelope."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(orjson.dumps({"detail": detail}), status, headers=named, media_type="application/json")


def add_error_handlers(app: FastAPI) -> None:
    """Make the errors of the domain answers; the framework's own keep their form."""

    def answer(_request: Request, error: Exception) -> Response:
        return error_answer(status_of(type(error)), told(error))

    app.add_exception_handler(errors.RegistryError, answer)


def told(error: Exception) -> str:
    """Return what clients are told of an error; where the database lies is for the log alone."""
    if not isinstance(error, errors.StoreError):
        return str(error)
    _log.error("the database did not do what a request needed: %s", str(error))
    return "The registry can't use its database now. Try again in a moment; if it stays so, tell who runs it."


def status_of(error: type[BaseException]) -> HTTPStatus:
    """Return the status that answers an error."""
    known = STATUS_OF_ERROR | _STATUS_OF_SERVICE_ERROR
    return next((known[base] for base in error.__mro__ if base in known), HTTPStatus.INTERNAL_SERVER_ERROR)


class UnhandledErrors:
    """Answers 500 for what nobody handled, and logs it once with the number in the answer.

    ``answer`` makes the answer of the request, a status and a text; without it, the envelope of the API.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        answer: Callable[[Scope, int, str], Response] = lambda _scope, status, detail: error_answer(
            status, detail
        ),
    ) -> None:
        self._app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and answer where that fails before an answer began."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def noting_send(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting_send)
        except Exception:
            request_id = secrets.token_hex(8)
            _log.exception(
                "unhandled error in %s %s (request %s)", scope["method"], scope["path"], request_id
            )
            if has_begun:
                raise
            detail = f"The service failed to answer; quote request {request_id} when you report it."
            answer = self._answer(scope, HTTPStatus.INTERNAL_SERVER_ERROR, detail)
            answer.headers["x-request-id"] = request_id
            await answer(scope, receive, send)
