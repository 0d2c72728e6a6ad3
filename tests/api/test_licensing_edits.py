"""Editing licences and assets over HTTP (spec 24, Licensing)."""

from contextlib import closing
from threading import Barrier, Thread
from typing import Any

import pytest
from api_client import MakeClient
from licensing_client import LICENSING, a_definition, an_asset, an_assignment, edit, look
from review_client import APPROVER, REQUESTOR, STRANGER, UPSCALER, V1, V2, MakeReview, Review, details

from horde_model_reference.store.audit import audit_events, verify_audit
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.store import Store


def test_a_new_licence_is_the_editors_and_at_revision_1(any_registry: Review) -> None:
    answer = edit(
        any_registry, "POST", "/licenses", a_definition(metadata={"revision": 9, "created_by": "me"})
    )

    assert answer.status_code == 201
    made = answer.json()
    assert (made["license_id"], made["deprecated"], made["restrictions"]) == ("LicenseRef-Test", False, [])
    metadata = made["metadata"]
    assert (metadata["revision"], metadata["created_by"], metadata["updated_by"]) == (1, "2002", "2002")
    assert metadata["created_at"] == metadata["updated_at"] > 1_700_000_000
    assert look(any_registry, "/licenses/LicenseRef-Test").json() == made
    assert answer.headers["location"] == "/model_references/v2/licensing/licenses/LicenseRef-Test"


def test_replacing_a_licence_keeps_who_made_it_and_raises_the_revisions(any_registry: Review) -> None:
    made = edit(any_registry, "POST", "/licenses", a_definition()).json()["metadata"]

    answer = edit(any_registry, "PUT", "/licenses/LicenseRef-Test", a_definition(name="Other"))

    changed = answer.json()["metadata"]
    assert (answer.status_code, answer.json()["name"], changed["revision"]) == (200, "Other", 2)
    assert (changed["created_at"], changed["created_by"]) == (made["created_at"], made["created_by"])
    assert look(any_registry, "/licenses").json()["metadata"]["revision"] == 3


def test_a_bundled_licence_can_be_replaced(any_registry: Review) -> None:
    definition = look(any_registry, "/licenses/WTFPL").json() | {"deprecated": True}

    assert edit(any_registry, "PUT", "/licenses/WTFPL", definition).status_code == 200

    assert look(any_registry, "/licenses?include_deprecated=false").json()["total"] == 15
    assert look(any_registry, "/licenses/WTFPL").json()["metadata"]["revision"] == 2


def test_a_licence_that_nobody_names_can_be_deleted(any_registry: Review) -> None:
    answer = edit(any_registry, "DELETE", "/licenses/WTFPL")

    assert (answer.status_code, answer.content) == (204, b"")
    assert look(any_registry, "/licenses/WTFPL").status_code == 404
    assert edit(any_registry, "DELETE", "/licenses/WTFPL").status_code == 404


@pytest.mark.parametrize("license_id", ["MIT", "LicenseRef-Test", "licenseref-TEST"])
def test_a_licence_that_is_there_is_not_made_again(registry: Review, license_id: str) -> None:
    edit(registry, "POST", "/licenses", a_definition())

    assert edit(registry, "POST", "/licenses", a_definition(license_id)).status_code == 409


def test_a_faulty_definition_is_refused_with_the_place_of_the_fault(registry: Review) -> None:
    faults: list[tuple[dict[str, Any], list[Any]]] = [
        ({"license_id": "MIT OR BSD-3-Clause"}, ["license_id"]),
        ({"license_id": "NOASSERTION"}, ["license_id"]),
        ({"license_id": ""}, ["license_id"]),
        ({"license_id": " MIT"}, ["license_id"]),
        ({"license_id": "a/b"}, ["license_id"]),
        ({"license_id": "x" * 5000}, ["license_id"]),
        ({"license_id": "(A OR(B AND" * 150 + " C" + "))" * 150}, ["license_id"]),
        ({"name": ""}, ["name"]),
        ({"canonical_url": ""}, ["canonical_url"]),
        ({"commercial_use": "maybe"}, ["commercial_use"]),
        ({"obligations": ["cake"]}, ["obligations", 0]),
        ({"colour": "red"}, ["colour"]),
        ({"restrictions": "none"}, ["restrictions"]),
    ]

    for changes, where in faults:
        answer = edit(registry, "POST", "/licenses", a_definition(**changes), key=STRANGER)

        assert answer.status_code == 422
        assert ["body", *where] in [place for _, place in details(answer)]


