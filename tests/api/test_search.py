"""Searching over HTTP: parameters, errors, words, facets, fields, cursors and caching (spec 12)."""

import io
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from search_catalog import ChangingSource, catalog_of, image_document
from starlette.testclient import TestClient

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.categories import Category
from horde_model_reference.service.access_log import AccessLog, AccessLogStyle
from horde_model_reference.service.answer_memory import AnswerMemory
from horde_model_reference.service.app import create_app
from horde_model_reference.service.v2.search import CategorySearchParameters
from horde_model_reference.settings import load_settings

ALL = "/api/model_references/v2/search"
IMAGES = "/api/model_references/v2/image_generation/search"
TEXTS = "/api/model_references/v2/text_generation/search"

_IMAGES = {
    "Harbor Light": image_document(tags=["retro"], style="anime", size_on_disk_bytes=2_000_000_000),
    "Harbor Light Inpainting": image_document(inpainting=True, nsfw=True, size_on_disk_bytes=5_000_000_000),
    "PrairieXL": image_document(baseline="stable_diffusion_xl", tags=["retro", "anime"], trigger=["dawn"]),
}
_TEXTS: dict[str, dict[str, Any]] = {
    "acme/Comet-8B": {"parameters": 8_000_000_000, "baseline": "", "tags": ["roleplay"]},
    "koboldcpp/Comet-8B-Q4_K": {"parameters": 8_000_000_000},
    "PrairieXL": {"parameters": 1_000_000_000, "nsfw": True},
}


@dataclass
class Served:
    """A registry that can be asked and changed."""

    http: TestClient
    source: ChangingSource
    catalog: Catalog

    def ask(self, path: str, **parameters: Any) -> Any:
        answer = self.http.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def names(self, path: str, **parameters: Any) -> list[str]:
        return [result["name"] for result in self.ask(path, **parameters)["results"]]

    def change(self, category: Category, documents: dict[str, Any]) -> None:
        self.source.set(category, documents)
        self.catalog.refresh()


@contextmanager
def _serve(folder: Path) -> Generator[Served]:
    source = ChangingSource()
    source.set(Category.text_generation, _TEXTS)
    catalog = catalog_of(source, _IMAGES)
    registry_settings = load_settings(replicate_mode="PRIMARY", data_dir=folder)
    log = AccessLog(io.StringIO(), style=AccessLogStyle.JSON)
    app = create_app(
        Registry(settings=registry_settings, catalog=catalog), memory=AnswerMemory(), access_log=log
    )
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as http:
        yield Served(http, source, catalog)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Return a registry with a few image and text models, which no test changes."""
    with _serve(tmp_path_factory.mktemp("search")) as served:
        yield served


@pytest.fixture
def changing(tmp_path: Path) -> Generator[Served]:
    """Return a registry of the test's own."""
    with _serve(tmp_path) as served:
        yield served


def test_an_answer_is_a_page_of_typed_records(served: Served) -> None:
    answer = served.ask(IMAGES, limit=1, offset=1)

    assert {key: answer[key] for key in answer if key != "results"} == {
        "total": 3,
        "offset": 1,
        "limit": 1,
        "has_more": True,
    }
    assert answer["results"][0]["inpainting"] is True
    assert answer["results"][0]["record_type"] == "image_generation"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"nsfw": "no"}, ["Harbor Light", "PrairieXL"]),
        ({"baseline": "stable_diffusion_xl"}, ["PrairieXL"]),
        ({"inpainting": "false"}, ["Harbor Light", "PrairieXL"]),
        ({"tags_any": ["anime", "retro"]}, ["Harbor Light", "PrairieXL"]),
        ({"tags_all": ["anime", "retro"]}, ["PrairieXL"]),
        ({"tags_none": ["anime"]}, ["Harbor Light", "Harbor Light Inpainting"]),
        ({"name_contains": "LIGHT"}, ["Harbor Light", "Harbor Light Inpainting"]),
        ({"commercial_use": "unknown", "nsfw": "true"}, ["Harbor Light Inpainting"]),
        ({"redistribution": "allowed"}, []),
        ({"license_id": "MIT"}, []),
        ({"size": "4GB-8GB"}, ["Harbor Light Inpainting"]),
        ({"style": "anime", "name_contains": "xl"}, []),
        ({"sort_by": "name", "sort_desc": "true", "limit": 1}, ["PrairieXL"]),
        ({"sort_by": "size_on_disk_bytes", "sort_desc": "true", "limit": 1}, ["PrairieXL"]),
        ({"backend": "nope", "quantized": "true"}, ["Harbor Light", "Harbor Light Inpainting", "PrairieXL"]),
        ({"source": "any", "limit": 1}, ["Harbor Light"]),
    ],
)
def test_filters_and_orders_narrow_a_category(
    served: Served, parameters: dict[str, Any], expected: list[str]
) -> None:
    assert served.names(IMAGES, **parameters) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"backend": "koboldcpp"}, ["koboldcpp/Comet-8B-Q4_K"]),
        ({"exclude_backend_variations": "true"}, ["acme/Comet-8B", "PrairieXL"]),
        ({"quantized": "true"}, ["koboldcpp/Comet-8B-Q4_K"]),
        ({"quantized": "false"}, ["acme/Comet-8B", "PrairieXL"]),
        ({"sort_by": "parameters_count", "limit": 1}, ["PrairieXL"]),
    ],
)
def test_text_models_have_filters_of_their_own(
    served: Served, parameters: dict[str, Any], expected: list[str]
) -> None:
    assert served.names(TEXTS, **parameters) == expected


