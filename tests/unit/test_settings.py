"""What can be set from outside, and what is said where a value can't be used."""

from pathlib import Path

import pytest

from horde_model_reference.settings import (
    CanonicalFormat,
    ReplicateMode,
    Seed,
    SettingsError,
    load_settings,
)

_PREFIX = "HORDE_MODEL_REFERENCE_"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REPLICATE_MODE", "SECONDARY"),
        ("REPLICATE_MODE", ""),
        ("CANONICAL_FORMAT", "V2"),
        ("SEED", "everything"),
        ("OFFLINE", "perhaps"),
        ("PRIMARY_API_TIMEOUT", "0"),
        ("CACHE_TTL_SECONDS", "-1"),
        ("HTTP_MAX_AGE_SECONDS", "a minute"),
        ("WATCH_INTERVAL_SECONDS", "0"),
        ("LOG_LEVEL", "loud"),
        ("LOG_FORMAT", "xml"),
        ("CORS_ALLOWED_ORIGINS", "[unfinished"),
        ("PENDING_QUEUE__ENABLED", "maybe"),
        ("PENDING_QUEUE__REQUESTOR_IDS", "1,2"),
        ("PENDING_QUEUE__APPROVER_IDS", '{"a": 1}'),
        ("LICENSING__EDITOR_IDS", "nobody"),
        ("AUDIT__ENABLED", "3"),
        ("DATA_DIR", "~nobody-of-this-name/data"),
        ("PUBLIC_URL", "models.example"),
        ("PUBLIC_URL", "ftp://models.example"),
        ("PUBLIC_URL", "https://models.example/api"),
        ("PUBLIC_URL", "https://models.example/?"),
        ("PUBLIC_URL", "https://me@models.example"),
        ("PUBLIC_URL", "https://:secret@models.example"),
        ("PUBLIC_URL", "https://[nothing"),
    ],
)
def test_a_value_that_can_not_be_used_is_one_line_that_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(_PREFIX + name, value)

    with pytest.raises(SettingsError) as raised:
        load_settings()

    message = str(raised.value)
    assert message.startswith(_PREFIX + name)
    assert "\n" not in message
    assert "Value error" not in message


def test_a_variable_without_the_prefix_is_named_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIWORKER_CACHE_HOME", "~nobody-of-this-name")

    with pytest.raises(SettingsError, match=r"^AIWORKER_CACHE_HOME: "):
        load_settings()


@pytest.mark.parametrize(("text", "mode"), [("primary", "PRIMARY"), ("Replica", "REPLICA")])
def test_the_mode_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch, text: str, mode: str) -> None:
    monkeypatch.setenv(f"{_PREFIX}REPLICATE_MODE", text)

    assert load_settings().replicate_mode == mode


@pytest.mark.parametrize("text", ["legacy", "LEGACY", "Legacy"])
def test_the_legacy_format_is_read_in_any_case(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(f"{_PREFIX}CANONICAL_FORMAT", text)

    assert load_settings().canonical_format is CanonicalFormat.legacy


def test_without_variables_it_is_a_replica_of_the_public_service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"{_PREFIX}DATA_DIR")

    settings = load_settings()

    assert settings.replicate_mode is ReplicateMode.REPLICA
    assert settings.primary_api_url == "https://models.aihorde.net/api"
    assert settings.seed is Seed.starter
    assert settings.data_folder.name == "horde_model_reference"


def test_a_program_that_works_on_the_store_is_a_primary_unless_told_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert load_settings(primary_by_default=True).replicate_mode is ReplicateMode.PRIMARY

    monkeypatch.setenv(f"{_PREFIX}REPLICATE_MODE", "REPLICA")

    assert load_settings(primary_by_default=True).replicate_mode is ReplicateMode.REPLICA


def test_a_database_url_needs_no_mode_where_a_primary_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}DATABASE_URL", "postgresql+psycopg://host/name")

    assert load_settings(primary_by_default=True).store_place == "postgresql+psycopg://host/name"
    with pytest.raises(SettingsError, match="DATABASE_URL"):
        load_settings()


def test_a_seed_from_the_network_is_refused_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}SEED", "github")
    monkeypatch.setenv(f"{_PREFIX}OFFLINE", "true")

    with pytest.raises(SettingsError, match=f"{_PREFIX}SEED"):
        load_settings()


def test_the_older_spelling_of_the_seed_counts_unless_the_new_one_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"{_PREFIX}GITHUB_SEED_ENABLED", "true")
    assert load_settings().effective_seed is Seed.github

    monkeypatch.setenv(f"{_PREFIX}SEED", "none")
    assert load_settings().effective_seed is Seed.none


def test_the_data_folder_is_the_one_that_was_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIWORKER_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv(f"{_PREFIX}DATA_DIR", str(tmp_path / "data"))
    assert load_settings().data_folder == tmp_path / "data"

    monkeypatch.setenv(f"{_PREFIX}DATA_DIR", "")
    assert load_settings().data_folder == tmp_path / "cache" / "horde_model_reference"


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(f"{_PREFIX}DATA_DIR", "~/models")

    assert load_settings().data_folder == tmp_path / "models"
    assert load_settings(data_dir=Path("~/other")).data_folder == tmp_path / "other"


def test_origins_are_separated_by_commas_or_a_json_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}CORS_ALLOWED_ORIGINS", " https://a.example , https://b.example,")
    assert load_settings().cors_allowed_origins == ("https://a.example", "https://b.example")

    monkeypatch.setenv(f"{_PREFIX}CORS_ALLOWED_ORIGINS", '["https://c.example"]')
    assert load_settings().cors_allowed_origins == ("https://c.example",)


def test_nested_settings_are_joined_by_two_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}PENDING_QUEUE__REQUESTOR_IDS", '["1", " 2 ", ""]')
    monkeypatch.setenv(f"{_PREFIX}IMAGE_GITHUB_REPO__BRANCH", "next")

    settings = load_settings()

    assert settings.pending_queue.requestor_ids == ("1", "2")
    assert settings.github_url("image", "clip.json") == (
        "https://raw.githubusercontent.com/Haidra-Org/AI-Horde-image-model-reference/refs/heads/next/clip.json"
    )


def test_a_proxy_is_put_before_addresses_of_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_PROXY_URL_BASE", "https://proxy.example/")

    assert (
        load_settings()
        .github_url("text", "models.csv")
        .startswith(
            "https://proxy.example/https://raw.githubusercontent.com/Haidra-Org/AI-Horde-text-model-reference/"
        )
    )


def test_an_empty_primary_address_means_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"{_PREFIX}PRIMARY_API_URL", "")
    assert load_settings().primary_api_url is None

    monkeypatch.setenv(f"{_PREFIX}PRIMARY_API_URL", "https://primary.example/api/")
    assert load_settings().primary_api_url == "https://primary.example/api"


def test_settings_can_not_be_changed() -> None:
    settings = load_settings()

    with pytest.raises(ValueError, match="frozen"):
        settings.offline = True  # type: ignore[misc] # what the test is about


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("https://models.example", "https://models.example"),
        ("HTTPS://Models.Example:443/", "https://models.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("https://modèles.example", "https://xn--modles-5ua.example"),
        ("", None),
    ],
)
def test_the_public_address_is_kept_as_browsers_write_it(text: str, address: str | None) -> None:
    assert load_settings(public_url=text).public_url == address
