"""Proposing records with forms: from the empty page to the change in the queue."""

import json
import re
from time import process_time
from typing import Any

import pytest
from file_server import Reply, serving
from review_client import APPROVER, BOTH, REQUESTOR, STRANGER, UPSCALER, MakeReview, Review
from web_client import HTML, Browser, SignedIn
from web_form import opened

from horde_model_reference.domain.categories import Category

SUM = "0123456789abcdef" * 4
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"


def payload_of(review: Review, change_id: int) -> dict[str, Any]:
    payload: dict[str, Any] = review.queue(f"/changes/{change_id}").json()["payload"]
    return payload


def test_each_category_has_a_form(proposer: Browser) -> None:
    for category in Category:
        form = opened(proposer, f"/propose/{category}")

        assert form.inputs["record_type"] == [category]
        assert "config.download.0.file_url" in form.press("add:config.download").inputs


def test_a_new_model_is_proposed(proposer: Browser, review: Review) -> None:
    form = opened(proposer, "/propose/image_generation").fill(
        name="Aurora XL",
        description="Northern lights",
        baseline="stable_diffusion_xl",
        nsfw="no",
        style="artistic",
        tags="sky\r\nnight ",
        trigger="aurora",
        licensing__license_expression="OpenRAIL-M",
    )
    form.set("config.download.0.file_name", "aurora.safetensors")
    form.set("config.download.0.file_url", "https://models.example/aurora.safetensors")
    form.set("config.download.0.sha256sum", SUM)
    form.set("config.download.0.size_bytes", "6938040682")

    change_id = form.sent()

    change = review.queue(f"/changes/{change_id}").json()
    assert (change["operation"], change["requested_username"]) == ("create", "Req#1001")
    payload = change["payload"]
    assert payload["tags"] == ["sky", "night"]
    assert payload["nsfw"] is False
    assert payload["config"]["download"][0]["size_bytes"] == 6938040682
    assert payload["licensing"]["license_ids"] == ["OpenRAIL-M"]
    assert payload["licensing"]["commercial_use"] == "allowed_with_conditions"


def test_the_page_after_sending_names_the_change(proposer: Browser) -> None:
    change_id = opened(proposer, "/propose/esrgan").fill(name="Up").sent()

    page = proposer.get(f"/propose/sent/{change_id}").text

    assert f'href="/queue/{change_id}"' in page
    assert "You proposed to add Up to ESRGAN." in page


def test_others_are_led_from_there_to_the_change(signed_in: SignedIn, review: Review) -> None:
    change_id = review.propose("Theirs")

    answer = signed_in(BOTH).get(f"/propose/sent/{change_id}")

    assert answer.headers["location"] == f"/queue/{change_id}"


def test_what_the_api_refuses_is_refused_beside_its_field(proposer: Browser) -> None:
    form = opened(proposer, "/propose/image_generation").fill(name="X", min_bridge_version="soon")
    form.set("config.download.0.file_name", "../x").set("config.download.0.sha256sum", "abc")

    refused = form.press("preview")

    assert refused.answer.status_code == 422
    page = refused.answer.text
    for name, message in {
        "baseline": "is needed",
        "nsfw": "is needed",
        "min_bridge_version": "must be a whole number",
        "config.download.0.file_url": "is needed",
    }.items():
        assert f'<a href="#{name}">' in page
        assert f'id="{name}-error">{message}' in page
    assert refused.inputs["min_bridge_version"] == ["soon"]


def test_all_that_is_wrong_is_told_at_once(proposer: Browser) -> None:
    form = opened(proposer, "/propose/image_generation").fill(name="X")
    form.set("config.download.0.file_url", "https://a.example/x").set("config.download.0.file_name", "../x")
    form.set("config.download.0.sha256sum", "abc").set("licensing.license_expression", "Made-Up-1.0")

    page = form.press("preview").text

    assert 'id="baseline-error">is needed' in page
    assert 'id="config.download.0.file_name-error">must stay inside' in page
    assert 'id="config.download.0.sha256sum-error">must be 64 hexadecimal digits' in page
    assert "id=\"licensing.license_expression-error\">The licence 'Made-Up-1.0' is not in" in page


