"""However much somebody proposes, no page is long, and whoever decides can see all of it."""

import gzip
import json
import random
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from httpx2 import Response
from review_client import APPROVER, REQUESTOR, V2, Review
from web_client import Browser, SignedIn

MOST_BYTES = 60_000
MOST_LINES = 400
BASELINES = f"{V2}/image_generation/baselines"
SIZE = 150_000
"""Characters of a long proposal; what can't be packed has more than a page may have."""
LINES = 5_000
"""Of a proposal that packs well."""
_CHANCE = random.Random(7)


def words(count: int, length: int = 8) -> list[str]:
    """Return words that no packing makes shorter than they are."""
    return ["".join(_CHANCE.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=length)) for _ in range(count)]


def rare_letters(count: int) -> str:
    return "".join(chr(_CHANCE.randrange(0x20000, 0x2A000)) for _ in range(count))


def image(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "baseline": "stable_diffusion_xl", "nsfw": False, **fields}


def files(count: int) -> list[dict[str, str]]:
    return [{"file_name": each, "file_url": "", "sha256sum": "FIXME"} for each in words(count)]


KINDS: dict[str, dict[str, Any]] = {
    "many tags": {"tags": words(SIZE // 11)},
    "tags of one letter": {"tags": ["a"] * LINES},
    "one long line": {"description": " ".join(words(SIZE // 10))},
    "one long word": {"description": "".join(words(SIZE // 10))},
    "many lines": {"description": "\n".join(words(SIZE // 10))},
    "empty lines": {"description": "\n" * LINES + "end"},
    "rare letters": {"description": rare_letters(SIZE // 5)},
    "many files": {"config": {"download": files(1_000)}},
    "many settings": {"requirements": dict.fromkeys(words(LINES), 1)},
    "long names of settings": {"requirements": {word * 40: "a\nb" for word in words(300)}},
    "a long key": {"requirements": {"k" * (SIZE // 2): 1}},
}
PAGES_OF_TEXT = (
    "/models/text_generation",
    "/models/text_generation?view=table",
    "/models/text_generation/evil/Big-7B",
    "/models?q=big",
    "/text/families",
    "/text/groups/Big",
    "/charts/text_generation",
    "/propose/text_generation",
)
SHOWN_UNIFIED = ("many tags", "empty lines")


def transferred(answer: Response) -> int:
    """Return the size of a page as it is sent; it has no more lines and letters than somebody can read."""
    assert answer.status_code == 200, answer.text[:300]
    assert len(re.findall('<div class="diff-(?:old|new|same)', answer.text)) <= MOST_LINES
    assert len(answer.content) <= 2 * MOST_BYTES
    return len(gzip.compress(answer.content))


def proposed(review: Review, name: str = "Long", **fields: Any) -> int:
    answer = review.send("POST", f"{V2}/image_generation", image(name, **fields))
    assert answer.status_code == 202, answer.text[:300]
    change_id: int = answer.json()["change_id"]
    return change_id


def updated(review: Review, name: str = "Long", **fields: Any) -> int:
    answer = review.send("PUT", f"{V2}/image_generation/model/{name}", image(name, **fields))
    assert answer.status_code == 202, answer.text[:300]
    change_id: int = answer.json()["change_id"]
    return change_id


def apply(review: Review, change_id: int) -> None:
    review.approve(change_id)
    assert review.apply(change_id).status_code == 200


def parts(browser: Browser, path: str) -> Iterator[str]:
    """Yield the pages of all parts, as the link to the next one leads."""
    following: str | None = path
    while following:
        page = browser.get(following).text
        yield page
        found = re.search(r'rel="next" href="([^"]+)"', page)
        following = unescape(found[1]) if found else None


def lines_of(page: str, tag: str) -> list[str]:
    plain = re.sub("</?mark>", "", page)
    return [unescape(found) for found in re.findall(f"<{tag}>([^<]*)</{tag}>", plain)]


def beside_the_decision(page: str) -> str:
    found = re.search(r'<h2 id="decide">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_is_as_long_as_what_somebody_proposes(signed_in: SignedIn, review: Review, kind: str) -> None:
    fields = KINDS[kind]
    browser, proposer = signed_in(APPROVER), signed_in(REQUESTOR)
    created = proposed(review, **fields)
    pages = [f"/queue/{created}", f"/queue/{created}/checks", "/queue"]
    pages += [f"/queue/{created}?view=unified"] if kind in SHOWN_UNIFIED else []
    sizes = {path: transferred(browser.get(path)) for path in pages}
    apply(review, created)
    event_id = (
        browser.get("/audit?category=image_generation").text.partition('href="/audit/')[2].partition('"')[0]
    )
    after = updated(review)
    pages = [f"/queue/{after}", "/models/image_generation/Long", "/models/image_generation"]
    pages += [f"/audit/{event_id}", "/audit", "/changes"]
    sizes |= {path: transferred(browser.get(path)) for path in pages}
    sizes["/my-changes"] = transferred(proposer.get("/my-changes"))
    apply(review, after)
    sizes["the model afterwards"] = transferred(browser.get("/models/image_generation/Long?history=all"))

    assert {path: size for path, size in sizes.items() if size > MOST_BYTES} == {}


def change_set(review: Review, *changes: dict[str, Any]) -> int:
    body = {"title": "Many", "changes": changes}
    answer = review.send("POST", f"{BASELINES}/change-sets", body)
    assert answer.status_code == 202, answer.text[:300]
    change_id: int = answer.json()["change_id"]
    return change_id


def upsert(name: str, before: dict[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
    record = fields | {"name": name}
    return {"operation": "upsert", "name": name, "record": record, "expected_before": before}


def test_no_page_is_as_long_as_a_change_set(signed_in: SignedIn, review: Review) -> None:
    browser = signed_in(APPROVER)
    change_id = change_set(review, *(upsert(word, display_name=word) for word in words(300)))

    page = browser.get(f"/queue/{change_id}").text
    found = re.search(r"Part 1 of (\d+): lines 1 to", page)

    assert found is not None
    sizes = [transferred(browser.get(f"/queue/{change_id}?part={part}")) for part in (1, found[1])]
    assert max(sizes) <= MOST_BYTES


def test_a_part_says_how_much_of_the_bookkeeping_it_has(signed_in: SignedIn, review: Review) -> None:
    change_id = change_set(review, upsert("aurora", alternative_names=words(388)))

    pages = [*parts(signed_in(APPROVER), f"/queue/{change_id}")]

    found = [re.findall(r"<summary>(\d+) of (\d+) fields more, of bookkeeping", page) for page in pages]
    assert len(found) == 2
    assert found[0][0][1] == found[1][0][1] == str(int(found[0][0][0]) + int(found[1][0][0]))


def test_what_changes_nothing_is_told_part_by_part(signed_in: SignedIn, review: Review) -> None:
    names = words(450)
    apply(review, change_set(review, *map(upsert, names)))
    there = review.get(f"{BASELINES}/export").json()["baselines"]
    change_id = change_set(review, *(upsert(name, there[name], **there[name]) for name in names))

    pages = [*parts(signed_in(APPROVER), f"/queue/{change_id}")]

    assert [page.count("No field says anything else than before.") for page in pages] == [400, 50]
    assert "50 things in which nothing differs, from <a" in beside_the_decision(pages[0])
    assert max(len(page) for page in pages) <= 2 * MOST_BYTES


def test_all_lines_can_be_read_part_by_part(signed_in: SignedIn, review: Review) -> None:
    tags = words(1_500)
    change_id = proposed(review, tags=tags)

    pages = list(parts(signed_in(APPROVER), f"/queue/{change_id}"))

    assert len(pages) > 3
    told = [line for page in pages for line in lines_of(page, "ins")]
    assert [line for line in told if line in set(tags)] == tags


def test_what_went_stands_beside_what_came(signed_in: SignedIn, review: Review) -> None:
    old, new = words(1_200), words(1_200)
    apply(review, proposed(review, tags=old))
    change_id = updated(review, tags=new)

    pages = list(parts(signed_in(APPROVER), f"/queue/{change_id}"))

    for tag, tags in (("del", old), ("ins", new)):
        assert [line for page in pages for line in lines_of(page, tag) if line in set(tags)] == tags
    for page in pages[:-1]:
        assert len(lines_of(page, "del")) == len(lines_of(page, "ins")) == 200


def test_whoever_decides_is_told_what_is_not_on_the_page(signed_in: SignedIn, review: Review) -> None:
    apply(review, proposed(review))
    change_id = updated(review, trigger=words(900), tags=words(500), homepage="https://a.example/", nsfw=True)
    browser = signed_in(APPROVER)

    page = browser.get(f"/queue/{change_id}").text
    told = beside_the_decision(page)

    assert "Not all of the difference is on this page" in told
    assert "1 critical field is not wholly here" in told
    assert re.search(r"<code>trigger</code> <span[^>]*>critical</span>: \d+ lines, from <a href", told)
    assert re.search(r"<code>tags</code>: 501 lines, from <a", told)
    assert "Part 1 of 4: lines 1 to 400 of 1,40" in page
    for field in ("homepage", "nsfw"):
        assert re.search(f"<code>{field}</code>", page.partition("<code>trigger</code>")[0])
    assert "continued" in browser.get(f"/queue/{change_id}?part=2").text


def test_lists_do_not_count_what_takes_long_to_count(signed_in: SignedIn, review: Review) -> None:
    approver = signed_in(APPROVER)
    for count, told in ((2, "Update, 2 fields"), (600, "Update, more than 500 fields")):
        record = review.get(f"{V2}/image_generation/model/Harbor Light").json()
        record.pop("metadata")
        settings = {f"setting {number}": number for number in range(count)}
        path = f"{V2}/image_generation/model/Harbor Light"
        answer = review.send("PUT", path, record | {"requirements": settings})
        change_id = answer.json()["change_id"]

        assert told in approver.get("/queue").text

        review.post("/batches", {"batch_title": "x", "approved_ids": [change_id]})
        applied = review.post(f"/changes/{change_id}/apply", {})
        assert applied.status_code == 200, applied.text[:300]

    events = approver.get("/audit").text
    assert "updated, 2 fields" in events
    assert "updated, more than 500 fields" in events


def test_an_ordinary_difference_is_shown_as_a_whole(signed_in: SignedIn, review: Review) -> None:
    change_id = proposed(review, tags=words(100), description="A model.\n" * 100)

    page = signed_in(APPROVER).get(f"/queue/{change_id}").text

    assert "Not all of the difference" not in page
    assert "Part 1" not in page
    assert '<details class="payload">' in page


def test_what_is_shown_as_json_leaves_the_page_short(signed_in: SignedIn, review: Review) -> None:
    change_id = proposed(review, description=rare_letters(14_500))

    answer = signed_in(APPROVER).get(f"/queue/{change_id}")

    assert '<details class="payload">' in answer.text
    assert transferred(answer) <= MOST_BYTES


@pytest.mark.parametrize(
    ("part", "status"), [("2", 404), ("99999", 404), ("0", 422), ("-1", 422), ("x", 422)]
)
@pytest.mark.parametrize("place", ["/queue/1", "/audit/2", "/queue/1?said=1&x=1"])
def test_a_part_that_is_not_there_is_told(
    signed_in: SignedIn, review: Review, place: str, part: str, status: int
) -> None:
    apply(review, proposed(review))
    parameter = place.partition("?")[2].partition("=")[0] or "part"

    answer = signed_in(APPROVER).get(f"{place.partition('?')[0]}?{parameter}={part}")

    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")


def test_a_word_that_changed_in_a_long_line_is_shown_with_what_surrounds_it(
    signed_in: SignedIn, review: Review
) -> None:
    text = words(50_000)
    apply(review, proposed(review, description=" ".join(text)))
    change_id = updated(review, description=" ".join([*text[:20_000], "other", *text[20_001:]]))

    page = signed_in(APPROVER).get(f"/queue/{change_id}").text

    assert f"<mark>{text[20_000]}</mark>" in page
    assert "<mark>other</mark>" in page
    assert f"{text[19_999]} <mark>" in page
    assert page.count("characters that are the same</span>") == 4
    assert "Not all of the difference" not in page


def test_what_is_proposed_can_be_taken_away_as_a_file(
    signed_in: SignedIn, review: Review, browser: Browser
) -> None:
    fields: dict[str, Any] = {"tags": words(5_000), "description": "<script>alert(1)</script>"}
    change_id = proposed(review, **fields)
    deciding = signed_in(APPROVER)

    assert f'href="/queue/{change_id}/proposed.json"' in deciding.get(f"/queue/{change_id}").text
    answer = deciding.get(f"/queue/{change_id}/proposed.json")

    assert json.loads(answer.text) | fields == json.loads(answer.text)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'attachment; filename="change-{change_id}.json"'
    assert browser.get(f"/queue/{change_id}/proposed.json").status_code == 303


def test_of_a_change_that_is_not_there_there_is_no_file(signed_in: SignedIn) -> None:
    assert signed_in(APPROVER).get("/queue/9/proposed.json").status_code == 404


def test_who_proposes_sees_all_parts_before_they_send(proposer: Browser) -> None:
    lines = words(900)
    form = {"_operation": "create", "name": "Long", "baseline": "stable_diffusion_xl", "nsfw": "false"}
    form |= {"description": "\n".join(lines)}
    told: list[str] = []

    for part in (1, 2, 3):
        answer = proposer.post("/propose/image_generation", form | {"_action": f"preview:{part}"})
        assert answer.status_code == 200, answer.text
        told += lines_of(answer.text, "ins")
        assert "Not all of the difference is on this page" in answer.text

    assert [line for line in told if line in set(lines)] == lines
    for number, status in (("9", 404), ("x", 422), ("0", 422), ("1000000", 404), ("1000001", 422)):
        answer = proposer.post("/propose/image_generation", form | {"_action": f"preview:{number}"})
        assert answer.status_code == status


def test_no_list_or_chart_is_as_long_as_a_value(signed_in: SignedIn, review: Review) -> None:
    keys = ("baseline", "description", "version", "display_name", "instruct_format")
    fields = {key: "".join(words(10_000)) for key in keys}
    record = {"name": "evil/Big-7B", "parameters": 7_000_000_000, "tags": words(1, 80_000), **fields}
    apply(review, review.send("POST", f"{V2}/text_generation", record).json()["change_id"])
    browser = signed_in(REQUESTOR)

    sizes = {path: transferred(browser.get(path)) for path in PAGES_OF_TEXT}

    assert {path: size for path, size in sizes.items() if size > MOST_BYTES} == {}


def test_a_record_that_no_form_can_hold_is_not_put_into_one(proposer: Browser, review: Review) -> None:
    apply(review, proposed(review, config={"download": files(501)}))

    answer = proposer.get("/propose/image_generation/Long?as=edit")

    assert answer.status_code == 422
    assert "config.download has more than 500 rows, too many for a form" in answer.text
    assert len(answer.content) <= MOST_BYTES


def test_all_of_an_event_can_be_read_part_by_part(signed_in: SignedIn, review: Review) -> None:
    tags = words(900)
    apply(review, proposed(review, tags=tags))
    browser = signed_in(APPROVER)
    event = (
        browser.get("/audit?category=image_generation").text.partition('href="/audit/')[2].partition('"')[0]
    )

    pages = list(parts(browser, f"/audit/{event}"))

    told = [line for page in pages for line in lines_of(page, "ins")]
    assert [line for line in told if line in set(tags)] == tags


def test_a_long_talk_is_shown_page_by_page_the_newest_first(signed_in: SignedIn, review: Review) -> None:
    change_id = proposed(review)
    for number in range(45):
        review.post(f"/changes/{change_id}/comments", {"text": f"Comment number {number}."})
    browser = signed_in(APPROVER)

    pages = [browser.get(f"/queue/{change_id}?said={said}").text for said in (3, 2, 1)]

    told = [int(found) for page in pages for found in re.findall(r"Comment number (\d+)\.", page)]
    assert told == list(range(45))
    assert "Comment number 44." in browser.get(f"/queue/{change_id}").text
    assert "of 45 comments" in pages[0]
    assert browser.get(f"/queue/{change_id}?said=4").status_code == 404


def test_parts_of_the_difference_and_pages_of_comments_keep_each_other(
    signed_in: SignedIn, review: Review
) -> None:
    change_id = proposed(review, tags=words(900))
    for number in range(41):
        review.post(f"/changes/{change_id}/comments", {"text": f"Comment number {number}."})

    page = signed_in(APPROVER).get(f"/queue/{change_id}?part=2&said=2&view=unified").text

    links = {unescape(found) for found in re.findall(rf'href="/queue/{change_id}\?([^"]+)"', page)}
    told = {
        "view=unified&said=2",  # the part before
        "view=unified&part=3&said=2",
        "view=unified&part=2#said",
        "view=unified&part=2&said=3#said",
        "part=2&said=2",  # side by side
    }
    assert told <= links


def test_the_page_of_a_model_says_what_it_leaves_out(signed_in: SignedIn, review: Review) -> None:
    apply(
        review, proposed(review, tags=words(3_000), description="x" * 9_000, config={"download": files(80)})
    )

    page = signed_in(APPROVER).get("/models/image_generation/Long").text

    assert re.search(
        r"2,\d+ more tags in <a href=\"/api/model_references/v2/image_generation/model/Long\">", page
    )
    assert "… (and 4,000 characters more)" in page
    assert re.search(r"\d+ more files in <a", page)
    assert "It is too long for this page:" in page