def test_identifiers_are_those_of_the_spdx_list(registry: Review) -> None:
    faults: list[dict[str, Any]] = [
        {"spdx_identifier": "LicenseRef-Test"},
        {"spdx_identifier": "Mit"},
        {"spdx_identifier": ""},
        {"license_id": "mit-0"},
        {"license_id": "ISC", "spdx_identifier": "MIT"},
        {"license_id": "none"},
        {"license_id": "NoAssertion"},
        {"license_id": "x" * 1500},
        {"name": "A\0"},
    ]

    for changes in faults:
        answer = edit(registry, "POST", "/licenses", a_definition(**changes))

        assert (answer.status_code, type(answer.json()["detail"])) == (422, str), changes


def test_a_licence_of_the_spdx_list_and_one_beside_it_are_fine(registry: Review) -> None:
    of_list = a_definition("MIT-0", spdx_identifier="MIT-0")

    assert edit(registry, "POST", "/licenses", of_list).status_code == 201
    assert edit(registry, "POST", "/licenses", a_definition("OpenRAIL-S")).status_code == 201


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/licenses", a_definition()),
        ("PUT", "/licenses/MIT", a_definition("MIT")),
        ("DELETE", "/licenses/WTFPL", None),
        ("POST", "/assets", an_asset()),
        ("PUT", "/assets/other/nodes/upscale", an_asset()),
        ("DELETE", "/assets/software_component/comfyui", None),
    ],
)
def test_only_editors_edit(registry: Review, method: str, path: str, body: Any) -> None:
    statuses = {
        key: edit(registry, method, path, body, key=key).status_code
        for key in (REQUESTOR, APPROVER, STRANGER, "nobody")
    }
    without_key = registry.client.request(method, f"{LICENSING}{path}", content=b"{}")

    assert statuses == {REQUESTOR: 403, APPROVER: 403, STRANGER: 403, "nobody": 401}
    assert (without_key.status_code, without_key.json()) == (401, {"detail": "Not authenticated"})
    assert look(registry, "/licenses").json()["metadata"]["revision"] == 1


def test_without_editors_every_key_is_wrong(make_review: MakeReview) -> None:
    answer = edit(make_review(), "POST", "/licenses", a_definition())

    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid API key"})


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/licenses", a_definition()),
        ("PUT", "/licenses/other", a_definition()),
        ("DELETE", "/assets/other/x", None),
    ],
)
def test_a_replica_takes_no_edits_whoever_asks_but_tells_of_faulty_bodies_first(
    make_client: MakeClient, method: str, path: str, body: Any
) -> None:
    replica = Review(make_client(replicate_mode="REPLICA", offline=True))

    assert edit(replica, method, path, body, key="nobody").status_code == 503
    if body is not None:
        assert edit(replica, method, path, {}, key="nobody").status_code == 422
    assert replica.client.request(method, f"{LICENSING}{path}", json=body).status_code == 401


def test_the_body_must_be_about_what_the_path_names(registry: Review) -> None:
    assert edit(registry, "PUT", "/licenses/LicenseRef-No", a_definition()).status_code == 400
    assert edit(registry, "PUT", "/licenses/LicenseRef-Test", a_definition()).status_code == 404
    assert edit(registry, "PUT", "/licenses/mit", a_definition("MIT")).status_code == 400
    assert edit(registry, "PUT", "/assets/other/x", an_asset("y")).status_code == 400
    assert edit(registry, "PUT", "/assets/custom_node/y", an_asset("y")).status_code == 400
    assert edit(registry, "PUT", "/assets/other/y", an_asset("y")).status_code == 404
    stranger = edit(registry, "PUT", "/licenses/LicenseRef-No", a_definition(), key=STRANGER)
    assert stranger.status_code == 403