def test_what_is_wrong_with_a_file_is_told_before_it_has_a_name(proposer: Browser) -> None:
    form = opened(proposer, "/propose/image_generation").fill(name="X")

    page = form.set("config.download.0.sha256sum", "abc").press("preview").text

    assert 'id="config.download.0.file_name-error">is needed' in page
    assert 'id="config.download.0.file_url-error">is needed' in page
    assert 'id="config.download.0.sha256sum-error">must be 64 hexadecimal digits' in page


def test_a_name_that_can_not_be_is_refused(proposer: Browser) -> None:
    reasons = {UPSCALER: "is in esrgan already", "a\\b": "holds a backslash", "../x": "reads like a path"}

    for name, reason in reasons.items():
        refused = opened(proposer, "/propose/esrgan").fill(name=name).press("preview")

        assert refused.answer.status_code == 422
        assert re.search(rf'id="name-error">[^<]*{reason}', refused.text), name


def test_nothing_is_sent_by_looking(proposer: Browser, review: Review) -> None:
    preview = opened(proposer, "/propose/esrgan").fill(name="Up", description="Sharp").press("preview")

    assert "This is the whole record" in preview.text
    assert "<ins>Sharp</ins>" in preview.text
    assert review.queue("/changes").json()["total"] == 0


def test_one_can_go_back_from_the_preview(proposer: Browser) -> None:
    preview = (
        opened(proposer, "/propose/esrgan").fill(name="Up", tags="x", description="Sharp").press("preview")
    )

    form = preview.press("edit")

    assert form.answer.status_code == 200
    assert (form.inputs["name"], form.inputs["description"]) == (["Up"], ["Sharp"])


def test_rows_can_be_added_and_removed_without_a_script(proposer: Browser, review: Review) -> None:
    form = opened(proposer, "/propose/esrgan").fill(name="Up")
    form.set("config.download.0.file_name", "a.pth").set("config.download.0.file_url", "https://a.example/a")

    longer = form.press("add:config.download")
    longer.set("config.download.1.file_name", "b.pth").set(
        "config.download.1.file_url", "https://a.example/b"
    )
    shorter = longer.press("remove:config.download.0")

    assert shorter.answer.status_code == 200
    files = payload_of(review, shorter.sent())["config"]["download"]
    assert [file["file_name"] for file in files] == ["b.pth"]


def test_an_edit_that_changes_nothing_is_nothing_to_send(proposer: Browser, review: Review) -> None:
    preview = opened(proposer, f"/propose/esrgan/{UPSCALER}").press("preview")

    assert "Nothing would change" in preview.text
    assert preview.press("send").answer.status_code == 200
    assert review.queue("/changes").json()["total"] == 0


def test_an_edit_changes_one_field_and_no_other(proposer: Browser, review: Review) -> None:
    path = f"/api/model_references/v2/esrgan/model/{UPSCALER}"
    before = review.get(path).json()

    form = opened(proposer, f"/propose/esrgan/{UPSCALER}?as=edit").fill(description="Twice as sharp")
    preview = form.press("preview")
    change_id = form.sent()
    review.approve(change_id)
    assert review.apply(change_id).status_code == 200

    assert re.findall(r'<th scope="row"><code>([^<]*)', preview.text) == ["description"]
    after = review.get(path).json()
    assert after.pop("metadata")["updated_by"] == "1001"
    del before["metadata"]
    assert after == {**before, "description": "Twice as sharp"}


def test_the_name_of_a_record_stays(proposer: Browser) -> None:
    refused = opened(proposer, f"/propose/esrgan/{UPSCALER}").fill(name="Other").press("preview")

    assert refused.answer.status_code == 422
    assert "is called 'Other'" in refused.text


def test_an_edit_of_a_record_that_moved_on_can_be_redone(
    proposer: Browser, signed_in: SignedIn, review: Review
) -> None:
    form = opened(proposer, f"/propose/esrgan/{UPSCALER}").fill(description="Mine")
    other = opened(signed_in(REQUESTOR), f"/propose/esrgan/{UPSCALER}").fill(version="9").sent()
    review.approve(other)
    assert review.apply(other).status_code == 200

    moved = form.press("preview")

    assert moved.answer.status_code == 409
    assert "The record has changed since you opened this form" in moved.text
    redone = moved.press("redo")
    assert (redone.inputs["version"], redone.inputs["description"]) == (["9"], ["Mine"])
    assert re.search(r"Meanwhile somebody changed: [^<]*\bversion\b", redone.text)
    assert payload_of(review, redone.sent())["description"] == "Mine"