def test_all_categories_are_searched_in_their_order_and_equal_names_are_found_once(served: Served) -> None:
    assert served.names(ALL) == [*_IMAGES, "acme/Comet-8B", "koboldcpp/Comet-8B-Q4_K"]
    assert served.names(ALL, nsfw="true") == ["Harbor Light Inpainting", "PrairieXL"]
    assert served.names(ALL, baseline="nope", source="nope", limit=1) == ["Harbor Light"]


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        (IMAGES, {"sort_by": ""}),
        (IMAGES, {"sort_by": "no_such"}),
        (IMAGES, {"sort_by": "download_count"}),
        (IMAGES, {"sort_by": "finetune_series__name"}),
        (IMAGES, {"source": "nope"}),
        (IMAGES, {"source": "pending"}),
        (IMAGES, {"facets": "nope"}),
        (IMAGES, {"fields": "name,nope"}),
        (IMAGES, {"cursor": "nope"}),
        (IMAGES, {"size": "4 GB"}),
        ("/api/model_references/v2/clip/search", {"style": "anime"}),
        (TEXTS, {"inpainting": "true"}),
        (TEXTS, {"backend": "nope"}),
        (TEXTS, {"sort_by": "parameters"}),
        (ALL, {"sort_by": "baseline"}),
        (ALL, {"sort_by": "finetune_series__name"}),
        ("/api/model_references/v2/clip/search", {"tags_any": "x"}),
        ("/api/model_references/v2/clip/search", {"nsfw": "true"}),
    ],
)
def test_what_can_not_be_answered_is_refused_with_a_sentence(
    served: Served, path: str, parameters: dict[str, str]
) -> None:
    answer = served.http.get(path, params=parameters)

    assert answer.status_code == 400
    assert isinstance(answer.json()["detail"], str)


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({"limit": 0}, "greater_than_equal"),
        ({"limit": 501}, "less_than_equal"),
        ({"offset": -1}, "greater_than_equal"),
        ({"nsfw": ""}, "bool_parsing"),
        ({"commercial_use": "ALLOWED"}, "enum"),
        ({"q": "x" * 201}, "string_too_long"),
    ],
)
def test_malformed_parameters_are_told_apart(served: Served, parameters: dict[str, Any], kind: str) -> None:
    answer = served.http.get(IMAGES, params=parameters)

    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert [(item["type"], item["loc"]) for item in detail] == [(kind, ["query", *parameters])]


def test_an_unknown_category_is_refused_with_a_sentence(served: Served) -> None:
    answer = served.http.get("/api/model_references/v2/nope/search")

    assert answer.status_code == 422
    assert "nope" in answer.json()["detail"]


@pytest.mark.parametrize("category", ["lora", "ti", "video_generation"])
def test_an_empty_category_has_an_empty_page(served: Served, category: str) -> None:
    answer = served.ask(
        f"/api/model_references/v2/{category}/search", nsfw="true", sort_by="finetune_series__name"
    )

    assert answer == {"results": [], "total": 0, "offset": 0, "limit": 50, "has_more": False}


def test_words_are_found_best_first_and_with_slips(served: Served) -> None:
    assert served.names(IMAGES, q="harbor light") == ["Harbor Light", "Harbor Light Inpainting"]
    assert served.names(IMAGES, q="harbour inpaintng") == ["Harbor Light Inpainting"]
    assert served.names(ALL, q="prairie xl") == ["PrairieXL"]
    assert served.names(ALL, q="dawn") == ["PrairieXL"]
    assert served.names(ALL, q="comet 8b", exclude_backend_variations="ignored here")[0] == "acme/Comet-8B"


def test_words_narrow_together_with_filters_and_orders(served: Served) -> None:
    assert served.names(IMAGES, q="light", nsfw="true") == ["Harbor Light Inpainting"]
    assert served.names(IMAGES, q="light", sort_by="name", sort_desc="true") == [
        "Harbor Light Inpainting",
        "Harbor Light",
    ]
    assert served.ask(IMAGES, q="light", limit=1)["total"] == 2
    assert served.names(IMAGES, q="light", offset=1) == ["Harbor Light Inpainting"]


def test_blank_words_look_for_nothing_in_particular(served: Served) -> None:
    assert served.names(IMAGES, q="  ") == list(_IMAGES)