def test_an_asset_lives_under_its_kind_and_identifier(any_registry: Review) -> None:
    made = edit(any_registry, "POST", "/assets", an_asset())

    assert (made.status_code, made.json()["metadata"]["revision"]) == (201, 1)
    assert made.headers["location"].endswith("/licensing/assets/other/nodes/upscale")
    assert look(any_registry, "/assets/other/nodes/upscale").json() == made.json()
    assert look(any_registry, "/assets/other/nodes%2Fupscale").json() == made.json()
    assert edit(any_registry, "POST", "/assets", an_asset()).status_code == 409
    changed = edit(any_registry, "PUT", "/assets/other/nodes/upscale", an_asset(display_name="Nodes"))
    assert (changed.json()["display_name"], changed.json()["metadata"]["revision"]) == ("Nodes", 2)
    assert edit(any_registry, "DELETE", "/assets/other/nodes/upscale").status_code == 204
    assert edit(any_registry, "DELETE", "/assets/other/nodes/upscale").status_code == 404
    assert look(any_registry, "/assets/other/nodes/upscale").status_code == 404


@pytest.mark.parametrize("field", ["name", "canonical_url"])
def test_a_definition_with_a_blank_text_is_refused(registry: Review, field: str) -> None:
    assert edit(registry, "POST", "/licenses", a_definition(**{field: "  "})).status_code == 422


def test_an_identifier_that_nobody_could_ask_for_is_refused(registry: Review) -> None:
    for identifier in (" x", "a//b", "../x", "a\\b", "x" * 201, "a\nb", "\u202ea", "x/", "a\0"):
        assert edit(registry, "POST", "/assets", an_asset(identifier)).status_code == 422, identifier


def test_an_asset_of_the_kind_model_is_refused(registry: Review) -> None:
    answer = edit(registry, "POST", "/assets", an_asset(asset_kind="model"))

    assert details(answer) == [("enum", ["body", "asset_kind"])]
    assert edit(registry, "DELETE", "/assets/model/esrgan:x").status_code == 422
    assert details(look(registry, "/assets/model/x")) == [("enum", ["path", "asset_kind"])]


@pytest.mark.parametrize(
    "licensing",
    [
        an_assignment("Foo"),
        an_assignment("MIT", license_expression="MIT AND Foo", license_ids=["MIT", "Foo"]),
        an_assignment("WTFPL"),
    ],
)
def test_a_new_asset_needs_licences_that_are_known_and_not_deprecated(
    registry: Review, licensing: dict[str, Any]
) -> None:
    edit(registry, "PUT", "/licenses/WTFPL", a_definition("WTFPL", deprecated=True))

    answer = edit(registry, "POST", "/assets", an_asset(licensing=licensing))

    assert (answer.status_code, type(answer.json()["detail"])) == (422, str)


def test_an_asset_keeps_its_deprecated_licence_but_gets_no_other(any_registry: Review) -> None:
    edit(any_registry, "POST", "/assets", an_asset(license_id="WTFPL"))
    for license_id in ("WTFPL", "MIT"):
        edit(any_registry, "PUT", f"/licenses/{license_id}", a_definition(license_id, deprecated=True))

    kept = an_asset(license_id="WTFPL", version="2")
    assert edit(any_registry, "PUT", "/assets/other/nodes/upscale", kept).status_code == 200
    other = an_asset(license_id="MIT")
    assert edit(any_registry, "PUT", "/assets/other/nodes/upscale", other).status_code == 422


def test_a_licence_that_an_asset_names_stays(any_registry: Review) -> None:
    assert edit(any_registry, "DELETE", "/licenses/MIT").status_code == 409

    edit(any_registry, "DELETE", "/assets/custom_node/comfyqr")

    assert edit(any_registry, "DELETE", "/licenses/MIT").status_code == 204


