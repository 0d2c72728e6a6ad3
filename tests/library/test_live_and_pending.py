"""What the library asks of others: the AI-Horde for what is in use, the PRIMARY for proposed records."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from ai_horde_stub import AIHordeStub, running_stub
from file_server import Asked, Reply, in_turn, serving

from horde_model_reference import (
    ModelReferenceManager,
    PendingModelProvider,
    horde_model_reference_settings,
)
from horde_model_reference.backends import LocalReadOnlyBackend
from horde_model_reference.client.opening import OpenedLibrary
from horde_model_reference.client.reader import ReferenceReader
from horde_model_reference.integrations.data_merger import PopularModelResult

pytestmark = pytest.mark.usefixtures("no_manager")


def _names(provider: PendingModelProvider) -> list[str] | None:
    found = provider.fetch_category("blip")
    return None if found is None else list(found)


def a_provider(url: str, **options: Any) -> PendingModelProvider:
    return PendingModelProvider(
        primary_api_url=f"{url}/api/",
        apikey="my key",
        categories=["blip"],
        retry_backoff_seconds=0.01,
        **options,
    )


def test_proposed_records_are_asked_for_with_the_key_and_named_by_it() -> None:
    body = json.dumps({"new": {"description": "x"}, "bad": {"config": 7}, "odd": 1}).encode()

    with serving(lambda _: Reply(200, body)) as server:
        found = a_provider(server.url).fetch_category("blip")

    assert found is not None
    assert [(name, record.name) for name, record in found.items()] == [("new", "new")]
    asked = server.asked[0]
    assert (asked.path, asked.headers["apikey"]) == ("/api/model_references/v2/blip/pending", "my key")


def test_proposed_records_are_kept_for_a_while() -> None:
    with serving(lambda _: Reply(200, b"{}")) as server:
        provider = a_provider(server.url)
        provider.fetch_category("blip")
        provider.fetch_category("blip")
        provider.fetch_category("blip", force_refresh=True)

    assert len(server.asked) == 2


def test_a_primary_in_trouble_is_asked_again_and_one_that_refuses_is_not() -> None:
    with serving(in_turn(lambda _: Reply(503), lambda _: Reply(200, b'{"a": {}}'))) as server:
        assert _names(a_provider(server.url)) == ["a"]
    with serving(lambda _: Reply(401)) as server:
        assert _names(a_provider(server.url)) is None
        assert len(server.asked) == 1


def test_a_primary_that_can_not_be_asked_is_left_in_peace_as_long_as_an_answer_is_kept() -> None:
    with serving(lambda _: Reply(401)) as server:
        provider = a_provider(server.url)

        assert provider.fetch_category("blip") is None
        assert provider.fetch_category("blip") is None
        assert len(server.asked) == 1
        assert provider.fetch_category("blip", force_refresh=True) is None
        assert len(server.asked) == 2


@pytest.mark.parametrize(("url", "key"), [("http://127.0.0.1:9/api", "ключ"), ("http://a..b/api", "my key")])
def test_a_key_or_an_address_that_can_not_be_sent_gives_no_records(url: str, key: str) -> None:
    provider = PendingModelProvider(
        primary_api_url=url, apikey=key, categories=["blip"], retry_max_attempts=1
    )

    assert provider.fetch_category("blip") is None


@pytest.mark.parametrize("body", [b"[]", b"{", b""])
def test_an_answer_without_sense_is_no_answer(body: bytes) -> None:
    with serving(lambda _: Reply(200, body)) as server:
        assert _names(a_provider(server.url)) is None


def test_other_categories_are_not_asked_for() -> None:
    def refuse(asked: Asked) -> Reply:
        raise AssertionError(asked.path)

    with serving(refuse) as server:
        assert a_provider(server.url).fetch_category("clip") is None


def test_popular_models_are_ranked_by_live_data(tmp_path: Path) -> None:
    documents = {
        name: {"name": name, "baseline": "stable_diffusion_1", "nsfw": False}
        for name in ("Unused", "Prairie XL")
    }
    (tmp_path / "stable_diffusion.json").write_text(json.dumps(documents))
    with running_stub(AIHordeStub()) as stub:
        settings = horde_model_reference_settings.model_copy(update={"ai_horde_url": stub.url})
        reader = ReferenceReader(LocalReadOnlyBackend(base_path=tmp_path))
        library = OpenedLibrary(reader, base_path=tmp_path, offline=False, settings=settings)

        found = library.popular_models(
            "image_generation", limit=5, sort_by="worker_count", with_workers=False
        )
        library.close()

    assert [result.name for result in found] == ["Prairie XL", "Unused"]
    assert isinstance(found[0], PopularModelResult)
    assert found[0].record["name"] == "Prairie XL"
    assert found[0].stats.worker_count > 0


def test_other_categories_have_no_popular_models(tmp_path: Path) -> None:
    manager = ModelReferenceManager(base_path=tmp_path, offline=True)

    assert asyncio.run(manager.get_popular_models("blip")) == []
    with pytest.raises(ValueError, match="unheard_of"):
        asyncio.run(manager.get_popular_models("image_generation", sort_by="unheard_of"))
