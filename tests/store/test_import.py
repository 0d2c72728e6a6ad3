"""Reference files into the store."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import FIXTURES, a_folder, an_image_record, files_below

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.domain.categories import Category, v2_file_name
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.reference_files import FileFormat, find_reference_files
from horde_model_reference.store.importing import CategoryImport, import_files
from horde_model_reference.store.store import Store

_IMAGE = "image/stable_diffusion.json"
_LICENSING = {
    "license_expression": "MIT",
    "license_ids": ["MIT"],
    "commercial_use": "allowed",
    "redistribution": "allowed",
}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "store.sqlite")
    yield opened
    opened.close()


def _take(store: Store, folder: Path, file_format: FileFormat | None = None) -> dict[str, CategoryImport]:
    results = import_files(store, find_reference_files(folder, file_format), author="test")
    return {result.file.category: result for result in results}


def _v2(store: Store, category: Category = Category.image_generation) -> dict[str, dict[str, Any]]:
    return {record.name: json.loads(record.document) for record in store.records(category)}


def _v1(store: Store, category: Category = Category.image_generation) -> dict[str, Any]:
    catalog = Catalog(store)
    catalog.refresh()
    snapshot = catalog.snapshot(category)
    assert snapshot is not None
    assert snapshot.v1 is not None
    body: dict[str, Any] = json.loads(snapshot.v1.content)
    return body


def _without_stamps(document: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """Take away the time stamps that the store added."""
    metadata = dict(document["metadata"])
    told = expected.get("metadata", {})
    for stamp in ("created_at", "updated_at"):
        if stamp not in told:
            del metadata[stamp]
    shown = {key: value for key, value in document.items() if key != "metadata"}
    return {
        key: metadata if key == "metadata" else shown[key] for key in document if key in shown or metadata
    }


def _edited_v2(store: Store, tmp_path: Path, name: str, **fields: Any) -> None:
    """Change a record as v2 says it, and nothing else."""
    category = Category.image_generation
    documents = {name: _v2(store)[name] | fields}
    _take(store, a_folder(tmp_path / "edit", {v2_file_name(category): documents}), FileFormat.v2)


@pytest.mark.parametrize("case", ["expected", "expected-with-bad-records"])
def test_the_v2_documents_of_a_legacy_folder_are_exactly_as_expected(store: Store, case: str) -> None:
    _take(store, FIXTURES / case.replace("expected", "legacy"))

    for path in (FIXTURES / case / "v2").iterdir():
        expected = json.loads(path.read_text(encoding="utf-8"))
        category = next(category for category in Category if v2_file_name(category) == path.name)
        found = {
            name: _without_stamps(document, expected.get(name, {}))
            for name, document in _v2(store, category).items()
        }
        assert found == expected
        assert list(found) == list(expected)
        for name, document in found.items():
            assert list(document) == list(expected[name])


@pytest.mark.parametrize("case", ["expected", "expected-with-bad-records"])
def test_the_v1_answers_of_a_legacy_folder_are_exactly_as_expected(store: Store, case: str) -> None:
    _take(store, FIXTURES / case.replace("expected", "legacy"))

    text = json.loads((FIXTURES / case / "v1" / "text_generation.json").read_text(encoding="utf-8"))
    assert _v1(store, Category.text_generation) == text
    assert list(_v1(store, Category.text_generation)) == list(text)
    refused_file = FIXTURES / case / "refused.json"
    refused = json.loads(refused_file.read_text(encoding="utf-8")) if refused_file.exists() else {}
    for path in (FIXTURES / case.replace("expected", "legacy") / "image").iterdir():
        category = next(category for category in Category if v2_file_name(category) == path.name)
        told = json.loads(path.read_text(encoding="utf-8"))
        for name in refused.get(category, ()):
            del told[name]
        assert _v1(store, category) == told


def test_bad_records_are_refused_alone_with_a_reason_each(store: Store) -> None:
    results = _take(store, FIXTURES / "legacy-with-bad-records")

    expected = json.loads((FIXTURES / "expected-with-bad-records" / "refused.json").read_text("utf-8"))
    refused = {
        category: [refusal.key for refusal in result.refusals]
        for category, result in results.items()
        if result.refusals
    }
    assert refused == expected
    assert all(refusal.reason for result in results.values() for refusal in result.refusals)
    assert "baseline" in results["image_generation"].refusals[0].reason


def test_the_same_folder_twice_changes_nothing(store: Store) -> None:
    first = _take(store, FIXTURES / "legacy")
    serial = store.serial()

    second = _take(store, FIXTURES / "legacy")

    assert store.serial() == serial
    assert serial == sum(result.stored for result in first.values())
    assert all(result.stored == result.changed == 0 for result in second.values())
    assert all(result.unchanged == first[category].stored for category, result in second.items())


def test_the_numbers_of_a_file_add_up(store: Store, tmp_path: Path) -> None:
    old = {"A": an_image_record("A"), "B": an_image_record("B")}
    _take(store, a_folder(tmp_path / "1", {_IMAGE: old}))
    new = {
        "A": an_image_record("A", description="Other."),
        "B": an_image_record("B"),
        "C": an_image_record("C"),
        "D": {},
    }

    result = _take(store, a_folder(tmp_path / "2", {_IMAGE: new}))["image_generation"]

    assert (result.read, result.stored, result.changed, result.unchanged) == (4, 1, 1, 1)
    assert [refusal.key for refusal in result.refusals] == ["D"]


def test_records_that_a_file_does_not_name_stay(store: Store, tmp_path: Path) -> None:
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A"), "B": an_image_record("B")}}))

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"C": an_image_record("C")}}))

    assert list(_v2(store)) == ["A", "B", "C"]


def test_what_v2_can_not_hold_stays_in_v1_after_a_change_in_v2(store: Store, tmp_path: Path) -> None:
    record = an_image_record("A", note="ours", features_not_supported=["hires_fix"])
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": record}}))

    _edited_v2(store, tmp_path, "A", description="Said in v2.")

    assert _v1(store)["A"] == record | {"description": "Said in v2."}
    assert _v2(store)["A"]["description"] == "Said in v2."


def test_a_legacy_file_read_again_says_its_own_fields_and_leaves_those_of_v2(
    store: Store, tmp_path: Path
) -> None:
    folder = a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A")}})
    _take(store, folder)
    _edited_v2(store, tmp_path, "A", finetune_series={"name": "Pony"}, licensing=_LICENSING, version="9")

    _take(store, folder)
    serial = store.serial()
    _take(store, folder)

    found = _v2(store)["A"]
    assert found["finetune_series"] == {"name": "Pony"}
    assert found["licensing"] == _LICENSING
    assert _v1(store)["A"]["licensing"]["license_expression"] == "MIT"
    assert store.serial() == serial
    history = store.history(Category.image_generation, "A")
    assert [json.loads(version.document or "{}").get("version") for version in history] == [None, "9", None]


def test_a_legacy_record_that_says_no_more_when_it_was_made_keeps_what_is_known_of_that(
    store: Store, tmp_path: Path
) -> None:
    made = {"created_at": 5, "updated_at": 6, "created_by": "1001"}
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A", metadata=made)}}))

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"A": an_image_record("A", description="New words.")}}))

    found = _v2(store)["A"]
    assert found["description"] == "New words."
    assert (found["metadata"]["created_at"], found["metadata"]["created_by"]) == (5, "1001")
    assert found["metadata"]["updated_at"] > 6


def test_a_name_that_no_index_can_hold_is_refused_alone(store: Store, tmp_path: Path) -> None:
    longest, too_long = "ä" * 500, "ä" * 501
    documents = {name: {"name": name} for name in (longest, too_long, "A")}

    taken = _take(store, a_folder(tmp_path / "1", {"esrgan.json": documents}), FileFormat.v2)

    assert list(_v2(store, Category.esrgan)) == [longest, "A"]
    assert [refusal.key for refusal in taken["esrgan"].refusals] == [too_long]


def test_a_truth_value_in_place_of_a_number_is_a_change(store: Store, tmp_path: Path) -> None:
    for number, clip_skip in enumerate((1, True)):
        record = an_image_record("A", requirements={"clip_skip": clip_skip})
        _take(store, a_folder(tmp_path / str(number), {_IMAGE: {"A": record}}))

    assert _v2(store)["A"]["requirements"]["clip_skip"] is True


def test_a_text_model_whose_size_is_spelt_as_a_text_leaves_all_others_readable(
    store: Store, tmp_path: Path
) -> None:
    documents = {name: {"name": name, "parameters": size} for name, size in {"A": 7, "B": "8"}.items()}
    _take(store, a_folder(tmp_path / "1", {"text_generation.json": documents}), FileFormat.v2)

    found = _v1(store, Category.text_generation)

    assert [found[name]["parameters"] for name in ("A", "B")] == [7, 8]


def test_a_legacy_change_leaves_what_only_v2_can_say(store: Store, tmp_path: Path) -> None:
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A")}}))
    download = _v2(store)["A"]["config"]["download"][0] | {"size_bytes": 77}
    _edited_v2(store, tmp_path, "A", licensing=_LICENSING, config={"download": [download]})
    changed = an_image_record("A", description="New words.")
    changed["config"]["download"][0]["file_url"] = "https://mirror.example/model.ckpt"

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"A": changed}}))

    found = _v2(store)["A"]
    assert found["description"] == "New words."
    assert found["licensing"] == _LICENSING
    assert found["config"]["download"] == [download | {"file_url": "https://mirror.example/model.ckpt"}]


def test_the_size_of_a_file_is_forgotten_when_the_file_became_another(store: Store, tmp_path: Path) -> None:
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A")}}))
    download = _v2(store)["A"]["config"]["download"][0] | {"size_bytes": 77}
    _edited_v2(store, tmp_path, "A", config={"download": [download]})
    changed = an_image_record("A")
    changed["config"]["files"][0]["sha256sum"] = "c" * 64

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"A": changed}}))

    assert "size_bytes" not in _v2(store)["A"]["config"]["download"][0]


def test_a_legacy_change_that_makes_no_record_with_what_v2_says_is_refused_alone(
    store: Store, tmp_path: Path
) -> None:
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A")}}))
    licensing = _LICENSING | {"files": {"model.ckpt": _LICENSING}}
    _edited_v2(store, tmp_path, "A", licensing=licensing)
    changed = {"A": an_image_record("A", config={}), "B": an_image_record("B")}

    result = _take(store, a_folder(tmp_path / "2", {_IMAGE: changed}))["image_generation"]

    assert [refusal.key for refusal in result.refusals] == ["A"]
    assert (result.stored, result.changed, result.unchanged) == (1, 0, 0)
    assert _v2(store)["A"]["licensing"] == licensing


def test_a_field_that_a_legacy_file_drops_is_dropped(store: Store, tmp_path: Path) -> None:
    record = an_image_record("A", homepage="https://models.example/a")
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": record}}))

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"A": an_image_record("A")}}))

    assert "homepage" not in _v2(store)["A"]


def test_a_change_moves_the_time_of_the_last_update_and_not_that_of_creation(tmp_path: Path) -> None:
    times = iter([10, 20, 30])
    store = Store.open(tmp_path / "store.sqlite", clock=lambda: next(times))
    _take(store, a_folder(tmp_path / "1", {_IMAGE: {"A": an_image_record("A")}}))

    _take(store, a_folder(tmp_path / "2", {_IMAGE: {"A": an_image_record("A", description="Other.")}}))

    metadata = _v2(store)["A"]["metadata"]
    store.close()
    assert (metadata["created_at"], metadata["updated_at"]) == (20, 30)


def test_v2_files_over_legacy_records_change_v1_too(store: Store, tmp_path: Path) -> None:
    _take(store, FIXTURES / "legacy")
    documents = _v2(store, Category.text_generation)
    name = next(iter(documents))
    documents[name]["description"] = "Other words."

    _take(store, a_folder(tmp_path, {"text_generation.json": documents}), FileFormat.v2)

    v1 = _v1(store, Category.text_generation)
    assert v1[name]["description"] == "Other words."
    assert v1[f"aphrodite/{name}"]["description"] == "Other words."


def test_a_v2_file_without_time_stamps_that_says_the_same_changes_nothing(
    store: Store, tmp_path: Path
) -> None:
    _take(store, FIXTURES / "legacy")
    serial = store.serial()
    documents = _v2(store)
    for document in documents.values():
        del document["metadata"]["updated_at"]

    _take(store, a_folder(tmp_path, {"stable_diffusion.json": documents}), FileFormat.v2)

    assert store.serial() == serial


@pytest.mark.parametrize(
    ("files", "category"),
    [
        ({_IMAGE: {"A": an_image_record("A")}}, "image_generation"),
        ({"stable_diffusion.json": {"A": an_image_record("A")}}, "image_generation"),
        ({"models.csv": "name,parameters_bn\nA,7\n"}, "text_generation"),
        ({"text/models.csv": "name,parameters_bn\nA,7\n"}, "text_generation"),
        ({"text/db.json": {"A": {"name": "A", "parameters": 7}}}, "text_generation"),
        ({"db.json": {"A": {"name": "A", "parameters": 7}}}, "text_generation"),
        ({"esrgan.json": {"A": {"name": "A"}}}, "esrgan"),
        ({"text_generation.json": {"A": {"name": "A", "parameters": 7}}}, "text_generation"),
        ({_IMAGE: "\ufeff" + json.dumps({"A": an_image_record("A")})}, "image_generation"),
        (
            {_IMAGE: json.dumps({"A": an_image_record("A")}, indent="\t").replace("\n", "\r\n")},
            "image_generation",
        ),
        ({"models.csv": "\ufeffname,parameters_bn\r\nA,7\r\n"}, "text_generation"),
    ],
)
def test_the_format_of_a_folder_is_found_out(
    store: Store, tmp_path: Path, files: dict[str, Any], category: str
) -> None:
    results = _take(store, a_folder(tmp_path / "files", files))

    assert {name: result.stored for name, result in results.items()} == {category: 1}
    assert list(_v2(store, Category(category))) == ["A"]


def test_models_csv_wins_over_db_json(store: Store, tmp_path: Path) -> None:
    files = {"text/models.csv": "name,parameters_bn\nA,7\n", "text/db.json": {"B": {"parameters": 7}}}

    _take(store, a_folder(tmp_path / "files", files))

    assert list(_v2(store, Category.text_generation)) == ["A"]


@pytest.mark.parametrize("name", ["", "   ", "a\nb", "a\x00b", "\u200b", "a\x1b[31m", "\ud800"])
def test_names_that_are_blank_or_hold_control_characters_are_refused(
    store: Store, tmp_path: Path, name: str
) -> None:
    files = {"esrgan.json": {name: {"name": name or "x"}, "A": {"name": "A"}}}

    result = _take(store, a_folder(tmp_path / "files", files))["esrgan"]

    assert [refusal.key for refusal in result.refusals] == [name]
    assert list(_v2(store, Category.esrgan)) == ["A"]


@pytest.mark.parametrize(
    "content", [b"not JSON", b'{"A": ', b"\xff\xfe{\x00}\x00", b"[]", b"null", b'"text"']
)
def test_a_file_that_makes_no_sense_is_refused_as_a_whole_and_the_others_are_taken(
    store: Store, tmp_path: Path, content: bytes
) -> None:
    _take(store, a_folder(tmp_path / "1", {"image/esrgan.json": {"A": {"name": "A"}}}))

    results = _take(
        store,
        a_folder(tmp_path / "2", {"image/esrgan.json": content, "image/gfpgan.json": {"B": {"name": "B"}}}),
    )

    assert [refusal.key for refusal in results["esrgan"].refusals] == [None]
    assert results["esrgan"].read == 0
    assert list(_v2(store, Category.esrgan)) == ["A"]
    assert list(_v2(store, Category.gfpgan)) == ["B"]


def test_a_folder_in_the_place_of_a_file_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "image" / "esrgan.json").mkdir(parents=True)

    results = _take(store, tmp_path)

    assert [refusal.reason for refusal in results["esrgan"].refusals] == ["Is a directory"]


def test_a_file_that_can_not_be_read_is_refused(store: Store, tmp_path: Path) -> None:
    (tmp_path / "image").mkdir()
    (tmp_path / "image" / "esrgan.json").symlink_to("/proc/self/mem")  # for root too, its start is unreadable

    results = _take(store, tmp_path)

    assert [refusal.reason for refusal in results["esrgan"].refusals] == ["Input/output error"]


def test_an_empty_file_has_no_records_and_removes_none(store: Store, tmp_path: Path) -> None:
    _take(store, a_folder(tmp_path / "1", {"image/esrgan.json": {"A": {"name": "A"}}}))

    results = _take(store, a_folder(tmp_path / "2", {"image/esrgan.json": "", "image/gfpgan.json": "{}"}))

    assert results["esrgan"].refusals == ()
    assert list(_v2(store, Category.esrgan)) == ["A"]


def test_a_record_is_stored_under_its_key_though_its_name_differs(store: Store, tmp_path: Path) -> None:
    folder = a_folder(tmp_path / "files", {"image/controlnet.json": {"key": {"name": "name"}}})

    result = _take(store, folder)["controlnet"]

    assert list(_v2(store, Category.controlnet)) == ["key"]
    assert _v2(store, Category.controlnet)["key"]["name"] == "name"
    assert ("key", "the name is 'name', not the key") in result.issues


def test_nothing_is_stored_where_a_file_must_be_whole_and_is_not(store: Store, tmp_path: Path) -> None:
    folder = a_folder(tmp_path, {"image/blip.json": {"A": {"name": "A"}}, "image/esrgan.json": "oops"})

    with pytest.raises(InvalidRecordError, match=r"esrgan\.json: not JSON"):
        import_files(store, find_reference_files(folder), author="test", must_be_whole=True)

    assert store.is_empty()


def test_importing_leaves_the_files_alone(store: Store) -> None:
    before = files_below(FIXTURES)

    _take(store, FIXTURES / "legacy")

    assert files_below(FIXTURES) == before


def test_two_files_of_one_name_survive_a_legacy_edit_that_is_not_about_files(
    store: Store, tmp_path: Path
) -> None:
    _take(store, a_folder(tmp_path / "one", {_IMAGE: {"A": an_image_record("A")}}))
    download = _v2(store)["A"]["config"]["download"][0]
    both = [download, download | {"file_url": "https://mirror.example/model.ckpt"}]
    _edited_v2(store, tmp_path, "A", config={"download": both})
    as_v1_says_it = _v1(store)["A"]

    _take(store, a_folder(tmp_path / "two", {_IMAGE: {"A": as_v1_says_it | {"description": "Another."}}}))

    assert _v2(store)["A"]["description"] == "Another."
    assert _v2(store)["A"]["config"]["download"] == both
