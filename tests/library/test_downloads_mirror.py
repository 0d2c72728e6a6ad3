"""Files by their sum: from a mirror if it has them, else from where they come from."""

import json
import time
from pathlib import Path

import pytest
from file_server import Asked, FileServer, Reply, file_of, serve_ranges, serving, sha256

from horde_model_reference.client.mirror import GatewaySession, MirrorInventory, shared_gateway
from horde_model_reference.download_engine import DownloadAborted, DownloadOutcome, download_addressed_file

CONTENT = b"weights" * 1000
SUM = sha256(CONTENT)
KEY = "my key"
TOKEN_TEXT = "hmr1.abc"


@pytest.fixture(autouse=True)
def forgotten_mirrors() -> None:
    # The system gives the port of an ended server to a later one, whose mirror is another.
    shared_gateway.cache_clear()


class Mirror:
    """What a mirror answers; a test changes what it needs."""

    def __init__(self) -> None:
        self.manifest = Reply(200, json.dumps({"schema_version": 1, "objects": {SUM: {}}}).encode())
        self.session = Reply(200, session_body())
        self.file: Reply | None = None

    def __call__(self, asked: Asked) -> Reply:
        if asked.path.endswith("/v1/manifest"):
            return self.manifest
        if asked.path.endswith("/v1/session"):
            return self.session
        return self.file or serve_ranges(CONTENT, asked)


def session_body(*, token: object = TOKEN_TEXT, good_for: float = 3600) -> bytes:
    return json.dumps({"token": token, "expires_at": time.time() + good_for}).encode()


