"""Looking at names and groups of text models over HTTP, and saying things about them (spec 23)."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from api_client import MakeClient
from review_client import APPROVER, REQUESTOR, STRANGER, V2, MakeReview, Review
from starlette.testclient import TestClient

from horde_model_reference.store.audit import audit_events, verify_audit
from horde_model_reference.store.audit_rows import EventFilter
from horde_model_reference.store.store import Store

TEXT = f"{V2}/text_generation"
STATISTICS = "/api/model_references/statistics/text_generation?group_text_models=true"
MEMBERS = ["acme/Comet-8B-Instruct", "cedar/Comet-8B-Instruct"]


# Reading


def test_a_name_is_taken_apart_with_its_author_and_grouped_without_it(client: TestClient) -> None:
    answer = client.get(f"{TEXT}/parse_name?name=aphrodite/acme/Comet-8B-Instruct-2501")

    assert answer.json() == {
        "original_name": "aphrodite/acme/Comet-8B-Instruct-2501",
        "base_name": "aphrodite/acme/Comet",
        "size": "8B",
        "variant": "Instruct",
        "quant": None,
        "version": None,
        "suggested_group": "Comet",
        "extras": [{"value": "2501", "position": 3, "inferred_type": "DATE"}],
    }


def test_a_name_is_needed(client: TestClient) -> None:
    for path in ("parse_name", "group", "group/name_schema"):
        answer = client.get(f"{TEXT}/{path}")

        (problem,) = answer.json()["detail"]
        assert (answer.status_code, problem["type"], problem["loc"]) == (422, "missing", ["query", "name"])


def test_answers_have_an_entity_tag_that_is_recognised(client: TestClient) -> None:
    for path in (
        "groups",
        "groups/summary",
        "groups/health",
        "distinct_baselines",
        "families/detect",
        "group?name=Comet",
        "parse_name?name=Comet-7B",
    ):
        first = client.get(f"{TEXT}/{path}")
        again = client.get(f"{TEXT}/{path}", headers={"if-none-match": first.headers["etag"]})

        assert (first.status_code, again.status_code) == (200, 304), path


def test_groups_are_listed_and_summed_up(client: TestClient) -> None:
    summary = client.get(f"{TEXT}/groups/summary").json()

    assert client.get(f"{TEXT}/groups").json() == {"groups": ["Comet", "Hydra", "Pebble", "lantern"]}
    assert (summary["total_groups"], summary["total_models"]) == (4, 5)
    assert client.get(f"{TEXT}/distinct_baselines").json() == {"baselines": ["Llama 3", "Llama 3.1"]}


def test_health_tells_what_is_odd(client: TestClient) -> None:
    health = client.get(f"{TEXT}/groups/health").json()

    assert [issue["issue_type"] for issue in health["issues"] if issue["group_name"] == "Comet"] == [
        "inconsistent_baseline",
        "missing_description",
    ]


def test_a_group_is_shown_with_its_models(client: TestClient) -> None:
    group = client.get(f"{TEXT}/group?name=comet").json()

    assert [member["name"] for member in group["members"]] == MEMBERS
    assert group["name_format"]["template"] == "{author}/{base}-{size}-{variant}"
    assert client.get(f"{TEXT}/group?name=Nope").status_code == 404


def test_an_empty_category_has_no_groups(make_client: MakeClient) -> None:
    client = make_client(with_records=False)

    assert client.get(f"{TEXT}/groups").json() == {"groups": []}
    assert client.get(f"{TEXT}/groups/summary").json()["total_groups"] == 0


def test_the_bounds_of_families_are_checked(client: TestClient) -> None:
    for bounds in ("min_prefix_length=1", "min_prefix_length=21", "min_family_size=1", "min_family_size=51"):
        assert client.get(f"{TEXT}/families/detect?{bounds}").status_code == 422, bounds


def test_a_composed_name_tells_whether_a_model_has_it(client: TestClient) -> None:
    body = {"author": "acme", "base_name": "Comet", "size": "8B", "variant": "Instruct"}

    answer = client.post(f"{TEXT}/compose_name", json=body)

    assert answer.json() == {
        "composed_name": "acme/Comet-8B-Instruct",
        "already_exists": True,
        "suggested_group": "Comet",
    }


# Aliases


def test_a_group_is_read_by_its_alias_everywhere(review: Review) -> None:
    review.send("PUT", f"{TEXT}/aliases/Comet", {"aliases": ["Kometa"]})

    assert review.get(f"{TEXT}/group?name=Kometa").json()["group_name"] == "Comet"
    assert review.get(f"{TEXT}/group/name_schema?name=Kometa").status_code == 200
    assert review.get(f"{TEXT}/parse_name?name=acme/Kometa-7B").json()["suggested_group"] == "Comet"
    edit = review.send("PUT", f"{TEXT}/group/common_fields?name=Kometa", {"style": "chat"})
    assert edit.json()["updated_count"] == 2


def test_an_answer_given_before_an_edit_is_not_given_after_it(review: Review) -> None:
    before = review.get(f"{TEXT}/groups/summary")

    review.send("POST", f"{TEXT}/aliases/Comet/add", {"alias": "Kometa"})

    after = review.get(f"{TEXT}/groups/summary")
    assert after.json()["groups"][0]["aliases"] == ["Kometa"]
    assert after.headers["etag"] != before.headers["etag"]


def test_groups_under_two_names_are_one_in_statistics(review: Review) -> None:
    assert review.get(STATISTICS).json()["total_models"] == 4

    review.send("PUT", f"{TEXT}/aliases/Comet", {"aliases": ["Pebble"]})

    assert review.get(STATISTICS).json()["total_models"] == 3


def test_duplicates_and_chains_of_aliases_are_refused(review: Review) -> None:
    review.send("PUT", f"{TEXT}/aliases/Alpha", {"aliases": ["Alfa"]})

    answers = [
        review.send("PUT", f"{TEXT}/aliases/Beta", {"aliases": ["B", "B"]}),
        review.send("PUT", f"{TEXT}/aliases/Beta", {"aliases": ["Alpha"]}),
        review.send("POST", f"{TEXT}/aliases/Alfa/add", {"alias": "A"}),
    ]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert len(review.get(f"{TEXT}/aliases").json()["entries"]) == 1


def test_every_edit_is_in_the_audit_trail(make_review: MakeReview, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'registry.sqlite3'}"
    review = make_review(database_url=url)
    review.send("PUT", f"{TEXT}/aliases/Alpha", {"aliases": ["Alfa"]})
    review.send("POST", f"{TEXT}/aliases/Alpha/add", {"alias": "Alfa"})
    review.send("PUT", f"{TEXT}/families/F", {"members": ["Alpha"]})
    review.send("PUT", f"{TEXT}/group/name_schema?name=Comet", {"separator": "_"})
    review.send("DELETE", f"{TEXT}/aliases/Alpha")

    with closing(Store.open(url)) as store:
        events = list(audit_events(store, EventFilter()))
        assert verify_audit(store).fault is None
    assert [(event.category, event.model_name, event.operation) for event in events] == [
        ("text_alias", "Alpha", "create"),
        ("text_family", "F", "create"),
        ("text_name_schema", "Comet", "create"),
        ("text_alias", "Alpha", "delete"),
    ]
    assert {event.logical_user_id for event in events} == {"1001"}


HOSTILE_NAMES = ["", " ", " a", "a ", "a\\b", "a\nb", "a\0", "\ud800", "x" * 201]


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("POST", "aliases/Alpha/add", "alias"),
        ("POST", "families/F/add", "group_name"),
        ("PUT", "group/rename?name=Comet", "new_name"),
        ("PUT", "group/name_schema?name=Comet", "common_author"),
    ],
)
def test_hostile_names_are_refused(review: Review, method: str, path: str, field: str) -> None:
    headers = {"apikey": REQUESTOR, "content-type": "application/json"}

    for name in HOSTILE_NAMES:
        body = f'{{"{field}": {_json_text(name)}}}'.encode()
        answer = review.client.request(method, f"{TEXT}/{path}", content=body, headers=headers)

        assert answer.status_code == 422, ascii(name)


def _json_text(text: str) -> str:
    escaped = "".join(f"\\u{ord(character):04x}" for character in text)
    return f'"{escaped}"'


def test_hostile_names_in_paths_bring_no_status_5xx(review: Review) -> None:
    for name in ("%00", "%FF", "%5C", "%20", "a%0Ab", "..%2F..%2Fx", "%25", "%F0%9F%92%A9"):
        paths = (f"aliases/{name}", f"families/{name}", f"group?name={name}", f"parse_name?name={name}")
        reads = [review.get(f"{TEXT}/{path}").status_code for path in paths]
        writes = [
            review.send("PUT", f"{TEXT}/aliases/{name}", {"aliases": []}).status_code,
            review.send("PUT", f"{TEXT}/families/{name}", {"members": ["x"]}).status_code,
            review.send("DELETE", f"{TEXT}/aliases/{name}").status_code,
            review.send("PUT", f"{TEXT}/group/name_schema?name={name}", {}).status_code,
            review.send("PUT", f"{TEXT}/{name}/name_exception", {"reason": "x"}).status_code,
        ]

        assert all(status < 500 for status in (*reads, *writes)), name


def test_names_of_groups_may_hold_slashes(review: Review) -> None:
    review.send("POST", f"{TEXT}/aliases/author/Name/add", {"alias": "old/Name"})

    assert review.get(f"{TEXT}/aliases/author%2FName").json()["aliases"] == ["old/Name"]


def test_a_family_is_not_called_what_its_address_would_hide(review: Review) -> None:
    answer = review.send("PUT", f"{TEXT}/families/detect", {"members": ["Alpha"]})

    assert answer.status_code == 422
    assert review.get(f"{TEXT}/families").json() == {"families": []}


# Schemas


def test_a_saved_schema_decides_how_names_are_composed(review: Review) -> None:
    schema = {"separator": "_", "part_order": ["size", "base"], "common_author": "acme"}
    review.send("PUT", f"{TEXT}/group/name_schema?name=Comet", schema)

    answer = review.client.post(f"{TEXT}/compose_name", json={"base_name": "Comet", "size": "7B"})
    own = review.client.post(
        f"{TEXT}/compose_name", json={"base_name": "Comet", "size": "7B", "author": "", "separator": "-"}
    )

    assert answer.json()["composed_name"] == "acme/7B_Comet"
    assert own.json()["composed_name"] == "7B-Comet"


def test_a_schema_is_for_a_group_that_is_there_or_has_aliases(review: Review) -> None:
    refused = review.send("PUT", f"{TEXT}/group/name_schema?name=Omega", {"separator": "_"})
    review.send("PUT", f"{TEXT}/aliases/Omega", {"aliases": ["O"]})
    saved = review.send("PUT", f"{TEXT}/group/name_schema?name=Omega", {"separator": "_"})

    assert (refused.status_code, saved.status_code) == (404, 200)
    assert review.get(f"{TEXT}/group/name_schema?name=O").json()["is_custom"] is True
    assert review.send("DELETE", f"{TEXT}/group/name_schema?name=O").status_code == 404


def test_a_schema_is_saved_for_the_group_that_is_meant(review: Review) -> None:
    review.send("PUT", f"{TEXT}/aliases/Comet", {"aliases": ["Kometa"]})

    for name in ("comet", "Kometa"):
        saved = review.send("PUT", f"{TEXT}/group/name_schema?name={name}", {"separator": "_"})
        assert saved.json()["group_name"] == "Comet"

    for name in ("comet", "Kometa", "Comet"):
        shown = review.get(f"{TEXT}/group/name_schema?name={name}").json()
        assert (shown["is_custom"], shown["name_schema"]["separator"]) == (True, "_")
    assert review.send("DELETE", f"{TEXT}/group/name_schema?name=Comet").status_code == 204


def test_a_schema_of_unknown_parts_is_refused(review: Review) -> None:
    schemas: tuple[dict[str, Any], ...] = (
        {"part_order": ["base", "bogus"]},
        {"part_order": []},
        {"separator": "/"},
        {"separator": ""},
        {"template": "{base}-{bogus}"},
        {"extra_parts": ["bogus"]},
    )
    for schema in schemas:
        answer = review.send("PUT", f"{TEXT}/group/name_schema?name=Comet", schema)

        assert answer.status_code == 422, schema


def test_an_inferred_schema_can_be_saved_as_it_is_shown(review: Review) -> None:
    shown = review.get(f"{TEXT}/group/name_schema?name=Comet").json()["name_schema"]

    saved = review.send("PUT", f"{TEXT}/group/name_schema?name=Comet", {**shown, "common_author": "acme"})

    assert saved.json()["name_schema"] == {**shown, "common_author": "acme"}


# Edits that go through the review


def test_common_fields_are_proposed_for_every_model_and_applied_after_review(review: Review) -> None:
    answer = review.send("PUT", f"{TEXT}/group/common_fields?name=Comet", {"baseline": "Llama 4"})
    ids = answer.json()["pending_change_ids"]
    review.approve(*ids)
    for change_id in ids:
        assert review.apply(change_id).status_code == 200

    assert review.get(f"{TEXT}/group?name=Comet").json()["common_fields"]["baseline"] == "Llama 4"
    changes = review.queue("/changes").json()["items"]
    assert {change["request_metadata"]["batch_id"] for change in changes} == {answer.json()["batch_id"]}


def test_tags_of_a_whole_group_are_stripped_as_those_of_one_model_are(review: Review) -> None:
    review.send("PUT", f"{TEXT}/group/common_fields?name=Comet", {"tags": [" chat ", "7B"]})

    changes = review.queue("/changes").json()["items"]
    assert {tuple(change["payload"]["tags"]) for change in changes} == {("chat", "7B")}


def test_nothing_to_change_is_told_after_an_unknown_group(review: Review) -> None:
    assert review.send("PUT", f"{TEXT}/group/common_fields?name=Comet", {"style": None}).status_code == 400
    assert review.send("PUT", f"{TEXT}/group/common_fields?name=Nope", {}).status_code == 404


def test_a_name_exception_is_proposed_and_taken_back(review: Review) -> None:
    for reason in ("old name", None):
        answer = review.send("PUT", f"{TEXT}/{MEMBERS[0]}/name_exception", {"reason": reason})
        assert answer.status_code == 202
        change_id = answer.json()["pending_change_id"]
        review.approve(change_id)
        assert review.apply(change_id).status_code == 200
        told = review.get(f"{TEXT}/group?name=Comet").json()["exception_members"]
        assert told == ([] if reason is None else [{"name": MEMBERS[0], "reason": reason}])


def test_a_name_exception_needs_a_reason_and_a_model(review: Review) -> None:
    bodies: list[dict[str, Any]] = [{}, {"reason": 5}, {"reason": "x"}]

    statuses = [review.send("PUT", f"{TEXT}/Nope/name_exception", body).status_code for body in bodies]

    assert statuses == [422, 422, 404]


def test_a_renamed_group_keeps_its_old_name_as_an_alias(review: Review) -> None:
    review.send("PUT", f"{TEXT}/aliases/Comet", {"aliases": ["Kometa"]})
    review.send("PUT", f"{TEXT}/families/Sky", {"members": ["Comet", "lantern"]})
    review.send("PUT", f"{TEXT}/group/name_schema?name=Comet", {"separator": "_"})
    answer = review.send("PUT", f"{TEXT}/group/rename?name=Comet", {"new_name": "Meteor"})
    assert answer.status_code == 202
    assert review.get(f"{TEXT}/aliases/Meteor").status_code == 404

    ids = answer.json()["pending_change_ids"]
    review.approve(*ids)
    for change_id in ids:
        assert review.apply(change_id).status_code == 200

    assert review.get(f"{TEXT}/aliases/Meteor").json()["aliases"] == ["Kometa", "Comet"]
    for name in ("Meteor", "Comet", "Kometa"):
        group = review.get(f"{TEXT}/group?name={name}").json()
        assert (group["group_name"], group["canonical_count"]) == ("Meteor", 2)
        assert group["name_schema_is_custom"] is True
    assert review.get(f"{TEXT}/families/Sky").json()["members"] == ["Meteor", "lantern"]
    assert review.get(f"{TEXT}/parse_name?name=Comet-70B").json()["suggested_group"] == "Meteor"


def test_a_new_name_that_is_an_alias_of_another_group_is_refused(review: Review) -> None:
    review.send("PUT", f"{TEXT}/aliases/Pebble", {"aliases": ["Stone"]})

    assert review.send("PUT", f"{TEXT}/group/rename?name=Comet", {"new_name": "Stone"}).status_code == 409
    assert review.send("PUT", f"{TEXT}/group/rename?name=Comet", {"new_name": "Comet"}).status_code == 400
    assert review.queue("/changes").json()["total"] == 0


def test_a_rename_that_became_impossible_is_not_applied(review: Review) -> None:
    answer = review.send("PUT", f"{TEXT}/group/rename?name=lantern", {"new_name": "Lamp"})
    (change_id,) = answer.json()["pending_change_ids"]
    review.approve(change_id)
    review.send("PUT", f"{TEXT}/aliases/Hydra", {"aliases": ["Lamp"]})

    assert review.apply(change_id).status_code == 409
    assert review.get(f"{TEXT}/group?name=lantern").json()["group_name"] == "lantern"


# Who may, and where


WRITES = [
    ("PUT", "aliases/Alpha", {"aliases": ["Alfa"]}),
    ("DELETE", "aliases/Alpha", None),
    ("POST", "aliases/Alpha/add", {"alias": "Alfa"}),
    ("POST", "aliases/Alpha/remove", {"alias": "Alfa"}),
    ("PUT", "families/F", {"members": ["Alpha"]}),
    ("DELETE", "families/F", None),
    ("POST", "families/F/add", {"group_name": "Alpha"}),
    ("POST", "families/F/remove", {"group_name": "Alpha"}),
    ("PUT", "group/name_schema?name=Comet", {}),
    ("DELETE", "group/name_schema?name=Comet", None),
    ("PUT", "group/common_fields?name=Comet", {"style": "x"}),
    ("PUT", "group/rename?name=Comet", {"new_name": "Meteor"}),
    ("PUT", f"{MEMBERS[0]}/name_exception", {"reason": "x"}),
]


def test_writes_are_for_requestors(review: Review) -> None:
    for method, path, body in WRITES:
        without_key = review.client.request(method, f"{TEXT}/{path}", json=body)
        stranger = review.send(method, f"{TEXT}/{path}", body, key=STRANGER)
        unknown = review.send(method, f"{TEXT}/{path}", body, key="nobody")

        statuses = [answer.status_code for answer in (without_key, stranger, unknown)]
        assert statuses == [401, 403, 401], path


def test_a_replica_takes_no_writes_and_says_so_to_those_who_may_write(make_review: MakeReview) -> None:
    replica = make_review(replicate_mode="REPLICA", offline=True)

    for method, path, body in WRITES:
        assert replica.send(method, f"{TEXT}/{path}", body).status_code == 503, path
        assert replica.send(method, f"{TEXT}/{path}", body, key=STRANGER).status_code == 403, path


@pytest.mark.parametrize("path", ["group/common_fields?name=Comet", f"{MEMBERS[0]}/name_exception"])
def test_proposals_need_the_queue(make_review: MakeReview, path: str) -> None:
    review = make_review(pending_queue={"enabled": False})

    assert review.send("PUT", f"{TEXT}/{path}", {"style": "x", "reason": "x"}).status_code == 503


def test_a_replica_knows_no_aliases_and_families_but_its_groups(make_review: MakeReview) -> None:
    review = make_review(replicate_mode="REPLICA", offline=True)

    for path in ("aliases", "aliases/Comet", "families", "families/F"):
        answer = review.get(f"{TEXT}/{path}")
        assert answer.status_code == 503, path
        assert answer.json()["detail"] == (
            "A REPLICA does not know the aliases and families of groups; ask the PRIMARY."
        )
    assert review.get(f"{TEXT}/groups").status_code == 200


def test_where_the_legacy_format_is_canonical_groups_follow_from_names(legacy_review: Review) -> None:
    edit = legacy_review.send("PUT", f"{TEXT}/group/common_fields?name=Comet", {"style": "story"})
    rename = legacy_review.send("PUT", f"{TEXT}/group/rename?name=Comet", {"new_name": "Meteor"})

    assert (edit.status_code, rename.status_code) == (202, 503)
    ids = edit.json()["pending_change_ids"]
    legacy_review.approve(*ids)
    assert [legacy_review.apply(change_id).status_code for change_id in ids] == [200, 200]
    assert legacy_review.get(f"{TEXT}/group?name=Comet").json()["common_fields"]["style"] == "story"


def test_an_approver_may_edit_too(review: Review) -> None:
    answer = review.send("PUT", f"{TEXT}/aliases/Comet", {"aliases": ["Kometa"]}, key=APPROVER)

    assert answer.status_code == 200
