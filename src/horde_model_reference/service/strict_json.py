"""Request bodies as JSON that everybody could read: no NaN, no half characters, no endless nesting."""

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.json_text import FormatError, read_json_object

_LARGE_BODY_BYTES = 64 * 1024


class StrictJsonRequest(Request):
    """A request whose body is a JSON object without anything doubtful in it."""

    async def json(self) -> dict[str, Any]:
        """Return the body; raise JSONDecodeError, which the framework answers with a list of problems."""
        body = await self.body()
        try:
            if len(body) > _LARGE_BODY_BYTES:
                return await run_in_threadpool(read_json_object, body)
            return read_json_object(body)
        except FormatError as error:
            raise json.JSONDecodeError(str(error), "", 0) from error


class StrictJsonRoute(APIRoute):
    """A route that reads its body so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler of the route."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            return await handle(StrictJsonRequest(request.scope, request.receive))

        return handle_strictly


def refused_body(error: InvalidRecordError, *within: str) -> RequestValidationError:
    """Return the answer to a record that is not valid, as a list with a place for each problem.

    ``within`` leads from the top of the body to the record.
    """
    return RequestValidationError(
        [
            {
                "type": problem.kind,
                "loc": ("body", *within, *problem.location),
                "msg": problem.message,
                "input": None,
            }
            for problem in error.problems
        ]
    )
