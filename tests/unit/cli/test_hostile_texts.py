"""Whatever records, side resources, people and services say: no command lets it through to the terminal."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import a_folder, a_write, an_image_record
from file_server import Reply, always, serving
from hmr import Finished, is_one_line, script
from hmr import here as hmr

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import ResourceType
from horde_model_reference.review.ports import ResourceWrite
from horde_model_reference.review.resources import ResourceEdit, edit_resources
from horde_model_reference.store.store import Store
from horde_model_reference.store.web_sessions import SessionTimes, StoredSessions

EVIL = "x\x1b[2J\x1b]0;title\x07\x9b31m\u202e\u2066\r[/bold][red]:skull: {0} %s"
"""Clears a terminal, gives it a title and a colour, turns text around; markup, and fields of formats."""
_CATEGORIES = (Category.image_generation, Category.text_generation)
_WHO = Actor(user_id="1\x1b[2J", username=EVIL, roles=frozenset({Role.approver}))

SAYING: list[list[str]] = [
    ["list"],
    ["show", "image_generation"],
    ["show", "image_generation", EVIL],
    ["show", "text_generation", EVIL],
    ["show", "esrgan", EVIL],
    ["text", "parse", EVIL],
    ["text", "groups"],
    ["text", "health"],
    ["licences", "report"],
    ["baselines", "list"],
    ["sessions", "list"],
    ["sessions", "end", EVIL],
    ["audit", "verify"],
    ["audit", "log"],
    ["audit", "log", "--model", EVIL],
    ["audit", "replay", "image_baseline"],
    ["audit", "replay", "image_generation", "--check"],
    ["doctor"],
]
_WITHOUT_JSON = ("replay",)


def a_model(category: Category) -> dict[str, Any]:
    """Return a record that is hostile in every text."""
    download = {"file_name": f"{EVIL}.ckpt", "file_url": f"https://x.example/{EVIL}", "sha256sum": EVIL}
    fields: dict[str, Any] = {
        "record_type": category,
        "description": EVIL,
        "version": EVIL,
        "baseline": EVIL,
        "style": EVIL,
        "tags": [EVIL],
        "url": EVIL,
        "config": {"download": [download]},
        EVIL: {EVIL: [EVIL]},
    }
    if category is Category.text_generation:
        return fields | {"parameters": 7, "text_model_group": EVIL, "display_name": EVIL}
    return fields


RESOURCES: dict[ResourceType, dict[str, Any]] = {
    ResourceType.image_baseline: {
        "name": EVIL,
        "display_name": EVIL,
        "alternative_names": [EVIL],
        "native_resolution": None,
        "capabilities": {},
        "horde_policy": {},
    },
    ResourceType.license_definition: {
        "license_id": EVIL,
        "name": EVIL,
        "canonical_url": EVIL,
        "commercial_use": "allowed",
        "redistribution": "allowed",
        "notes": EVIL,
        "deprecated": True,
    },
    ResourceType.licensed_asset: {
        "asset_kind": "other",
        "asset_identifier": EVIL,
        "display_name": EVIL,
        "source_url": EVIL,
        "version": EVIL,
        "locations": [EVIL],
        "related_assets": [EVIL],
        "licensing": {
            "license_expression": EVIL,
            "license_ids": [EVIL],
            "commercial_use": "allowed",
            "redistribution": "allowed",
            "attribution": EVIL,
            "notes": EVIL,
        },
        "notes": EVIL,
        "metadata": {},
    },
    ResourceType.text_alias: {"aliases": [f"{EVIL} alias"]},
    ResourceType.text_family: {"members": [EVIL]},
    ResourceType.guidance_assignment: {
        "model_name": f"gone {EVIL}",
        "primary_profile_id": EVIL,
        "supplemental_profile_ids": [],
    },
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with hostile texts in every place, as older data may hold them."""
    folder = tmp_path_factory.mktemp("hostile")
    store = Store.open(folder / "registry.sqlite3")
    with store.transaction() as transaction:
        for category in _CATEGORIES:
            transaction.write(category, [a_write(EVIL, **a_model(category))], author=EVIL)
    writes = [
        ResourceWrite(resource_type=kind, key=document.get("model_name", EVIL), document=document)
        for kind, document in RESOURCES.items()
    ]
    edit = ResourceEdit(by=_WHO, now=1, request_id=EVIL)
    edit_resources(store.unit_of_work(), lambda _uow: writes, edit, role=Role.approver)
    times = SessionTimes(idle_seconds=3600, absolute_seconds=3600)
    StoredSessions(store.engine, times=times).start("7", EVIL)
    store.close()
    return folder


