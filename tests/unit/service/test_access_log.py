"""What a line of the access log says, and when it is written."""

import asyncio
import io
import json
import re

import pytest

from horde_model_reference.service.access_log import (
    FLUSH_INTERVAL_SECONDS,
    MAX_WAITING_LINES,
    AccessLog,
    AccessLogStyle,
    client_text,
)


def a_line(stream: io.StringIO, log: AccessLog, described: str, *, client: str = "192.0.2.1:80") -> str:
    async def note() -> None:
        log.note(client, described)

    asyncio.run(note())
    log.flush()
    return stream.getvalue()


def test_a_json_line_names_its_fields() -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=AccessLogStyle.JSON)

    line = a_line(stream, log, log.describe("GET", b'/a?b="', 200, 17, request_id="r1", duration_ms=None))

    fields = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", fields.pop("time"))
    assert fields == {
        "level": "info",
        "event": "request",
        "client": "192.0.2.1:80",
        "method": "GET",
        "target": '/a?b="',
        "status": 200,
        "bytes": 17,
        "request_id": "r1",
    }


@pytest.mark.parametrize("style", AccessLogStyle)
def test_a_client_that_a_header_names_can_not_write_fields_or_lines_of_its_own(style: AccessLogStyle) -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=style)
    named = client_text(('evil","status":"200\n\x1b[2J', 0))

    line = a_line(stream, log, log.describe("GET", b"/a", 404, 17), client=named)

    assert line.count("\n") == 1
    assert "\x1b" not in line
    if style is AccessLogStyle.JSON:
        assert json.loads(line)["status"] == 404


def test_a_client_is_named_by_address_and_port() -> None:
    assert client_text(("2001:db8::1", 80)) == "2001:db8::1:80"
    assert client_text(None) == "-:0"


def test_a_console_line_is_short() -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=AccessLogStyle.CONSOLE)

    line = a_line(stream, log, log.describe("GET", b"/a", 200, 17, request_id="r1"))

    assert line.split(" ", 1)[1] == "INFO  192.0.2.1:80 GET /a 200 17 request_id=r1\n"


def test_a_line_is_written_soon_without_a_flush() -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=AccessLogStyle.CONSOLE)

    async def note_and_wait() -> None:
        log.note("c", "one")
        log.note("c", "two")
        await asyncio.sleep(2 * FLUSH_INTERVAL_SECONDS)

    asyncio.run(note_and_wait())

    assert len(stream.getvalue().splitlines()) == 2


def test_many_lines_do_not_wait() -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=AccessLogStyle.CONSOLE)

    async def note_many() -> None:
        for _ in range(MAX_WAITING_LINES):
            log.note("c", "one")

    asyncio.run(note_many())

    assert len(stream.getvalue().splitlines()) == MAX_WAITING_LINES


def test_a_log_that_is_off_writes_nothing() -> None:
    stream = io.StringIO()

    assert a_line(stream, AccessLog(stream, style=AccessLogStyle.JSON, is_on=False), "one") == ""


@pytest.mark.parametrize("style", AccessLogStyle)
def test_a_closed_stream_stops_nobody(style: AccessLogStyle) -> None:
    stream = io.StringIO()
    log = AccessLog(stream, style=style)
    asyncio.run(_note_one(log))
    stream.close()

    log.flush()


async def _note_one(log: AccessLog) -> None:
    log.note("c", "one")
