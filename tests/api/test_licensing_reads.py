"""What is told about licences over HTTP (spec 24, Licensing)."""

from typing import Any

from api_client import MakeClient
from licensing_client import LICENSING, a_definition, an_asset, an_assignment, edit, look
from review_client import UPSCALER, V2, Review, details

from horde_model_reference.domain.licensing import LicensedAsset, LicenseDefinition, ModelLicensing

PERMISSIONS = ["allowed", "allowed_with_conditions", "prohibited", "unknown"]


def identifiers(answer: Any) -> list[tuple[str, str]]:
    return [(item["asset_kind"], item["asset_identifier"]) for item in answer.json()["items"]]


def test_the_bundled_licences_are_sorted_without_regard_to_case(registry: Review) -> None:
    edit(registry, "POST", "/licenses", a_definition("apachexxx"))

    page = look(registry, "/licenses").json()

    found = [item["license_id"] for item in page["items"]]
    assert found == sorted(found, key=str.casefold)
    assert found.index("apachexxx") == 2
    assert (page["total"], page["offset"], page["limit"]) == (17, 0, 100)
    assert page["metadata"]["schema_version"] == 1
    assert all(LicenseDefinition.model_validate(item) for item in page["items"])


def test_pages_of_licences_follow_one_another(registry: Review) -> None:
    everything = look(registry, "/licenses").json()["items"]

    pages = [look(registry, f"/licenses?limit=5&offset={offset}").json() for offset in (0, 5, 10, 15, 20)]

    assert [item for page in pages for item in page["items"]] == everything
    assert {page["total"] for page in pages} == {16}


def test_parameters_that_make_no_sense_are_named(registry: Review) -> None:
    wrong = {
        "/licenses?limit=0": "limit",
        "/licenses?limit=1001": "limit",
        "/licenses?offset=-1": "offset",
        "/licenses?offset=99999999999999999999999": "offset",
        "/licenses?include_deprecated=perhaps": "include_deprecated",
        "/assets?limit=0": "limit",
        "/assets?commercial_use=maybe": "commercial_use",
        "/assets?redistribution=": "redistribution",
        "/assets?category=nonsense": "category",
        "/models/nonsense/x": "category",
    }

    answers = {path: look(registry, path) for path in wrong}

    assert {answer.status_code for answer in answers.values()} == {422}
    assert {path: details(answer)[0][1][-1] for path, answer in answers.items()} == wrong


def test_what_is_not_there_is_404(registry: Review) -> None:
    paths = ("/licenses/Zed", "/licenses/mit", "/assets/other/none", "/models/esrgan/None", "/nonsense")

    assert {path: look(registry, path).status_code for path in paths} == dict.fromkeys(paths, 404)


def test_assets_are_models_and_other_things_by_kind_and_identifier(registry: Review) -> None:
    registry.write("aaa")
    registry.write("Bbb")

    page = look(registry, "/assets?limit=1000")

    found = identifiers(page)
    assert found == sorted(found, key=lambda place: (place[0], place[1].casefold()))
    assert page.json()["total"] == len(found)
    assert found[0] == ("custom_node", "comfyqr")
    assert found[-1] == ("software_component", "comfyui")
    esrgan = [identifier for kind, identifier in found if identifier.startswith("esrgan:")]
    assert esrgan == ["esrgan:aaa", "esrgan:Bbb", f"esrgan:{UPSCALER}"]
    pages = [identifiers(look(registry, f"/assets?limit=4&offset={start}")) for start in range(0, 40, 4)]
    assert [place for part in pages for place in part] == found