def fetch(origin: FileServer, mirror: FileServer, destination: Path, *, sum_: str = SUM) -> DownloadOutcome:
    return download_addressed_file(
        f"{origin.url}/origin", destination, sha256=sum_, gateway_base_url=mirror.url, apikey=KEY
    )


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_mirrored_file_comes_from_the_mirror_by_token(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        outcome = fetch(origin, mirror, tmp_path / "f", sum_=SUM.upper())

    assert outcome == DownloadOutcome(True, tmp_path / "f", len(CONTENT), SUM)
    assert origin.asked == []
    [session] = mirror.asked_for("/v1/session")
    assert (session.method, session.headers["apikey"]) == ("POST", KEY)
    [file] = mirror.asked_for(f"/by-hash/{SUM}")
    assert file.headers["authorization"] == f"Bearer {TOKEN_TEXT}"
    assert "apikey" not in file.headers


def test_the_manifest_and_the_token_serve_many_files(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        for name in "abc":
            assert fetch(origin, mirror, tmp_path / name).success

    assert len(mirror.asked_for("/v1/manifest")) == 1
    assert len(mirror.asked_for("/v1/session")) == 1


def test_a_mirror_below_a_path_is_asked_there(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        download_addressed_file(
            origin.url, tmp_path / "f", sha256=SUM, gateway_base_url=f"{mirror.url}/files/", apikey=KEY
        )

    assert [asked.path for asked in mirror.asked] == [
        "/files/v1/manifest",
        "/files/v1/session",
        f"/files/by-hash/{SUM}",
    ]


@pytest.mark.parametrize(
    "session",
    [
        Reply(500),
        Reply(200, b"nonsense"),
        Reply(200, session_body(token="other.abc")),
        Reply(200, session_body(token="hmr1.a\nb")),
        Reply(200, session_body(token=7)),
        Reply(200, session_body(good_for=-1)),
    ],
)
def test_without_a_token_the_key_itself_is_sent(tmp_path: Path, session: Reply) -> None:
    answers = Mirror()
    answers.session = session

    with serving(file_of(CONTENT)) as origin, serving(answers) as mirror:
        assert fetch(origin, mirror, tmp_path / "f").success
        assert fetch(origin, mirror, tmp_path / "g").success

    assert len(mirror.asked_for("/v1/session")) == 1
    assert all(file.headers["apikey"] == KEY for file in mirror.asked_for(f"/by-hash/{SUM}"))


@pytest.mark.parametrize(
    "manifest",
    [
        Reply(404),
        Reply(200, b"nonsense"),
        Reply(200, b'{"schema_version": 1, "objects": {}}'),
        Reply(200, json.dumps({"schema_version": 1, "objects": {SUM: {}, "bad": {}}}).encode()),
        Reply(302, b"", {"Location": "/v1/session"}),
    ],
)
def test_a_file_that_the_manifest_does_not_list_comes_from_its_origin(
    tmp_path: Path, manifest: Reply
) -> None:
    answers = Mirror()
    answers.manifest = manifest

    with serving(file_of(CONTENT)) as origin, serving(answers) as mirror:
        assert fetch(origin, mirror, tmp_path / "f").success
        assert fetch(origin, mirror, tmp_path / "g").success

    assert len(origin.asked) == 2
    assert [asked.path for asked in mirror.asked] == ["/v1/manifest"]


@pytest.mark.parametrize(
    "answer",
    [
        Reply(404),
        Reply(500),
        Reply(302, b"", {"Location": "https://elsewhere.invalid/"}),
        Reply(200, CONTENT, drop_after=100),
        Reply(200, b"x" * len(CONTENT)),
    ],
)
def test_a_mirror_that_fails_is_asked_once_and_leaves_no_pieces(tmp_path: Path, answer: Reply) -> None:
    answers = Mirror()
    answers.file = answer

    with serving(file_of(CONTENT)) as origin, serving(answers) as mirror:
        outcome = fetch(origin, mirror, tmp_path / "f")

    assert outcome == DownloadOutcome(True, tmp_path / "f", len(CONTENT), SUM)
    assert len(mirror.asked_for(f"/by-hash/{SUM}")) == 1
    assert [asked.range for asked in origin.asked] == [None]
    assert names_in(tmp_path) == ["f"]


def test_a_mirror_that_fails_does_not_cost_what_the_origin_has_brought(tmp_path: Path) -> None:
    (tmp_path / "f.part").write_bytes(CONTENT[:500])
    answers = Mirror()
    answers.file = Reply(500)

    with serving(file_of(CONTENT)) as origin, serving(answers) as mirror:
        assert fetch(origin, mirror, tmp_path / "f").success

    assert [asked.range for asked in origin.asked] == ["bytes=500-"]


def test_a_wrong_file_of_a_mirror_never_replaces_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"old")
    answers = Mirror()
    answers.file = Reply(200, b"wrong")

    with serving(lambda _: Reply(404)) as origin, serving(answers) as mirror:
        assert not fetch(origin, mirror, tmp_path / "f").success

    assert (tmp_path / "f").read_bytes() == b"old"


def test_a_download_that_is_stopped_at_the_mirror_does_not_go_on_at_the_origin(tmp_path: Path) -> None:
    def stop(*_: int) -> None:
        raise DownloadAborted

    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror, pytest.raises(DownloadAborted):
        download_addressed_file(
            origin.url,
            tmp_path / "f",
            sha256=SUM,
            gateway_base_url=mirror.url,
            apikey=KEY,
            progress_callback=stop,
        )

    assert origin.asked == []


@pytest.mark.parametrize(("sum_", "key"), [(SUM, None), (SUM, ""), ("FIXME", KEY), ("abc", KEY), (None, KEY)])
def test_without_key_or_real_sum_no_mirror_is_asked(
    tmp_path: Path, sum_: str | None, key: str | None
) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        download_addressed_file(
            origin.url, tmp_path / "f", sha256=sum_, gateway_base_url=mirror.url, apikey=key
        )

    assert mirror.asked == []
    assert len(origin.asked) == 1


def test_a_mirror_that_is_not_safe_never_sees_the_key(tmp_path: Path) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        unsafe = mirror.url.replace("http://", "http://user@")
        outcome = download_addressed_file(
            origin.url, tmp_path / "f", sha256=SUM, gateway_base_url=unsafe, apikey=KEY
        )

    assert outcome.success
    assert mirror.asked == []


def test_the_configured_mirror_is_asked_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(file_of(CONTENT)) as origin, serving(Mirror()) as mirror:
        monkeypatch.setenv("HORDE_MODEL_REFERENCE_R2__GATEWAY_URL", mirror.url)
        download_addressed_file(
            origin.url, tmp_path / "f", sha256=SUM, apikey=KEY, use_configured_gateway=False
        )
        assert mirror.asked == []

        download_addressed_file(origin.url, tmp_path / "g", sha256=SUM, apikey=KEY)

    assert len(mirror.asked_for(f"/by-hash/{SUM}")) == 1
    assert len(origin.asked) == 1


def test_the_token_of_the_origin_never_reaches_the_mirror(tmp_path: Path) -> None:
    answers = Mirror()
    answers.file = Reply(404)
    with serving(file_of(CONTENT)) as origin, serving(answers) as mirror:
        download_addressed_file(
            f"{origin.url}/f",
            tmp_path / "f",
            sha256=SUM,
            gateway_base_url=mirror.url,
            apikey=KEY,
            auth_query_token=TOKEN_TEXT,
        )

    assert [asked.path for asked in origin.asked] == [f"/f?token={TOKEN_TEXT}"]
    assert all("?" not in asked.path for asked in mirror.asked)


def test_the_manifest_is_asked_for_again_when_it_is_old() -> None:
    now = [0.0]
    with serving(Mirror()) as mirror:
        inventory = MirrorInventory(mirror.url, clock=lambda: now[0])
        for at in (0, 299, 300, 301):
            now[0] = at
            assert inventory.holds(SUM, ttl_seconds=300)

    assert len(mirror.asked) == 2


def test_a_token_is_renewed_before_it_ends_and_after_it_was_forgotten() -> None:
    now = [time.time()]
    with serving(Mirror()) as mirror:
        session = GatewaySession(mirror.url, KEY, clock=lambda: now[0])
        session.headers()
        session.headers()
        assert len(mirror.asked) == 1

        session.forget()
        session.headers()
        assert len(mirror.asked) == 2

        now[0] += 3590
        session.headers()
        assert len(mirror.asked) == 3


def test_after_a_refused_session_the_key_is_sent_for_a_minute() -> None:
    now = [time.time()]
    answers = Mirror()
    answers.session = Reply(503)
    with serving(answers) as mirror:
        session = GatewaySession(mirror.url, KEY, clock=lambda: now[0])
        assert session.headers() == {"apikey": KEY}
        answers.session = Reply(200, session_body())

        now[0] += 59
        assert session.headers() == {"apikey": KEY}
        now[0] += 1
        assert session.headers() == {"Authorization": f"Bearer {TOKEN_TEXT}"}
