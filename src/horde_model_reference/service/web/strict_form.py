"""Forms as they are sent: UTF-8, of bounded length, and nothing else."""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import HTTPException
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect

MAX_INPUTS: Final = 10_000
"""More than the form of any record has."""
_FORM_TYPE: Final = "application/x-www-form-urlencoded"


class StrictFormRequest(Request):
    """A request with a form in it."""

    async def _get_form(self, **_limits: Any) -> FormData:  # what `form` waits for
        if self._form is None:
            body = await _whole_body(self)
            kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
            if body and kind != _FORM_TYPE:
                raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"A form is sent as {_FORM_TYPE}.")
            self._form = FormData(_inputs(body))
        return self._form


async def _whole_body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Only a part of the form came.") from error


def _inputs(body: bytes) -> list[tuple[str, str | UploadFile]]:
    try:
        return [
            *parse_qsl(
                body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_INPUTS
            )
        ]
    except UnicodeDecodeError as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The form is not UTF-8 text.") from error
    except ValueError as error:
        told = f"The form has more than {MAX_INPUTS} inputs."
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, told) from error