def test_the_view_of_a_model_has_its_first_address_and_the_conclusions_for_it_and_its_files(
    registry: Review,
) -> None:
    downloads = [
        {"file_name": name, "file_url": f"https://example.org/{name}"} for name in ("a.pth", "b.pth")
    ]
    evidence = [{"source": "the card", "checked_at": "2026-01-02"}]
    licensing = an_assignment("MIT", evidence=evidence, files={"b.pth": an_assignment("WTFPL")})
    registry.write("a/b", version="3", config={"download": downloads}, licensing=licensing)

    view = look(registry, "/models/esrgan/a/b").json()

    told = view.pop("licensing")
    assert view == {
        "asset_kind": "model",
        "asset_identifier": "esrgan:a/b",
        "display_name": "a/b",
        "category": "esrgan",
        "source_url": "https://example.org/a.pth",
        "version": "3",
        "locations": [],
        "related_assets": [],
        "definition_urls": {"MIT": "/model_references/v2/licensing/licenses/MIT"},
        "notes": None,
        "metadata": None,
    }
    assert told["evidence"] == [{"source": "the card", "description": None, "checked_at": "2026-01-02"}]
    assert told["files"]["b.pth"]["license_expression"] == "WTFPL"
    assert ModelLicensing.model_validate(told).model_dump(mode="json") == told
    assert look(registry, "/models/esrgan/a%2Fb").json() == view | {"licensing": told}
    (item,) = look(registry, "/assets?name_contains=A/B").json()["items"]
    assert item == view | {"licensing": told}
    assert registry.client.get(f"/api{view['definition_urls']['MIT']}").json()["name"] == "MIT License"


def test_a_model_that_nobody_reviewed_has_no_conclusion(registry: Review) -> None:
    told = look(registry, f"/models/esrgan/{UPSCALER}").json()["licensing"]

    assert (told["license_expression"], told["license_ids"], told["files"]) == ("NOASSERTION", [], {})
    assert (told["commercial_use"], told["redistribution"]) == ("unknown", "unknown")
    assert ModelLicensing.model_validate(told).model_dump(mode="json") == told


def test_the_former_name_of_a_model_leads_to_it(registry: Review) -> None:
    body = {"name": "control_qr_xl", "controlnet_style": "control_qr_xl"}
    change_id = registry.send("POST", f"{V2}/controlnet", body).json()["change_id"]
    registry.approve(change_id)
    registry.apply(change_id)

    view = look(registry, "/models/controlnet/control_qr_sdxl").json()

    assert view["asset_identifier"] == "controlnet:control_qr_xl"


def test_the_view_of_an_asset_has_files_and_its_stored_form_has_not(registry: Review) -> None:
    stored = look(registry, "/assets/software_component/comfyui").json()
    (view,) = look(registry, "/assets?asset_kind=software_component").json()["items"]

    assert "files" not in stored["licensing"]
    assert view["licensing"] == stored["licensing"] | {"files": {}}
    assert view["definition_urls"] == {"GPL-3.0-only": "/model_references/v2/licensing/licenses/GPL-3.0-only"}
    assert (view["category"], view["metadata"], stored["version"]) == (None, stored["metadata"], "fb991e2c")
    assert LicensedAsset.model_validate(stored).model_dump(mode="json") == stored


def test_filters_hold_together(registry: Review) -> None:
    download = {"file_name": "a.pth", "file_url": "https://example.org/a.pth"}
    licensing = an_assignment("MIT", files={"a.pth": an_assignment("WTFPL")})
    registry.write("Licensed", config={"download": [download]}, licensing=licensing)
    expected = {
        "asset_kind=custom_node": 4,
        "asset_kind=nonsense": 0,
        "asset_kind=model&category=esrgan": 2,
        "asset_kind=other&category=esrgan": 0,
        "license_id=GPL-3.0-only": 2,
        "license_id=MIT": 2,
        "license_id=mit": 0,
        "license_id=WTFPL": 0,
        "commercial_use=allowed": 4,
        "commercial_use=prohibited": 0,
        "redistribution=allowed_with_conditions&asset_kind=model": 1,
        "name_contains=CoMfYuI": 3,
        "name_contains=%00": 0,
        "name_contains=licensed&category=esrgan&license_id=MIT": 1,
    }

    pages = {query: look(registry, f"/assets?{query}&limit=1000").json() for query in expected}

    assert {query: page["total"] for query, page in pages.items()} == expected
    assert {query: len(page["items"]) for query, page in pages.items()} == expected


