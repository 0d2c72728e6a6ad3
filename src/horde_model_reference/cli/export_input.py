"""Where the generators of pages take an export from: a file, or a running registry."""

from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from horde_model_reference.cli.console import ExitCode, fail
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.formats.json_text import read_json_object

Export = TypeVar("Export", bound=BaseModel)

PrimaryApiUrl = Annotated[
    str | None,
    typer.Option(
        "--primary-api-url",
        metavar="URL",
        help="Take the export from this registry; ends in /api. This or --input.",
        show_default=False,
    ),
]
Input = Annotated[
    Path | None,
    typer.Option(
        "--input",
        metavar="FILE",
        help="Take the export from this file. This or --primary-api-url.",
        show_default=False,
    ),
]


def read_export(name: CatalogName, form: type[Export], *, url: str | None, file: Path | None) -> Export:
    """Return an export, checked; one that can't be used ends the program with one line.

    Raises:
        SourceUnavailableError: The registry gives none.
        OSError: The file can't be read.
    """
    if (url is None) == (file is None):
        fail("give exactly one of --primary-api-url and --input", ExitCode.USAGE)
    content = _fetched(name, url) if file is None else file.read_bytes()
    try:
        return form.model_validate(read_json_object(content))
    except ValidationError as error:
        first = error.errors()[0]
        place, message = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
        reason = ": ".join(filter(None, (place, message)))
    except InvalidRecordError as error:
        reason = str(error)
    fail(" ".join(f"{file or url}: no {name} export: {reason}".split()), ExitCode.REFUSED)


def _fetched(name: CatalogName, url: str | None) -> bytes:
    # HTTP is loaded only by those who ask for it.
    from horde_model_reference.sources.exports import EXPORT_PATHS
    from horde_model_reference.sources.http import Retries, get_with_retries

    if url is None or not url.lower().startswith(("http://", "https://")):
        fail("--primary-api-url has to begin with http:// or https://", ExitCode.USAGE)
    address = f"{url.rstrip('/')}{EXPORT_PATHS[name]}"
    return get_with_retries(address, headers={}, retries=Retries())