def test_facets_count_what_was_found(served: Served) -> None:
    facets = served.ask(IMAGES, facets=["baseline,style", "tags,nsfw,size,license,backend"], nsfw="false")[
        "facets"
    ]

    assert {name: [(each["value"], each["count"]) for each in values] for name, values in facets.items()} == {
        "baseline": [("stable_diffusion_1", 1), ("stable_diffusion_xl", 1)],
        "style": [("anime", 1)],
        "tags": [("retro", 2), ("anime", 1)],
        "nsfw": [("false", 2)],
        "size": [("2GB-4GB", 1)],
        "license": [("NOASSERTION", 2)],
        "backend": [("canonical", 2)],
    }


def test_text_models_are_counted_by_parameters_and_backend(served: Served) -> None:
    facets = served.ask(TEXTS, facets="size,backend")["facets"]

    assert facets["size"] == [{"value": "6B-9B", "count": 2}, {"value": "< 3B", "count": 1}]
    assert facets["backend"] == [{"value": "canonical", "count": 2}, {"value": "koboldcpp", "count": 1}]


def test_a_facet_that_a_category_has_not_counts_nothing(served: Served) -> None:
    assert served.ask("/api/model_references/v2/clip/search", facets="tags")["facets"] == {"tags": []}


def test_results_show_the_fields_that_were_asked_for(served: Served) -> None:
    assert served.ask(IMAGES, fields="nsfw,name", limit=1)["results"] == [
        {"name": "Harbor Light", "nsfw": False}
    ]


def test_a_cursor_goes_through_one_state_of_the_data(changing: Served) -> None:
    first = changing.ask(IMAGES, cursor="*", limit=2)
    changing.change(Category.image_generation, {"New": image_document(), **_IMAGES})
    second = changing.ask(IMAGES, cursor=first["next_cursor"], limit=2)

    assert [result["name"] for page in (first, second) for result in page["results"]] == list(_IMAGES)
    assert (first["has_more"], second["has_more"], second["next_cursor"]) == (True, False, None)
    assert first["revision"] == second["revision"]
    assert changing.names(IMAGES, limit=1) == ["New"]


def test_a_cursor_goes_through_all_categories_and_ranked_words(changing: Served) -> None:
    first = changing.ask(ALL, cursor="", q="comet", limit=1)
    changing.change(Category.text_generation, {})
    second = changing.ask(ALL, cursor=first["next_cursor"], q="comet", limit=1)

    assert [page["results"][0]["name"] for page in (first, second)] == [
        "acme/Comet-8B",
        "koboldcpp/Comet-8B-Q4_K",
    ]


def test_a_cursor_of_another_search_is_refused(served: Served) -> None:
    cursor = served.ask(IMAGES, cursor="*", limit=1)["next_cursor"]

    assert served.http.get(IMAGES, params={"cursor": cursor, "nsfw": "true"}).status_code == 400
    assert served.http.get(TEXTS, params={"cursor": cursor}).status_code == 400


def test_a_cursor_whose_data_is_gone_says_so(changing: Served) -> None:
    cursor = changing.ask(IMAGES, cursor="*", limit=1)["next_cursor"]
    for number in range(40):
        changing.change(Category.image_generation, {f"m{number}": image_document()})

    answer = changing.http.get(IMAGES, params={"cursor": cursor})

    assert answer.status_code == 410
    assert "cursor=*" in answer.json()["detail"]


def test_an_answer_can_be_kept_until_the_data_changes(changing: Served) -> None:
    answer = changing.http.get(IMAGES, params={"nsfw": "true"})
    again = changing.http.get(IMAGES, params={"nsfw": "1"}, headers={"if-none-match": answer.headers["etag"]})
    changing.change(Category.image_generation, {"New": image_document(nsfw=True)})
    changed = changing.http.get(
        IMAGES, params={"nsfw": "true"}, headers={"if-none-match": answer.headers["etag"]}
    )

    assert again.status_code == 304
    assert "max-age" in answer.headers["cache-control"]
    assert changed.status_code == 200
    assert changed.headers["x-registry-serial"] == "3"


def test_a_large_page_is_compressed(changing: Served) -> None:
    documents = {f"model {number}": image_document() for number in range(100)}
    changing.change(Category.image_generation, documents)

    answer = changing.http.get(IMAGES, headers={"accept-encoding": "gzip"})

    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["results"]) == 50


_TEXT = st.text(max_size=12) | st.sampled_from(
    ["name", "metadata__created_at", "config", "tags", "*", "anime"]
)
_PARAMETERS = st.dictionaries(
    st.sampled_from(sorted(CategorySearchParameters.model_fields)),
    _TEXT | st.booleans() | st.integers(),
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(path=st.sampled_from([ALL, IMAGES, TEXTS]), parameters=_PARAMETERS)
def test_whatever_is_asked_for_is_answered_or_refused(
    served: Served, path: str, parameters: dict[str, Any]
) -> None:
    assert served.http.get(path, params=parameters).status_code in {200, 400, 422}


def test_an_offset_of_any_size_is_past_the_end(served: Served) -> None:
    assert served.ask(IMAGES, offset=10**30) == {
        "results": [],
        "total": 3,
        "offset": 10**30,
        "limit": 50,
        "has_more": False,
    }