def assert_harmless(done: Finished) -> None:
    """Fail where a command let a character through that a terminal obeys, or that turns text around."""
    for text in (done.out, done.err):
        assert "Traceback" not in text
        assert [hex(ord(each)) for each in text if not (each.isprintable() or each == "\n")] == []


@pytest.mark.parametrize("arguments", SAYING, ids=lambda arguments: " ".join(arguments).replace(EVIL, "EVIL"))
def test_what_a_registry_holds_is_no_command_to_the_terminal(data: Path, arguments: list[str]) -> None:
    is_text = arguments[:2] == ["text", "parse"]
    place: tuple[str | Path, ...] = () if is_text else ("--data-dir", data)

    plain = hmr(*arguments, *place)

    assert_harmless(plain)
    assert plain.out + plain.err
    if not set(_WITHOUT_JSON) & set(arguments):
        as_json = hmr(*arguments, *place, "--json")
        assert_harmless(as_json)
        assert as_json.status == plain.status
        assert as_json.out == "" or as_json.json is not None


def test_the_texts_are_shown_all_the_same(data: Path) -> None:
    shown = hmr("show", "image_generation", "--data-dir", data).out
    assert "x\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\x202e" in shown
    assert "[/bold][red]:skull:" in hmr("baselines", "list", "--data-dir", data).out
    assert hmr("show", "image_generation", EVIL, "--data-dir", data, "--json").json["description"] == EVIL


def test_what_is_written_to_a_file_is_not_altered(data: Path, tmp_path: Path) -> None:
    done = hmr("export", tmp_path / "out", "--format", "v2", "--data-dir", data)

    assert_harmless(done)
    written = json.loads((tmp_path / "out" / "stable_diffusion.json").read_text("utf-8"))
    assert written[EVIL]["description"] == EVIL


def test_reasons_and_notes_of_an_import_are_harmless(tmp_path: Path) -> None:
    records = {
        EVIL: an_image_record(EVIL),
        "A": an_image_record("A", baseline=EVIL, style=EVIL, description=EVIL),
        "B": an_image_record("B", nsfw=EVIL),
    }
    table = f'name,parameters_bn\n"{EVIL}",{EVIL}\n'
    folder = a_folder(tmp_path / "in", {"image/stable_diffusion.json": records, "text/models.csv": table})

    for options in ((), ("--notes",), ("--json",)):
        done = hmr("import", folder, *options, "--data-dir", tmp_path / "data")
        assert_harmless(done)
        assert "refused" in done.out + done.err
    assert_harmless(script("validate-sd-models", folder / "image" / "stable_diffusion.json"))


def test_what_a_person_types_comes_back_harmless(tmp_path: Path) -> None:
    for arguments in (
        [EVIL],
        ["show", EVIL],
        ["list", f"--{EVIL}"],
        ["list", "--data-dir", tmp_path / EVIL],
        ["import", tmp_path / EVIL],
        ["text", "parse", EVIL],
        ["queue", "list", "--url", EVIL, "--apikey", "key"],
        ["queue", "list", "--url", f"http://{EVIL}", "--apikey", "key"],
        ["audit", "replay", EVIL],
        ["models", "plan", "--baseline", EVIL],
        ["models", "plan", EVIL, "--data-dir", tmp_path],
        ["backup", f"/dev/null/{EVIL}"],
    ):
        assert_harmless(hmr(*arguments))