def test_the_summary_counts_what_the_filters_find(registry: Review) -> None:
    registry.write("Licensed", licensing=an_assignment("MIT"))

    summary = look(registry, "/summary").json()

    assert summary["total_assets"] == look(registry, "/assets").json()["total"]
    for use in ("commercial_use", "redistribution"):
        assert list(summary[use]) == PERMISSIONS
        assert sum(summary[use].values()) == summary["total_assets"]
        for status, number in summary[use].items():
            assert look(registry, f"/assets?{use}={status}").json()["total"] == number
    assert summary["licenses"] == {"AGPL-3.0-only": 1, "Apache-2.0": 2, "GPL-3.0-only": 2, "MIT": 2}


def test_the_export_is_all_of_that(registry: Review) -> None:
    export = look(registry, "/export").json()

    assert list(export) == ["schema_version", "metadata", "licenses", "assets", "summary"]
    assert export["licenses"] == look(registry, "/licenses").json()["items"]
    assert export["assets"] == look(registry, "/assets?limit=1000").json()["items"]
    assert export["summary"] == look(registry, "/summary").json()
    assert export["metadata"] == look(registry, "/licenses").json()["metadata"]
    assert export["schema_version"] == 1


def test_an_empty_registry_can_be_exported(make_client: MakeClient) -> None:
    export = make_client(with_records=False).get(f"{LICENSING}/export").json()

    assert (len(export["licenses"]), len(export["assets"])) == (16, 6)


def test_what_a_client_has_already_is_not_sent_again(registry: Review) -> None:
    edit(registry, "POST", "/assets", an_asset("x"))
    registry.write("New")
    paths = ("/licenses", "/licenses/MIT", "/assets", "/assets/other/x", "/summary", "/export")

    for path in (*paths, "/models/esrgan/New"):
        first = look(registry, path)
        again = look(registry, path, If_None_Match=first.headers["etag"])
        head = registry.client.head(f"{LICENSING}{path}")

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == head.headers["etag"] == first.headers["etag"]
        assert head.status_code == 200


def test_reads_show_an_edit_at_once(any_registry: Review) -> None:
    before = {path: look(any_registry, path) for path in ("/licenses", "/assets", "/summary", "/export")}

    edit(any_registry, "POST", "/assets", an_asset("x"))

    after = {path: look(any_registry, path) for path in before}
    assert all(after[path].headers["etag"] != before[path].headers["etag"] for path in before)
    assert after["/summary"].json()["total_assets"] == before["/summary"].json()["total_assets"] + 1
    assert (
        int(after["/assets"].headers["x-registry-serial"])
        == int(before["/assets"].headers["x-registry-serial"]) + 1
    )


def test_reads_show_a_change_of_a_model_at_once(any_registry: Review) -> None:
    before = look(any_registry, "/summary").json()

    any_registry.write("Licensed", licensing=an_assignment("MIT"))

    after = look(any_registry, "/summary").json()
    assert after["licenses"]["MIT"] == before["licenses"]["MIT"] + 1
    assert look(any_registry, "/assets?license_id=MIT").json()["total"] == 2


def test_a_replica_tells_of_the_bundled_licences(make_client: MakeClient) -> None:
    client = make_client(replicate_mode="REPLICA", offline=True)

    assert client.get(f"{LICENSING}/licenses").json()["total"] == 16
    assert client.get(f"{LICENSING}/assets").json()["total"] == 6
    assert client.get(f"{LICENSING}/licenses/MIT").status_code == 200


def test_the_name_of_the_resource_alone_is_no_category(registry: Review) -> None:
    assert registry.client.get(f"{V2}/licensing").status_code == 422
