import json

import pytest

from horde_model_reference.client.mirror import configured_mirror
from horde_model_reference.download_engine import R2_BY_HASH_PREFIX, gateway_accepts_key, gateway_url_for
from horde_model_reference.formats.json_text import FormatError
from horde_model_reference.mirror_inventory import parse_manifest

SUM = "AB" * 32


@pytest.mark.parametrize(
    "url",
    [
        "https://mirror.example",
        "https://mirror.example:8443/files/",
        "http://localhost:9000",
        "http://127.0.0.1",
        "http://[::1]:80/x",
    ],
)
def test_a_key_may_go_over_tls_or_to_this_machine(url: str) -> None:
    assert gateway_accepts_key(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mirror.example",
        "http://mirror.example",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "ftp://localhost",
        "https://",
        "https://user@mirror.example",
        "https://user:word@mirror.example",
        "https://mirror.example?x=1",
        "https://mirror.example?",
        "https://mirror.example#x",
        "https://mirror.example\\@evil.example",
        "https://mirror.example:port",
        "https://mirror.example\n",
        "https://[::1",
    ],
)
def test_a_key_may_go_nowhere_else(url: str) -> None:
    assert not gateway_accepts_key(url)


def test_a_mirrored_file_is_addressed_by_its_sum_in_lower_case() -> None:
    assert gateway_url_for("https://m.example/", SUM) == f"https://m.example/{R2_BY_HASH_PREFIX}/{'ab' * 32}"


def test_a_manifest_lists_sums() -> None:
    body = json.dumps({"schema_version": 1, "objects": {SUM: {"size": 1}, "0" * 64: None}})

    assert parse_manifest(body.encode()) == {"ab" * 32, "0" * 64}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"schema_version": 2, "objects": {}}',
        '{"schema_version": 1, "objects": []}',
        '{"schema_version": 1, "objects": {"abc": 1, "' + SUM + '": 1}}',
    ],
)
def test_a_manifest_with_anything_wrong_counts_for_nothing(body: str) -> None:
    with pytest.raises(FormatError):
        parse_manifest(body.encode())


def test_the_mirror_is_read_from_the_environment_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HORDE_MODEL_REFERENCE_R2__GATEWAY_URL", raising=False)
    assert configured_mirror().gateway_url is None
    assert configured_mirror().manifest_ttl_seconds == 300

    monkeypatch.setenv("HORDE_MODEL_REFERENCE_R2__GATEWAY_URL", "https://m.example")
    monkeypatch.setenv("HORDE_MODEL_REFERENCE_R2__MANIFEST_TTL_SECONDS", "5")
    assert configured_mirror().gateway_url == "https://m.example"
    assert configured_mirror().manifest_ttl_seconds == 5


def test_a_lifetime_that_is_no_number_is_an_error_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HORDE_MODEL_REFERENCE_R2__MANIFEST_TTL_SECONDS", "soon")

    with pytest.raises(ValueError, match="R2__MANIFEST_TTL_SECONDS"):
        configured_mirror()
