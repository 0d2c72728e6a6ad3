"""The commands of reviewers, against a service in another thread."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hmr import Finished
from hmr import here as hmr

PLACE = "/api/model_references/v2/pending_queue"
KEY = "secret-key"

CHANGE: dict[str, Any] = {
    "change_id": 1,
    "status": "pending",
    "operation": "update",
    "category": "esrgan",
    "model_name": "A\x1b[31m",
    "requested_username": "Req#1001",
    "batch_id": None,
    "payload": {"name": "A"},
}
DIFF: dict[str, Any] = {
    "change_id": 1,
    "operation": "update",
    "category": "esrgan",
    "model_name": "A",
    "net_operation": "modified",
    "is_critical": True,
    "conflict": True,
    "field_diffs": [
        {"field_path": "nsfw", "change_type": "removed", "old_value": True, "new_value": None},
        {"field_path": "url", "change_type": "added", "old_value": None, "new_value": "x"},
        {"field_path": "n", "change_type": "modified", "old_value": 1, "new_value": 2},
        {
            "field_path": "tags",
            "change_type": "modified",
            "old_value": ["one", "two", "three", "four", "five", "six", "seven"],
            "new_value": ["one", "two", "three", "four", "five", "six", "eight"],
        },
    ],
}


class Service:
    """Answers every request alike, and notes what it was asked."""

    def __init__(self) -> None:
        self.status = 200
        self.answers: dict[str, Any] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.keys: set[str | None] = set()
        self.url = ""

    def answer(self, method: str, target: str, body: bytes, key: str | None) -> tuple[int, bytes]:
        path = target.removeprefix(PLACE)
        self.requests.append((method, path, json.loads(body) if body else None))
        self.keys.add(key)
        return self.status, json.dumps(self.answers.get(path.partition("?")[0], {"detail": "no"})).encode()

    def run(self, *arguments: str) -> Finished:
        return hmr("queue", *arguments, URL=self.url)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AI_HORDE_API_KEY", KEY)


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, content = service.answer(self.command, self.path, body, self.headers.get("apikey"))
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name is the base class's

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    service.url = f"http://127.0.0.1:{server.server_port}/api"
    yield service
    server.shutdown()
    thread.join()
    server.server_close()


def test_changes_that_wait_for_somebody_are_listed(service: Service) -> None:
    service.answers["/changes"] = {"items": [CHANGE], "total": 1}

    shown = service.run("list")

    assert shown.status == 0
    assert "Req#1001" in shown.out
    assert service.requests[0][1].startswith("/changes?statuses=pending&statuses=approved")
    assert service.keys == {KEY}


def test_nothing_that_the_service_says_reaches_the_terminal_as_a_command(service: Service) -> None:
    service.answers["/changes"] = {"items": [CHANGE], "total": 1}

    assert "\x1b" not in service.run("list").out


def test_ones_own_changes_are_listed_as_json(service: Service) -> None:
    page = {"items": [CHANGE], "total": 1}
    service.answers["/my_changes"] = page

    assert service.run("list", "--mine", "--status", "applied", "--json").json == page


def test_a_change_is_shown_with_what_was_said_about_it(service: Service) -> None:
    service.answers["/changes/1"] = CHANGE
    service.answers["/changes/1/comments"] = [{"username": "Appr#2003", "text": "why?"}]
    service.answers["/changes/1/checks"] = [
        {"subject": "Sum", "outcome": "note", "text": "Nobody has taken it.", "about": "a.pth\x1b"},
        {"subject": "Licence", "outcome": "good", "text": "MIT.", "about": None},
    ]

    shown = service.run("show", "1")

    assert "payload" in shown.out
    assert "Appr#2003: why?" in shown.out
    assert "look Sum of a.pth\\x1b: Nobody has taken it." in shown.out
    assert "ok Licence: MIT." in shown.out


def test_a_change_is_shown_as_json_with_all_that_is_known_of_it(service: Service) -> None:
    service.answers["/changes/1"] = CHANGE
    service.answers["/changes/1/comments"] = []
    service.answers["/changes/1/checks"] = []

    shown = service.run("show", "1", "--ask", "--json")

    assert shown.json == {**CHANGE, "comments": [], "checks": []}
    assert service.requests[-1][1] == "/changes/1/checks?ask=true"


def test_a_diff_is_told_field_by_field(service: Service) -> None:
    service.answers["/diffs"] = {"diffs": [DIFF], "errors": [], "total": 1}

    lines = [line.strip() for line in service.run("diff", "1").out.splitlines()]

    assert lines[0].startswith("#1 update esrgan A  modified")
    assert "conflict" in lines[0]
    assert {"- nsfw: true", '+ url: "x"', "~ n: 1 → 2", '-   "seven"', '+   "eight"'} <= set(lines)


def test_a_change_that_can_not_be_compared_is_a_failure(service: Service) -> None:
    service.answers["/diffs"] = {"diffs": [], "errors": [{"change_id": 9}], "total": 1}

    shown = service.run("diff", "9")

    assert (shown.status, "9" in shown.error) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (
            ["approve", "1", "2", "--title", "t"],
            "/batches",
            {"batch_title": "t", "approved_ids": [1, 2]},
        ),
        (
            ["reject", "1", "--reason", "no", "--title", "t"],
            "/batches",
            {"batch_title": "t", "rejected_ids": [1], "reject_reason": "no"},
        ),
        (
            ["apply", "1", "--mixed", "--job-id", "j"],
            "/apply",
            {"change_ids": [1], "allow_mixed_batch": True, "job_id": "j"},
        ),
        (["withdraw", "1"], "/changes/1/withdraw", {}),
        (["comment", "1", "why?"], "/changes/1/comments", {"text": "why?"}),
    ],
)
def test_a_step_is_taken_in_the_service(
    service: Service, arguments: list[str], path: str, body: dict[str, Any]
) -> None:
    service.answers[path] = {"approved": [CHANGE]}

    assert service.run(*arguments).status == 0
    assert service.requests == [("POST", path, body)]


def test_where_applying_stops_is_told_after_what_was_done(service: Service) -> None:
    service.status = 409
    applied = {**CHANGE, "status": "applied"}
    service.answers["/apply"] = {"applied": [applied], "failed_change_id": 2, "failed_error": "it moved on"}

    shown = service.run("apply", "1", "2")

    assert "#1" in shown.out
    assert (shown.status, shown.error) == (4, "#2: it moved on")


@pytest.mark.parametrize(("status", "code"), [(401, 4), (403, 4), (422, 4), (404, 1), (503, 5)])
def test_a_refusal_is_one_line_and_an_exit_code(service: Service, status: int, code: int) -> None:
    service.status = status

    shown = service.run("show", "1")

    assert (shown.status, shown.error) == (code, "no")


def test_a_list_of_problems_is_one_line_too(service: Service) -> None:
    service.status = 422
    service.answers["/batches"] = {"detail": [{"loc": ["body", "batch_title"], "msg": "too long"}]}

    assert service.run("approve", "1").error == "body.batch_title: too long"


def test_a_service_that_is_not_there_is_told() -> None:
    shown = hmr("queue", "list", "--url", "http://127.0.0.1:9/api")

    assert shown.status == 5
    assert KEY not in shown.out + shown.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--apikey", ""], "AI_HORDE_API_KEY"),
        (["--apikey", "kéy"], "key"),
        (["--url", "ftp://x"], "--url"),
        (["--url", "http://[::1"], "--url"),
    ],
)
def test_wrong_usage_is_one_line(arguments: list[str], told: str) -> None:
    shown = hmr("queue", "list", *arguments)

    assert shown.status == 2
    assert told in shown.error
    assert KEY not in shown.err


def test_a_host_that_none_can_be_called_is_told(service: Service) -> None:
    shown = hmr("queue", "list", "--url", "http://a..b/api")

    assert shown.status == 5
    assert "can't be reached" in shown.error