def test_models_that_are_to_be_fetched_are_named_harmlessly(tmp_path: Path) -> None:
    download = {"file_name": f"{EVIL}.bin", "file_url": "https://x.invalid/a", "sha256sum": "0" * 64}
    for file_name in (f"{EVIL}.bin", "plain.bin"):
        config = {"download": [download | {"file_name": file_name}]}
        document = {"record_type": "clip", "name": EVIL, "config": config}
        without = {"record_type": "clip", "name": f"none {EVIL}", "config": {"download": []}}
        records = {EVIL: document, f"none {EVIL}": without}
        (tmp_path / "clip.json").write_text(json.dumps(records), encoding="utf-8")

        for command in (["plan"], ["verify"], ["plan", "--json"]):
            done = hmr("models", *command, "--data-dir", tmp_path, "--weights", tmp_path / "w")
            assert_harmless(done)
            assert done.out + done.err


def hostile(value: Any) -> Any:
    """Return an answer with every text hostile, but those that the commands choose by."""
    if isinstance(value, dict):
        kept = {"outcome", "change_type"}
        return {key: each if key in kept else hostile(each) for key, each in value.items()}
    if isinstance(value, list):
        return [hostile(each) for each in value]
    return EVIL if isinstance(value, str) else value


CHANGE = {
    "change_id": 1,
    "status": "applied",
    "operation": "update",
    "category": "esrgan",
    "model_name": "A",
    "requested_username": "Req#1001",
    "batch_id": None,
    "payload": {"name": "A"},
    EVIL: "an unknown field",
}
DIFF = {
    **CHANGE,
    "net_operation": "modified",
    "is_critical": True,
    "conflict": True,
    "field_diffs": [
        {"field_path": "a", "change_type": "added", "old_value": None, "new_value": "x"},
        {"field_path": "a", "change_type": "modified", "old_value": ["x"] * 40, "new_value": "x"},
    ],
}
CHECK = {"subject": "Sum", "outcome": "note", "text": "t", "about": "a"}


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (["list"], {"items": [CHANGE], "total": 2}),
        (["show", "1"], CHANGE),
        (["diff", "1"], {"diffs": [DIFF], "errors": [], "total": 1}),
        (["approve", "1"], {"approved": [CHANGE]}),
        (["apply", "1"], {"applied": [CHANGE], "failed_change_id": 2, "failed_error": "it moved on"}),
        (["withdraw", "1"], CHANGE),
        (["comment", "1", EVIL], CHANGE),
    ],
)
def test_what_a_service_answers_is_no_command_to_the_terminal(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str], body: dict[str, Any]
) -> None:
    monkeypatch.setenv("AI_HORDE_API_KEY", "key")
    beside: dict[str, Any] = {
        "comments": [{"username": "Appr#2003", "text": "why?"}],
        "checks": [CHECK],
    }

    def answer(asked: Any) -> Reply:
        last = asked.path.partition("?")[0].rpartition("/")[2]
        is_read = asked.method == "GET"
        return Reply(200, json.dumps(hostile(beside.get(last, body) if is_read else body)).encode())

    with serving(answer) as server:
        for options in ((), ("--json",)):
            done = hmr("queue", *arguments, *options, URL=server.url)
            assert_harmless(done)
            assert done.out


@pytest.mark.parametrize(
    "body", [{"detail": EVIL}, {"detail": [{"loc": [EVIL], "msg": f"{EVIL}\nerror: all is well"}]}]
)
def test_the_reason_of_a_service_is_one_harmless_line(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any]
) -> None:
    monkeypatch.setenv("AI_HORDE_API_KEY", "key")
    with serving(always(Reply(403, json.dumps(body).encode()))) as server:
        done = hmr("queue", "list", URL=server.url)

    assert_harmless(done)
    assert is_one_line(done.err)
    assert done.status == 4