def test_a_clone_is_a_new_model_without_sums(proposer: Browser, review: Review) -> None:
    edited = opened(proposer, f"/propose/esrgan/{UPSCALER}?as=edit")
    form = opened(proposer, f"/propose/esrgan/{UPSCALER}?as=clone")

    assert edited.inputs["config.download.0.sha256sum"] != [""]
    assert form.inputs["description"] == edited.inputs["description"]
    assert form.inputs["name"] == [""]
    assert form.inputs["config.download.0.sha256sum"] == [""]
    change_id = form.fill(name="Upscale_x8").sent()
    assert review.queue(f"/changes/{change_id}").json()["operation"] == "create"


def test_a_clone_of_a_text_model_is_in_the_group_of_its_own_name(proposer: Browser) -> None:
    form = opened(proposer, "/propose/text_generation/acme/Comet-8B-Instruct?as=clone")

    preview = form.set("_part.base", "Kite").press("compose").press("preview")

    assert preview.inputs["name"] == ["acme/Kite-8B-Instruct"]
    assert re.search(r"text_<wbr>model_<wbr>group</code>.*?<ins>Kite</ins>", preview.answer.text, re.DOTALL)


def test_a_deletion_needs_a_reason(proposer: Browser, review: Review) -> None:
    form = opened(proposer, f"/propose/esrgan/{UPSCALER}?as=delete")

    refused = form.press("send")
    answer = refused.fill(_note="The files are gone").press("send").answer

    assert refused.answer.status_code == 422
    assert answer.status_code == 303
    change = review.queue(f"/changes/{answer.headers['location'].rpartition('/')[2]}").json()
    assert (change["operation"], change["notes"]) == ("delete", "The files are gone")


def test_what_addresses_tell_is_filled_in_where_it_was_left_open(make_review: MakeReview) -> None:
    review = make_review(address_checks={"allow_private": True})
    browser = Browser(review.client)
    browser.sign_in(REQUESTOR)
    with serving(lambda _asked: Reply(200, b"12345", {"x-linked-etag": f'"{SUM}"'})) as server:
        form = opened(browser, "/propose/esrgan").fill(name="Up")
        form.set("config.download.0.file_url", f"{server.url}/up.pth?download=true")
        form.set("config.download.0.sha256sum", "FIXME")
        form.set("config.download.1.file_url", f"{server.url}/other.pth")
        form.set("config.download.1.file_name", "mine.pth").set("config.download.1.size_bytes", "6")

        asked = form.press("ask")
        preview = asked.press("preview")

    assert asked.inputs["config.download.0.file_name"] == ["up.pth"]
    assert asked.inputs["config.download.0.sha256sum"] == [SUM]
    assert asked.inputs["config.download.0.size_bytes"] == ["5"]
    assert asked.inputs["config.download.1.file_name"] == ["mine.pth"]
    assert asked.inputs["config.download.1.size_bytes"] == ["6"]
    assert "filled in the file name, the sum, the size" in asked.text
    assert "Size of mine.pth: 5 bytes; the record says 6." in preview.text


def test_an_address_that_is_not_there_is_told(make_review: MakeReview) -> None:
    review = make_review(address_checks={"allow_private": True})
    browser = Browser(review.client)
    browser.sign_in(REQUESTOR)
    with serving(lambda _asked: Reply(404, b"")) as server:
        form = opened(browser, "/propose/esrgan")
        asked = form.set("config.download.0.file_url", f"{server.url}/up.pth").press("ask")

    assert "it answers 404" in asked.text
    assert asked.inputs["config.download.0.file_name"] == [""]


def test_without_an_address_there_is_nothing_to_ask(proposer: Browser) -> None:
    assert "no address to ask yet" in opened(proposer, "/propose/esrgan").press("ask").text