@pytest.mark.parametrize("where", ["model", "file"])
def test_a_licence_that_a_model_or_an_open_change_names_stays(any_registry: Review, where: str) -> None:
    edit(any_registry, "POST", "/licenses", a_definition())
    download = {"file_name": "a.pth", "file_url": "https://example.org/a.pth"}
    licensing = an_assignment("LicenseRef-Test")
    if where == "file":
        licensing = an_assignment("WTFPL", files={"a.pth": licensing})
    change_id = any_registry.propose("Licensed", config={"download": [download]}, licensing=licensing)

    pending = edit(any_registry, "DELETE", "/licenses/LicenseRef-Test")
    any_registry.approve(change_id)
    approved = edit(any_registry, "DELETE", "/licenses/LicenseRef-Test")
    any_registry.apply(change_id)
    stored = edit(any_registry, "DELETE", "/licenses/LicenseRef-Test")

    assert [each.status_code for each in (pending, approved, stored)] == [409, 409, 409]
    assert f"change {change_id}" in pending.json()["detail"]
    assert "esrgan:Licensed" in stored.json()["detail"]


def test_a_licence_that_only_a_rejected_change_names_can_go(any_registry: Review) -> None:
    edit(any_registry, "POST", "/licenses", a_definition())
    change_id = any_registry.propose("Licensed", licensing=an_assignment("LicenseRef-Test"))
    any_registry.post(
        "/batches", {"batch_title": "no", "rejected_ids": [change_id], "reject_reason": "not now"}
    )

    assert edit(any_registry, "DELETE", "/licenses/LicenseRef-Test").status_code == 204


def test_a_licence_whose_name_others_begin_with_is_not_taken_for_them(any_registry: Review) -> None:
    edit(any_registry, "POST", "/licenses", a_definition("LicenseRef-A"))
    edit(any_registry, "POST", "/licenses", a_definition("LicenseRef-A-2"))
    any_registry.write(
        "Licensed", description='says "LicenseRef-A"', licensing=an_assignment("LicenseRef-A-2")
    )

    assert edit(any_registry, "DELETE", "/licenses/LicenseRef-A").status_code == 204
    assert edit(any_registry, "DELETE", "/licenses/LicenseRef-A-2").status_code == 409


def test_writes_of_models_follow_the_catalogue_at_once(any_registry: Review) -> None:
    body = {"name": "New", "licensing": an_assignment("LicenseRef-Test")}

    def propose() -> int:
        status: int = any_registry.send("POST", f"{V2}/esrgan", body).status_code
        return status

    before = propose()
    edit(any_registry, "POST", "/licenses", a_definition())
    known = propose()
    edit(any_registry, "PUT", "/licenses/LicenseRef-Test", a_definition(deprecated=True))
    deprecated = propose()

    assert (before, known, deprecated) == (422, 202, 422)


def test_deprecating_a_licence_does_not_block_edits_of_models_that_have_it(any_registry: Review) -> None:
    edit(any_registry, "POST", "/licenses", a_definition())
    any_registry.write("Licensed", licensing=an_assignment("LicenseRef-Test"))
    edit(any_registry, "PUT", "/licenses/LicenseRef-Test", a_definition(deprecated=True))
    path = f"{V2}/esrgan/model/Licensed"

    kept = any_registry.send("PUT", path, {"name": "Licensed", "description": "better"})
    repeated = {"name": "Licensed", "licensing": an_assignment("LicenseRef-Test")}
    given_again = any_registry.send("PUT", path, repeated)
    new_use = any_registry.send("PUT", f"{V2}/esrgan/model/{UPSCALER}", repeated | {"name": UPSCALER})

    assert (kept.status_code, given_again.status_code, new_use.status_code) == (202, 202, 422)


def test_proposals_in_the_legacy_format_name_known_licences_too(make_review: MakeReview) -> None:
    registry = make_review(canonical_format="legacy", licensing={"editor_ids": ["2002"]})
    record = {"name": "New", "type": "realesrgan", "config": {"files": [], "download": []}}

    def propose(license_id: str) -> int:
        body = record | {"licensing": an_assignment(license_id)}
        status: int = registry.send("POST", f"{V1}/esrgan", body).status_code
        return status

    edit(registry, "PUT", "/licenses/WTFPL", a_definition("WTFPL", deprecated=True))

    assert (propose("Foo"), propose("WTFPL"), propose("MIT")) == (422, 422, 202)


