"""Files are asked for by their head, for a limited time, and seldom."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import wait
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from horde_model_reference.review.file_findings import AddressFinding
from horde_model_reference.sources.address_prober import AddressProber, ProbeRules

SHA256 = "ab" * 32


class FileHost:
    """A host of files, of which each address behaves in its own way."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.release = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.server.host.asked.append(f"{self.command} {self.path}")
        answers: dict[str, Callable[[], None]] = {
            "/file": lambda: self._say(200, {"Content-Length": "2132"}),
            "/gone": lambda: self._say(404, {}),
            "/to/file": lambda: self._say(302, {"Location": "/file"}),
            "/loop": lambda: self._say(302, {"Location": "/loop"}),
            "/hub": lambda: self._say(302, {"Location": "/file", "X-Linked-Etag": f'"{SHA256}"'}),
            "/get-only": self._get_only,
            "/slow": lambda: self._slow(),
            "/dripping": self._drip,
            "/endless": self._endless,
        }
        answers[self.path.partition("?")[0]]()

    def _say(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.end_headers()

    def _get_only(self) -> None:
        if self.command == "HEAD":
            self._say(405, {})
        else:
            assert self.headers["Range"] == "bytes=0-0"
            self._say(206, {"Content-Range": "bytes 0-0/4096", "Content-Length": "1"})
            self.wfile.write(b"x")

    def _slow(self) -> None:
        self.server.host.release.wait(30)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.server.host.release.wait(0.05):
            self.wfile.write(b"X: y\r\n")

    def _endless(self) -> None:
        if self.command == "HEAD":
            self._say(405, {})
            return
        self._say(200, {})
        self.wfile.write(b"x" * 100_000)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    def __init__(self, host: FileHost) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.host = host


@pytest.fixture
def host() -> Iterator[FileHost]:
    host = FileHost("")
    server = _Server(host)
    host.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield host
    host.release.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def prober() -> Iterator[AddressProber]:
    prober = AddressProber(ProbeRules(allow_private=True, timeout_seconds=30))
    yield prober
    prober.close()


def find(prober: AddressProber, *urls: str, wait_seconds: float = 30) -> dict[str, AddressFinding]:
    wait(prober.ask(urls), timeout=wait_seconds)
    return prober.known(urls)


def found(prober: AddressProber, url: str) -> AddressFinding:
    return find(prober, url)[url]


def test_a_file_that_is_there_is_found_with_its_size(prober: AddressProber, host: FileHost) -> None:
    finding = found(prober, f"{host.url}/file")

    assert (finding.status, finding.size_bytes, finding.trouble) == (200, 2132, None)
    assert finding.is_reachable
    assert host.asked == ["HEAD /file"]


def test_a_file_that_is_gone_is_not_reachable(prober: AddressProber, host: FileHost) -> None:
    finding = found(prober, f"{host.url}/gone")

    assert (finding.status, finding.is_reachable) == (404, False)


def test_redirects_are_followed_to_the_file(prober: AddressProber, host: FileHost) -> None:
    assert found(prober, f"{host.url}/to/file").size_bytes == 2132


def test_endless_redirects_are_given_up(prober: AddressProber, host: FileHost) -> None:
    finding = found(prober, f"{host.url}/loop")

    assert finding.trouble == "it redirects more than 5 times"
    assert len(host.asked) == 6


def test_the_sum_that_a_host_tells_with_the_redirect_is_kept(prober: AddressProber, host: FileHost) -> None:
    finding = found(prober, f"{host.url}/hub")

    assert (finding.sha256, finding.size_bytes) == (SHA256, 2132)


def test_a_host_that_refuses_to_give_the_head_is_asked_for_one_byte(
    prober: AddressProber, host: FileHost
) -> None:
    finding = found(prober, f"{host.url}/get-only")

    assert (finding.status, finding.size_bytes) == (200, 4096)


def test_the_body_of_a_file_is_not_waited_for(prober: AddressProber, host: FileHost) -> None:
    assert found(prober, f"{host.url}/endless").status == 200


def test_a_host_that_does_not_answer_in_time_is_given_up(host: FileHost) -> None:
    prober = AddressProber(ProbeRules(allow_private=True, timeout_seconds=0.2))

    finding = found(prober, f"{host.url}/slow")

    prober.close()
    assert finding.trouble == "it did not answer in time"


def test_a_host_that_never_comes_to_an_end_is_given_up(host: FileHost) -> None:
    prober = AddressProber(ProbeRules(allow_private=True, timeout_seconds=0.3))

    finding = found(prober, f"{host.url}/dripping")

    prober.close()
    assert finding.trouble == "it did not answer in time"


def test_nobody_waits_longer_than_they_want_to(prober: AddressProber, host: FileHost) -> None:
    slow, quick = f"{host.url}/slow", f"{host.url}/file"
    found(prober, quick)

    known = find(prober, slow, quick, wait_seconds=0.1)

    assert list(known) == [quick]


def test_what_would_have_to_wait_for_very_many_others_is_not_asked(
    prober: AddressProber, host: FileHost
) -> None:
    first = prober.ask(f"{host.url}/slow?{number}" for number in range(100))
    again = prober.ask(f"{host.url}/slow?{number}" for number in range(100))
    more = prober.ask(f"{host.url}/slow?{number}" for number in range(100, 300))

    assert again == first
    assert len(first) == 100
    assert len(more) == 28


def test_an_address_that_nobody_listens_at_is_told_of(prober: AddressProber) -> None:
    finding = found(prober, "http://127.0.0.1:9/")

    assert finding.trouble == "it can't be reached (ConnectError)"


def test_an_answer_is_used_again_for_a_while(host: FileHost) -> None:
    now = 1000.0
    prober = AddressProber(ProbeRules(allow_private=True, known_seconds=60), clock=lambda: now)
    url = f"{host.url}/file"

    found(prober, url)
    found(prober, url)
    assert len(host.asked) == 1
    now += 61
    assert prober.known([url]) == {}
    found(prober, url)

    prober.close()
    assert len(host.asked) == 2


def test_our_own_network_is_not_asked(host: FileHost) -> None:
    prober = AddressProber()

    finding = found(prober, f"{host.url}/file")

    prober.close()
    assert finding.trouble == "127.0.0.1 is not a public address"
    assert host.asked == []


@pytest.mark.parametrize("inner", ["http://inside.example/admin", "//inside.example/admin", "ftp://a/b"])
def test_a_redirect_to_what_must_not_be_asked_is_not_followed(inner: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(302, headers={"location": inner})

    def resolve(name: str, _port: int) -> list[str]:
        return ["10.0.0.1" if name == "inside.example" else "1.1.1.1"]

    prober = AddressProber(resolve=resolve, transport=httpx.MockTransport(answer))
    finding = found(prober, "https://outside.example/file")
    prober.close()

    assert finding.status is None
    assert finding.trouble in (
        "inside.example is not a public address",
        "only http and https addresses are asked",
    )
    assert [str(request.url) for request in asked] == ["https://1.1.1.1/file"]
    assert asked[0].headers["host"] == "outside.example"
    assert asked[0].extensions["sni_hostname"] == "outside.example"