def test_where_no_address_may_be_asked_there_is_no_button(make_review: MakeReview) -> None:
    browser = Browser(make_review(address_checks={"enabled": False}).client)
    browser.sign_in(REQUESTOR)
    form = opened(browser, "/propose/esrgan")

    assert "Ask the addresses" not in form.text
    assert form.press("ask").answer.status_code == 503


def test_a_form_that_is_too_large_is_answered_with_a_page(proposer: Browser) -> None:
    answer = proposer.post("/propose/esrgan", {"_pasted": "x" * 1_100_000}, page="/")

    assert answer.status_code == 413
    assert "That is too much" in answer.text


def test_scripts_learn_what_is_not_right_yet(proposer: Browser) -> None:
    form = opened(proposer, "/propose/image_generation").fill(name="X", size_on_disk_bytes="-1")

    answer = proposer.client.post("/propose/image_generation/check", data=form.inputs, headers=HTML)

    assert answer.json()["errors"] == {"baseline": ["is needed"], "nsfw": ["is needed"]}
    form.fill(baseline="flux_1", nsfw="yes")
    answer = proposer.client.post("/propose/image_generation/check", data=form.inputs, headers=HTML)
    assert answer.json()["errors"] == {"size_on_disk_bytes": ["must not be negative"]}


def test_a_rejected_change_can_be_proposed_again(proposer: Browser, review: Review) -> None:
    change_id = review.propose("Up", description="Bad words")
    answer = review.post(
        "/batches", {"batch_title": "b", "rejected_ids": [change_id], "reject_reason": "Mind your language"}
    )
    assert answer.status_code == 200

    form = opened(proposer, f"/propose/again/{change_id}")
    form.path = "/propose/esrgan"

    assert "Mind your language" in form.text
    assert form.inputs["description"] == ["Bad words"]
    again = form.fill(description="Good words").sent()
    assert again != change_id
    assert payload_of(review, again)["description"] == "Good words"


def test_ones_own_open_change_is_made_anew(proposer: Browser, review: Review) -> None:
    change_id = review.propose("Up", description="Dull")
    review.approve(change_id)
    form = opened(proposer, f"/propose/again/{change_id}")
    form.path = "/propose/esrgan"

    again = form.fill(description="Sharp").sent()

    assert again == change_id
    change = review.queue(f"/changes/{change_id}").json()
    assert (change["status"], change["payload"]["description"]) == ("pending", "Sharp")


def test_the_open_change_of_somebody_else_is_left_alone(signed_in: SignedIn, review: Review) -> None:
    change_id = review.propose("Up", description="Dull")
    form = opened(signed_in(APPROVER), f"/propose/again/{change_id}")
    form.path = "/propose/esrgan"

    other = form.fill(description="Sharp").sent()

    assert "What you send is another change beside it" in form.text
    assert other != change_id
    assert payload_of(review, change_id)["description"] == "Dull"


def test_a_button_pressed_twice_makes_one_change(proposer: Browser, review: Review) -> None:
    preview = opened(proposer, "/propose/esrgan").fill(name="Up").press("preview")

    places = {preview.press("send").answer.headers["location"] for _ in range(2)}

    assert len(places) == 1
    assert review.queue("/changes").json()["total"] == 1


def test_other_changes_to_a_record_are_told_of(proposer: Browser, review: Review) -> None:
    review.send("DELETE", f"/api/model_references/v2/esrgan/model/{UPSCALER}")

    page = opened(proposer, f"/propose/esrgan/{UPSCALER}").text

    assert '<a href="/queue/1">Change 1</a> by Req#1001 deletes it and is pending.' in page


def test_strangers_are_led_to_the_sign_in_and_back(review: Review) -> None:
    browser = Browser(review.client)

    answer = browser.get(f"/propose/esrgan/{UPSCALER}?as=edit")

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?return_to=/propose/esrgan/")


def test_who_may_not_propose_is_told_so(signed_in: SignedIn) -> None:
    for path in ("/propose", "/propose/esrgan", f"/propose/esrgan/{UPSCALER}"):
        answer = signed_in(STRANGER).get(path)

        assert answer.status_code == 403


