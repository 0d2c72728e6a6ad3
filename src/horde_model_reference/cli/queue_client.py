"""The queue of a running service, as reviewers at a terminal need it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from horde_model_reference.cli.console import ExitCode, fail

if TYPE_CHECKING:
    import httpx

_PLACE = "/model_references/v2/pending_queue"
_TIMEOUT_SECONDS = 30.0
_NOT_FOUND = 404
_FIRST_ERROR = 400
_FIRST_OUTAGE = 500


class QueueClient:
    """Asks one service; every failure ends the program with one line and an exit status."""

    def __init__(self, http: "httpx.Client") -> None:
        self._http = http

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """Return the body of an answer."""
        return self._body("GET", path, params=dict(params or {}))

    def post(self, path: str, body: Mapping[str, Any], *, accept_partial: bool = False) -> Any:
        """Send a body and return that of the answer.

        ``accept_partial`` says that a failure with a body of its own, not just an error, is an answer.
        """
        return self._body("POST", path, json=body, accept_partial=accept_partial)

    def _body(self, method: str, path: str, *, accept_partial: bool = False, **request: Any) -> Any:
        import httpx

        try:
            answer = self._http.request(method, f"{_PLACE}{path}", **request)
        # Of a host name that none can have, it is a UnicodeError that tells.
        except (httpx.HTTPError, UnicodeError) as error:
            fail(f"the service can't be reached: {error}", ExitCode.UNREACHABLE)
        try:
            body = answer.json()
        except ValueError:
            fail("this is no service of a registry; look at --url", ExitCode.UNREACHABLE)
        if answer.status_code >= _FIRST_ERROR and not (accept_partial and "detail" not in body):
            fail(_reason(body), _exit_code(answer.status_code))
        return body


@contextmanager
def queue_client(url: str, apikey: str) -> Generator[QueueClient]:
    """Return a client of the queue at an address, closed at the end of the block."""
    import httpx

    if not apikey:
        fail("an API key is needed; set AI_HORDE_API_KEY", ExitCode.USAGE)
    if not (apikey.isascii() and apikey.isprintable()):
        fail("the API key holds characters that no key has", ExitCode.USAGE)
    if not url.startswith(("http://", "https://")):
        fail("--url has to begin with http:// or https://", ExitCode.USAGE)
    try:
        http = httpx.Client(base_url=url.rstrip("/"), headers={"apikey": apikey}, timeout=_TIMEOUT_SECONDS)
    except httpx.InvalidURL as error:
        fail(f"--url is no address: {error}", ExitCode.USAGE)
    with http:
        yield QueueClient(http)


def _reason(body: Any) -> str:
    detail: object = cast("dict[str, Any]", body).get("detail") if isinstance(body, dict) else body
    if isinstance(detail, list):
        problems = cast("list[dict[str, Any]]", detail)
        return "; ".join(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems)
    return str(detail)


def _exit_code(status: int) -> ExitCode:
    if status >= _FIRST_OUTAGE:
        return ExitCode.UNREACHABLE
    return ExitCode.FAILED if status == _NOT_FOUND else ExitCode.REFUSED
