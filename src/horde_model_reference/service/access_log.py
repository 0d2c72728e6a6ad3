"""The access log: one line a request, formatted and written a few times a second (spec 10)."""

import asyncio
import json
import re
import time
from enum import StrEnum
from typing import TextIO

FLUSH_INTERVAL_SECONDS = 0.25
MAX_WAITING_LINES = 8192
_NOT_IN_ADDRESSES = re.compile(r"[^A-Za-z0-9.:%_-]")


class AccessLogStyle(StrEnum):
    """How a line of the access log is written."""

    JSON = "json"
    CONSOLE = "console"


def client_text(client: tuple[str, int] | None) -> str:
    """Return address and port for a line of the log; a proxy may have been told anything for an address."""
    host, port = client or ("-", 0)
    return f"{_NOT_IN_ADDRESSES.sub('?', host)}:{port}"


class AccessLog:
    """Notes requests at once and writes them together, at most ``FLUSH_INTERVAL_SECONDS`` later.

    The time of a line is the time of its note. All notes come from one event loop; whoever opens the log
    calls `flush` when the server has ended, so that the last lines are written too.
    """

    def __init__(self, stream: TextIO, *, style: AccessLogStyle, is_on: bool = True) -> None:
        self.is_on = is_on
        """False where the log level is above INFO: notes are dropped."""
        self._stream = stream
        self._style = style
        self._waiting: list[tuple[float, str, str]] = []

    def describe(
        self, method: str, target: bytes, status: int, body_bytes: int, **more: str | float | None
    ) -> str:
        """Return the part of a line that tells of request and answer, ready for `note`.

        ``target`` is the request target as it came; ``more`` are further fields, such as a request id,
        of which those that are None are left out.
        """
        fields: dict[str, str | float] = {
            "method": method,
            "target": target.decode("ascii", "backslashreplace"),
            "status": status,
            "bytes": body_bytes,
        }
        extra = {key: value for key, value in more.items() if value is not None}
        if self._style is AccessLogStyle.JSON:
            return json.dumps(fields | extra, separators=(",", ":"))[1:-1]
        pairs = [f"{key}={value}" for key, value in extra.items()]
        return " ".join([*map(str, fields.values()), *pairs])

    def note(self, client: str, described: str) -> None:
        """Add a line for a request of ``client`` (address and port); ``described`` comes from `describe`."""
        if not self.is_on:
            return
        waiting = self._waiting
        waiting.append((time.time(), client, described))
        if len(waiting) == 1:
            asyncio.get_running_loop().call_later(FLUSH_INTERVAL_SECONDS, self.flush)
        elif len(waiting) >= MAX_WAITING_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting. A stream that is closed or gone loses its lines, never a request."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        try:
            self._stream.write(self._format(waiting))
            self._stream.flush()
        except (OSError, ValueError):  # ValueError is what a closed stream raises
            return

    def _format(self, waiting: list[tuple[float, str, str]]) -> str:
        if self._style is AccessLogStyle.JSON:
            before, between, after = '{"time":"', 'Z","level":"info","event":"request","client":"', "}\n"
            quote = '",'
        else:
            before, between, after, quote = "", "Z INFO  ", "\n", " "
        lines: list[str] = []
        second, stamp = -1, ""
        for at, client, described in waiting:
            if int(at) != second:
                second = int(at)
                stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
            milliseconds = int(at * 1000) % 1000
            lines.append(f"{before}{stamp}.{milliseconds:03d}{between}{client}{quote}{described}{after}")
        return "".join(lines)