def test_approvers_may_propose(signed_in: SignedIn, review: Review) -> None:
    change_id = opened(signed_in(APPROVER), "/propose/esrgan").fill(name="Up").sent()

    assert review.queue(f"/changes/{change_id}").json()["requested_username"] == "Appr#2003"


def test_there_is_no_form_for_what_there_is_not(proposer: Browser) -> None:
    for path in ("stable_diffusion", "esrgan/Nobody", "esrgan/%00", "sent/99", "again/99", "again/0"):
        assert proposer.get(f"/propose/{path}").status_code == 404, path


def test_a_record_is_found_by_its_name(proposer: Browser) -> None:
    found = proposer.get(f"/propose?category=esrgan&name={UPSCALER}&as=clone")
    missed = proposer.get("/propose?category=esrgan&name=upscale")

    assert found.headers["location"] == f"/propose/esrgan/{UPSCALER}?as=clone"
    assert missed.status_code == 404
    assert f'href="/propose/esrgan/{UPSCALER}?as=edit"' in missed.text


@pytest.mark.parametrize("category", ["image_generation", "text_generation"])
def test_whatever_is_typed_into_any_input_is_text_and_nothing_else(proposer: Browser, category: str) -> None:
    form = opened(proposer, f"/propose/{category}")
    for rows in ("config.download", "licensing.evidence", "licensing.files", "requirements", "settings"):
        form = form.press(f"add:{rows}")
    kept = {"csrf_token", "_operation", "_record", "_base", "_again"}

    for name in [name for name in form.inputs if name not in kept]:
        form.set(name, EVIL)
    form.set("_rest", json.dumps({EVIL: EVIL}))
    pages = [form.press(button) for button in ("edit", "preview", "paste", "compose", "take-apart", "send")]

    assert EVIL in pages[0].text
    for page in pages:
        assert page.answer.status_code in {200, 422}
        assert "<script>alert" not in page.answer.text
        assert "<img src=x" not in page.answer.text
        assert ">49" not in page.answer.text


def test_evil_text_in_a_preview_is_text(proposer: Browser) -> None:
    form = opened(proposer, "/propose/esrgan").fill(name="Up", description=EVIL, _note=EVIL)
    form.set("_rest", json.dumps({EVIL: EVIL}))

    preview = form.press("preview")

    assert preview.answer.status_code == 200
    assert "<script>alert" not in preview.answer.text
    assert EVIL in preview.text


_PATIENCE_SECONDS = 4
"""Of the processor, for any form; each takes a tenth of that."""

TAMPERED: dict[str, dict[str, Any]] = {
    "no operation": {"_operation": ""},
    "another operation": {"_operation": "purge"},
    "an update of nothing": {"_operation": "update"},
    "a number that is none": {"_operation": "update", "_record": UPSCALER, "_base": "1e9"},
    "a huge number": {"_operation": "update", "_record": UPSCALER, "_base": "9" * 5_000},
    "no button": {"_action": ""},
    "an unknown button": {"_action": "explode"},
    "thousands of rows": {f"config.download.{row}.file_name": "x" for row in range(3_000)},
    "an unending note": {"name": "Up", "_note": "x" * 10_000, "_action": "send"},
    "the same input many times": {"name": ["Up"] * 3_000, "_action": "preview", "description": "\0"},
    "rows of rows": {"licensing.files." + "0." * 2_000 + "x": "1", "_action": "preview"},
    "rows of rows without end": {"config.download" + ".0" * 100_000: "1", "_action": "preview"},
    "thousands of rows of rows": {"_action": "edit"} | {f"a{'.1' * 40}.{row}": "x" for row in range(5_000)},
    "a name without end": {"name": "a-" * 100_000, "_action": "preview"},
    "a part of a name without end": {"_part.base": "a-" * 100_000, "_action": "compose"},
    "a name without end to take apart": {"_part.like": "a-" * 100_000, "_action": "compose"},
    "thousands of files that go along unseen": {
        "config._rest": json.dumps({"download": [{}] * 40_000}),
        "_action": "preview",
    },
    "thousands of settings that go along unseen": {
        "_rest": json.dumps({"requirements": {str(number): number for number in range(20_000)}}),
        "_action": "preview",
    },
    "an odd row": {"config.download.99999999999999999999.file_name": "x", "_action": "preview"},
    "a record that is gone": {"_operation": "update", "_record": "Gone", "_base": "1", "_action": "redo"},
    "a record with NUL": {"_operation": "update", "_record": "\0", "_base": "1", "_action": "redo"},
    "a record with NUL to look at": {
        "_operation": "update",
        "_record": "\0",
        "_base": "1",
        "_action": "preview",
    },
    "a deletion of nothing": {
        "_operation": "delete",
        "_record": "\0",
        "_base": "1",
        "_action": "send",
        "_note": "x",
    },
    "a change that there is not": {"name": "Up", "_again": "99", "_action": "send"},
}


