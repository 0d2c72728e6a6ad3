"""Reading records over HTTP (spec 11), on the fixture's records."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from api_client import ALLOWED_ORIGIN, FIXTURES, MakeClient
from starlette.testclient import TestClient

from horde_model_reference.domain.categories import Category, v2_file_name

V1, V2 = "/api/model_references/v1", "/api/model_references/v2"
ADDED = {"licensing", "guidance"}
STAMPS = {"created_at", "updated_at"}


def expected(version: str, file_name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "expected" / version / file_name).read_text("utf-8"))
    return found


def as_converted(record: dict[str, object], wanted: dict[str, object]) -> dict[str, object]:
    """Take away what the store and the answer add to a converted record."""
    kept = {key: value for key, value in record.items() if key not in ADDED}
    metadata, own = kept["metadata"], wanted.get("metadata", {})
    assert isinstance(metadata, dict)
    assert isinstance(own, dict)
    assert metadata.keys() >= STAMPS
    if "metadata" not in wanted:
        return {key: value for key, value in kept.items() if key != "metadata"}
    return kept | {"metadata": {key: metadata[key] for key in metadata if key in own or key not in STAMPS}}


@pytest.mark.parametrize(
    "file", sorted((FIXTURES / "expected" / "v2").glob("*.json")), ids=lambda file: file.stem
)
def test_a_v2_category_is_what_the_legacy_file_means(client: TestClient, file: Path) -> None:
    category = next(category for category in Category if v2_file_name(category) == file.name)

    body = client.get(f"{V2}/{category}").json()

    wanted = expected("v2", file.name)
    found = {name: as_converted(record, wanted[name]) for name, record in body.items()}
    assert found == wanted
    assert list(found) == list(wanted)
    assert [list(record) for record in found.values()] == [list(record) for record in wanted.values()]


@pytest.mark.parametrize("name", ["stable_diffusion", "controlnet", "clip", "esrgan"])
def test_a_v1_category_says_what_the_legacy_file_said(client: TestClient, name: str) -> None:
    body = client.get(f"{V1}/{name}").json()

    assert body == json.loads((FIXTURES / "legacy" / "image" / f"{name}.json").read_text("utf-8"))


def test_v1_text_models_are_listed_under_their_backend_names_too(client: TestClient) -> None:
    body = client.get(f"{V1}/text_generation").json()

    assert body == expected("v1", "text_generation.json")
    assert list(body) == list(expected("v1", "text_generation.json"))


@pytest.mark.parametrize("spelling", ["ViT-L/14", "ViT-L%2F14"])
def test_a_name_with_a_slash_is_read_in_either_spelling(client: TestClient, spelling: str) -> None:
    answer = client.get(f"{V2}/clip/model/{spelling}")

    assert answer.status_code == 200
    assert answer.json()["name"] == "ViT-L/14"


def test_every_record_is_read_by_its_name(client: TestClient) -> None:
    for category in Category:
        whole = client.get(f"{V2}/{category}")
        for name, record in whole.json().items() if whole.is_success else ():
            answer = client.get(f"{V2}/{category}/model/{quote(name, safe='')}")

            assert answer.json() == record


def test_a_former_name_answers_with_the_model_of_today(client: TestClient) -> None:
    body = client.get(f"{V2}/controlnet/model/control_qr_sdxl").json()

    assert body["name"] == "control_qr_xl"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{V2}/image_generation/model/nobody", 404),
        (f"{V2}/lora/model/nobody", 404),
        (f"{V2}/image_generation/model/", 404),
        (f"{V2}/stable_diffusion", 422),
        (f"{V2}/BLIP", 422),
        (f"{V2}/clip.json", 422),
        (f"{V2}/metadata", 422),
        (f"{V2}", 404),
        (f"{V1}/video_generation", 404),
        (f"{V1}/controlnet_annotator", 404),
        (f"{V1}/models.csv", 422),
        (f"{V1}/db.json.json", 422),
        (f"{V1}/Stable_Diffusion", 422),
        (f"{V1}/clip/model/x", 404),
        (f"{V1}/text_generation?include_group=maybe", 422),
        ("/api/api/heartbeat", 404),
        ("/metrics", 404),
        ("/api/nothing", 404),
    ],
)
def test_what_is_not_there_has_its_status_and_envelope(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert list(answer.json()) == ["detail"]


@pytest.mark.parametrize("spelling", ["image_generation", "image_generation.json", "stable_diffusion.json"])
def test_v1_knows_the_file_names(client: TestClient, spelling: str) -> None:
    assert client.get(f"{V1}/{spelling}").content == client.get(f"{V1}/stable_diffusion").content


def test_v1_categories_of_others_are_empty_objects(client: TestClient) -> None:
    assert [client.get(f"{V1}/{name}").json() for name in ("lora", "ti.json")] == [{}, {}]


def test_groups_are_added_only_where_they_are_asked_for(client: TestClient) -> None:
    plain = client.get(f"{V1}/text_generation").json()
    grouped = client.get(f"{V1}/text_generation?include_group=yes").json()

    assert list(plain) == list(grouped)
    assert all("text_model_group_summary" in record for record in grouped.values())


def test_category_lists(client: TestClient) -> None:
    assert client.get(f"{V1}/model_categories").json() == list(Category)
    assert client.get(f"{V2}/model_categories").json() == [c for c in Category if c not in {"lora", "ti"}]


def test_an_empty_registry_answers_404_for_what_nobody_imported(make_client: MakeClient) -> None:
    client = make_client(with_records=False)

    assert client.get(f"{V2}/image_generation").status_code == 404
    assert client.get(f"{V2}/lora").json() == {}


def test_metadata_belongs_to_the_canonical_format(make_client: MakeClient) -> None:
    client = make_client(canonical_format="legacy")

    assert client.get(f"{V1}/metadata/last_updated").status_code == 200
    assert client.get(f"{V2}/metadata/last_updated").status_code == 503
    assert client.get("/replicate_mode").json()["canonical_format"] == "legacy"


def test_a_replica_serves_the_v2_files_of_its_folder(make_client: MakeClient, tmp_path: Path) -> None:
    (tmp_path / "clip.json").write_text('{"x": {"name": "x"}}')

    client = make_client(replicate_mode="REPLICA", offline=True)

    assert client.get(f"{V2}/clip/model/x").json()["name"] == "x"
    assert client.get("/replicate_mode").json() == {
        "replicate_mode": "REPLICA",
        "canonical_format": "v2",
        "writable": False,
    }
    assert client.get(f"{V2}/metadata/clip").status_code == 503


def test_cors_names_only_allowed_origins(client: TestClient) -> None:
    allowed = client.get("/heartbeat", headers={"origin": ALLOWED_ORIGIN})
    other = client.get("/heartbeat", headers={"origin": "https://other.example"})

    assert allowed.headers["access-control-allow-origin"] == ALLOWED_ORIGIN
    assert "access-control-allow-origin" not in other.headers