def test_an_edit_goes_through_only_where_nobody_wrote_since_its_editor_looked(any_registry: Review) -> None:
    edit(any_registry, "POST", "/licenses", a_definition())
    seen = look(any_registry, "/licenses/LicenseRef-Test").headers["etag"]
    path = "/licenses/LicenseRef-Test"

    first = edit(any_registry, "PUT", path, a_definition(name="First"), If_Match=seen)
    second = edit(any_registry, "PUT", path, a_definition(name="Second"), If_Match=seen)
    removal = edit(any_registry, "DELETE", path, If_Match=seen)
    again = edit(any_registry, "PUT", path, a_definition(name="Third"), If_Match=first.headers["etag"])

    assert [each.status_code for each in (first, second, removal, again)] == [200, 412, 412, 200]
    assert first.headers["etag"] != seen
    assert again.headers["etag"] == look(any_registry, path).headers["etag"]
    assert edit(any_registry, "DELETE", path, If_Match=again.headers["etag"]).status_code == 204


def test_if_match_compares_strongly(registry: Review) -> None:
    path = "/assets/software_component/comfyui"
    forms: list[tuple[str, int]] = [
        ("*", 200),
        ('"other", {tag}', 200),
        ('"{bare}-gzip"', 200),
        ("W/{tag}", 412),
        ('"other"', 412),
        ("{bare}", 412),
        ("", 412),
        ('"1"', 412),
    ]

    for form, status in forms:
        seen = look(registry, path)
        tag = seen.headers["etag"]
        header = form.format(tag=tag, bare=tag.strip('"'))

        assert edit(registry, "PUT", path, seen.json(), If_Match=header).status_code == status, form


def test_a_condition_is_looked_at_only_where_the_edit_would_do(registry: Review) -> None:
    unknown = an_asset("comfyui", "Foo", asset_kind="software_component")

    statuses = [
        edit(registry, "PUT", "/licenses/LicenseRef-No", a_definition("LicenseRef-No"), If_Match='"x"'),
        edit(registry, "DELETE", "/licenses/MIT", If_Match='"x"'),
        edit(registry, "PUT", "/assets/software_component/comfyui", unknown, If_Match='"x"'),
        edit(registry, "DELETE", "/assets/other/none", If_Match="*"),
    ]

    assert [each.status_code for each in statuses] == [404, 409, 422, 404]


def test_of_editors_who_looked_at_the_same_only_one_gets_through(any_registry: Review) -> None:
    seen = look(any_registry, "/licenses/WTFPL")
    together, statuses = Barrier(6), []

    def work(number: int) -> None:
        together.wait()
        body = seen.json() | {"notes": f"editor {number}"}
        answer = edit(any_registry, "PUT", "/licenses/WTFPL", body, If_Match=seen.headers["etag"])
        statuses.append(answer.status_code)

    editors = [Thread(target=work, args=(number,)) for number in range(6)]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()

    assert sorted(statuses) == [200, 412, 412, 412, 412, 412]
    assert look(any_registry, "/licenses/WTFPL").json()["metadata"]["revision"] == 2


def test_every_edit_is_in_the_audit_trail(any_registry: Review, database_url: str) -> None:
    edit(any_registry, "POST", "/licenses", a_definition())
    edit(any_registry, "PUT", "/licenses/LicenseRef-Test", a_definition(name="Other"))
    edit(any_registry, "DELETE", "/licenses/LicenseRef-Test")
    edit(any_registry, "POST", "/assets", an_asset())
    edit(any_registry, "POST", "/assets", an_asset())  # refused, so not noted

    with closing(Store.open(database_url)) as store:
        events = list(audit_events(store, EventFilter()))
        fault = verify_audit(store).fault
    told = [(event.category, event.model_name, event.operation.value) for event in events]
    assert told[-4:] == [
        ("license_definition", "LicenseRef-Test", "create"),
        ("license_definition", "LicenseRef-Test", "update"),
        ("license_definition", "LicenseRef-Test", "delete"),
        ("licensed_asset", "other:nodes/upscale", "create"),
    ]
    last = events[-1]
    assert (last.logical_user_id, last.payload["after"]["display_name"]) == ("2002", "Upscaling nodes")
    assert fault is None