def test_a_form_that_was_tampered_with_is_refused(proposer: Browser, review: Review) -> None:
    for what, fields in TAMPERED.items():
        started = process_time()
        answer = proposer.post("/propose/esrgan", {"_operation": "create", "_action": "preview", **fields})

        assert 400 <= answer.status_code < 500, what
        assert process_time() - started < _PATIENCE_SECONDS, what
    assert review.queue("/changes").json()["total"] == 0


def test_where_the_legacy_format_is_canonical_forms_are_translated(
    make_review: MakeReview,
) -> None:
    review = make_review(canonical_format="legacy")
    browser = Browser(review.client)
    browser.sign_in(REQUESTOR)
    form = opened(browser, "/propose/esrgan").fill(name="Up", description="Sharp")
    form.set("config.download.0.file_name", "Up.pth").set(
        "config.download.0.file_url", "https://a.example/up"
    )
    form.set("config.download.0.size_bytes", "77")

    preview = form.press("preview")

    assert "kept in the legacy format here" in form.text
    assert "The record has no place for: config.download.0.size_bytes." in preview.text
    change_id = form.sent()
    assert payload_of(review, change_id)["type"] == "realesrgan"
    review.approve(change_id)
    assert review.apply(change_id).status_code == 200
    assert review.get("/api/model_references/v1/esrgan").json()["Up"]["description"] == "Sharp"
    assert review.get("/api/model_references/v2/esrgan/model/Up").json()["description"] == "Sharp"


def test_records_are_edited_where_the_legacy_format_is_canonical(make_review: MakeReview) -> None:
    review = make_review(canonical_format="legacy")
    browser = Browser(review.client)
    browser.sign_in(REQUESTOR)

    for category in ("image_generation", "text_generation", "clip", "controlnet"):
        name = next(iter(review.get(f"/api/model_references/v2/{category}").json()))
        change_id = opened(browser, f"/propose/{category}/{name}").fill(description="Better").sent()
        review.approve(change_id)

        assert review.apply(change_id).status_code == 200
        record = review.get(f"/api/model_references/v1/{category}").json()[name]
        assert record["description"] == "Better"


def test_there_is_nothing_to_propose_where_there_is_no_queue(make_review: MakeReview) -> None:
    review = make_review(pending_queue={"enabled": False})
    browser = Browser(review.client)
    browser.sign_in(REQUESTOR)

    assert browser.get("/propose").status_code == 503


def test_pages_of_models_lead_those_who_may_to_the_forms(proposer: Browser, signed_in: SignedIn) -> None:
    path = f"/models/esrgan/{UPSCALER}"

    for what in ("edit", "clone", "delete"):
        assert f'href="/propose/esrgan/{UPSCALER}?as={what}"' in proposer.get(path).text
        assert f"?as={what}" not in signed_in(STRANGER).get(path).text


def test_pages_of_changes_lead_their_proposers_to_the_form(
    proposer: Browser, signed_in: SignedIn, review: Review
) -> None:
    change_id = review.propose("Up")

    assert f'href="/propose/again/{change_id}"' in proposer.get(f"/queue/{change_id}").text
    assert "/propose/again/" not in signed_in(APPROVER).get(f"/queue/{change_id}").text
    review.post("/batches", {"batch_title": "b", "rejected_ids": [change_id], "reject_reason": "No"})
    assert "Propose again" in proposer.get(f"/queue/{change_id}").text
