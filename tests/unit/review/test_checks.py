"""What checks say of proposals; nothing here asks anybody."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from factories import a_document, a_stored_record, an_image_record
from review_contract import a_change

from horde_model_reference.catalog.snapshot import CategorySnapshot, build_snapshot
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import Operation, RecordForm, ResourceKind
from horde_model_reference.review.address_checks import address_checks
from horde_model_reference.review.check_shapes import Check, Checked, Outcome, Snapshots
from horde_model_reference.review.checks import proposed_record, record_checks
from horde_model_reference.review.declared_files import addresses
from horde_model_reference.review.file_findings import AddressFinding
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.shapers import SHAPERS

SUM, OTHER_SUM = "a1" * 32, "b2" * 32
RULES = ReviewRules(baselines={"stable_diffusion_xl"}, licenses={"MIT": False, "Old": True}, shapers=SHAPERS)


def a_file(**fields: Any) -> dict[str, Any]:
    return {
        "file_name": "m.safetensors",
        "file_url": "https://files.example/m",
        "sha256sum": SUM,
        **fields,
    }


def with_files(*files: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return a_document("New", config={"download": list(files)}, **fields)


def a_registry(**names: Mapping[str, dict[str, Any]]) -> Snapshots:
    """Return snapshots of some categories, each with documents by name."""
    snapshots: dict[Category, CategorySnapshot] = {
        Category(category): build_snapshot(
            Category(category),
            [a_stored_record(name, **fields) for name, fields in documents.items()],
            revision=1,
            modified_at=1,
        )
        for category, documents in names.items()
    }
    return snapshots.get


NOBODY = a_registry()


def checked(document: dict[str, Any] | None, category: Category = Category.esrgan) -> Checked:
    return Checked(category=category, name="New", operation=Operation.create, document=document)


def of(subject: str, checks: list[Check]) -> list[tuple[Outcome, str]]:
    return [(check.outcome, check.text) for check in checks if check.subject == subject]


def one(subject: str, document: dict[str, Any], **where: Any) -> Outcome:
    snapshots = where.pop("snapshots", NOBODY)
    found = of(subject, record_checks(checked(document, **where), RULES, snapshots))
    assert len(found) == 1, found
    return found[0][0]


def test_a_deletion_has_nothing_to_check() -> None:
    assert record_checks(checked(None), RULES, NOBODY) == []


def test_a_change_set_is_no_record() -> None:
    assert proposed_record(a_change(resource_kind=ResourceKind.image_baseline), RULES) is None


def test_a_legacy_proposal_is_checked_as_the_record_that_it_means() -> None:
    change = a_change(
        category="image_generation",
        model_name="New",
        form=RecordForm.legacy,
        payload=an_image_record("New", baseline="stable_diffusion_xl"),
    )

    found = proposed_record(change, RULES)

    assert found is not None
    assert found.document is not None
    assert [
        check.outcome for check in record_checks(found, RULES, NOBODY) if check.subject == "Baseline"
    ] == [Outcome.good]
    assert addresses(found.document) == ("https://models.example/model.ckpt",)


def test_a_payload_that_is_no_record_is_a_problem() -> None:
    change = a_change(
        category="image_generation", model_name="New", form=RecordForm.legacy, payload={"name": "New"}
    )

    found = proposed_record(change, RULES)

    assert found is not None
    assert [check.outcome for check in record_checks(found, RULES, NOBODY)] == [Outcome.problem]


def test_a_record_that_breaks_the_rules_of_its_category_is_a_problem() -> None:
    assert one("Record", with_files(a_file())) is Outcome.good
    assert one("Record", with_files(a_file(file_name="../../etc/passwd"))) is Outcome.problem


@pytest.mark.parametrize(
    ("baseline", "outcome"), [("stable_diffusion_xl", Outcome.good), ("sdxl", Outcome.problem)]
)
def test_a_baseline_is_in_the_catalogue_or_a_problem(baseline: str, outcome: Outcome) -> None:
    document = with_files(a_file(), baseline=baseline, nsfw=False)

    assert one("Baseline", document, category=Category.image_generation) is outcome


@pytest.mark.parametrize(
    ("expression", "ids", "outcomes"),
    [
        ("MIT", ["MIT"], [Outcome.good]),
        ("NOASSERTION", [], [Outcome.note]),
        ("Old", ["Old"], [Outcome.problem, Outcome.good]),
        ("Mine", ["Mine"], [Outcome.problem, Outcome.good]),
    ],
)
def test_a_licence_is_known_or_worth_a_look(expression: str, ids: list[str], outcomes: list[Outcome]) -> None:
    licensing = {"license_expression": expression, "license_ids": ids, "commercial_use": "allowed"}

    found = of("Licence", record_checks(checked(with_files(licensing=licensing)), RULES, NOBODY))

    assert [outcome for outcome, _ in found] == outcomes


def test_a_record_without_licensing_has_no_known_licence() -> None:
    assert one("Licence", with_files(a_file())) is Outcome.note


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (SUM, Outcome.good),
        (SUM.upper(), Outcome.good),
        ("FIXME", Outcome.note),
        ("", Outcome.note),
        ("a1", Outcome.problem),
        ("z" * 64, Outcome.problem),
    ],
)
def test_a_sum_has_the_form_of_one(text: str, outcome: Outcome) -> None:
    assert one("Sum", with_files(a_file(sha256sum=text))) is outcome


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://files.example/m", Outcome.note),
        ("", Outcome.note),
        ("ftp://files.example/m", Outcome.problem),
        ("javascript:alert(1)", Outcome.problem),
        ("https://[", Outcome.problem),
    ],
)
def test_an_address_that_is_not_https_is_told_of(url: str, outcome: Outcome) -> None:
    assert one("Address", with_files(a_file(file_url=url))) is outcome


def test_an_https_address_is_not_worth_a_word() -> None:
    assert of("Address", record_checks(checked(with_files(a_file())), RULES, NOBODY)) == []


def test_two_files_of_one_name_are_a_problem() -> None:
    found = of("File name", record_checks(checked(with_files(a_file(), a_file())), RULES, NOBODY))

    assert [outcome for outcome, _ in found] == [Outcome.problem] * 2


def test_a_record_without_files_is_worth_a_look_unless_it_is_a_text_model() -> None:
    document = a_document("New", parameters=1000)

    assert one("Files", document) is Outcome.note
    text_checks = record_checks(checked(document, Category.text_generation), RULES, NOBODY)
    assert of("Files", text_checks) == []


@pytest.mark.parametrize("other", ["new", "NEW", "n_e-w", "N e w"])
def test_a_name_that_differs_in_case_and_punctuation_only_is_a_problem(other: str) -> None:
    assert one("Name", with_files(a_file()), snapshots=a_registry(esrgan={other: {}})) is Outcome.problem


def test_the_same_name_in_another_category_is_worth_a_look() -> None:
    assert one("Name", with_files(a_file()), snapshots=a_registry(gfpgan={"New": {}})) is Outcome.note


def test_a_record_is_not_its_own_twin() -> None:
    config = {"download": [a_file()]}
    snapshots = a_registry(esrgan={"New": {"config": config}, "Other": {}})

    checks = record_checks(checked(with_files(a_file())), RULES, snapshots)

    assert of("Name", checks)[0][0] is Outcome.good
    assert of("Duplicate", checks) == []


@pytest.mark.parametrize("spelling", [SUM, SUM.upper()])
def test_a_file_that_another_model_has_is_worth_a_look(spelling: str) -> None:
    config = {"download": [a_file(sha256sum=spelling)]}
    snapshots = a_registry(clip={"Twin": {"config": config}, "Not": {}})

    found = of("Duplicate", record_checks(checked(with_files(a_file())), RULES, snapshots))

    assert found == [(Outcome.note, "The same file is in Twin (clip).")]


def test_unknown_sums_are_not_the_same() -> None:
    config = {"download": [a_file(sha256sum="FIXME", file_url="https://files.example/other")]}
    snapshots = a_registry(clip={"Other": {"config": config}})

    checks = record_checks(checked(with_files(a_file(sha256sum="FIXME"))), RULES, snapshots)

    assert of("Duplicate", checks) == []


def test_an_address_that_another_model_has_is_worth_a_look() -> None:
    config = {"download": [a_file(sha256sum="FIXME")]}
    snapshots = a_registry(clip={"Twin": {"config": config}, "Not": {}})

    found = of("Duplicate", record_checks(checked(with_files(a_file())), RULES, snapshots))

    assert found == [(Outcome.note, "The same address is in Twin (clip).")]


@pytest.mark.parametrize("text", ["a\u202eb", "a\u200bb", "a\u2066b", "a\ufeffb"])
def test_a_text_that_hides_something_is_a_problem(text: str) -> None:
    for fields in ({"description": text}, {"tags": ["plain", text]}):
        checks = record_checks(checked(with_files(a_file(), **fields)), RULES, NOBODY)

        assert [(check.outcome, check.about) for check in checks if check.subject == "Text"] == [
            (Outcome.problem, next(iter(fields)))
        ]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        (["anime", "photo", "anime"], ["It holds “anime” more than once."]),
        (["x" * 70] * 2, [f"It holds “{'x' * 60}…” more than once."]),
        (["anime", "Anime"], []),
        ([{"a": 1}, {"a": 1}, 1, 1], []),
        ("aa", []),
    ],
)
def test_what_a_list_holds_twice_is_worth_a_look(tags: object, told: list[str]) -> None:
    found = of("Repetition", record_checks(checked(with_files(tags=tags)), RULES, NOBODY))

    assert found == [(Outcome.note, text) for text in told]


@pytest.mark.parametrize(
    "text", ["Zeile\nZeile", "naïve 模型", "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}", "Привет"]
)
def test_a_text_in_whichever_script_is_not_worth_a_word(text: str) -> None:
    assert of("Text", record_checks(checked(with_files(a_file(), description=text)), RULES, NOBODY)) == []


@pytest.mark.parametrize(
    ("name", "mixes"),
    [
        ("Delib\u0435rate", True),
        ("\u0391lpha", True),
        ("Привет", False),
        ("SDXL 模型", False),
        ("\u03b1 \u03b2", False),
    ],
)
def test_a_name_with_letters_that_look_like_others_is_a_problem(name: str, mixes: bool) -> None:
    proposed = replace(checked(with_files(a_file())), name=name)

    found = of("Name", record_checks(proposed, RULES, NOBODY))

    assert any("mixes letters" in text for _, text in found) is mixes


def test_of_many_twins_a_few_are_named() -> None:
    config = {"download": [a_file()]}
    snapshots = a_registry(clip={f"Twin {number}": {"config": config} for number in range(9)})

    found = of("Duplicate", record_checks(checked(with_files(a_file())), RULES, snapshots))

    assert found[0][1].endswith("Twin 4 (clip) and 4 more.")


def answers(**fields: Any) -> dict[str, AddressFinding]:
    url = "https://files.example/m"
    return {url: AddressFinding(url=url, found_at=1, **fields)}


def test_an_address_that_nobody_asked_is_unknown() -> None:
    found = address_checks(with_files(a_file()), {})

    assert [(check.outcome, check.about) for check in found] == [(Outcome.unknown, "m.safetensors")]


@pytest.mark.parametrize("fields", [{"status": 404}, {"status": 500}, {"trouble": "nobody knows it"}])
def test_a_file_that_is_not_there_is_a_problem(fields: dict[str, Any]) -> None:
    found = address_checks(with_files(a_file(size_bytes=1)), answers(**fields))

    assert [check.outcome for check in found] == [Outcome.problem]


@pytest.mark.parametrize(
    ("size", "outcomes"), [(5, [Outcome.good]), (6, [Outcome.problem]), (None, []), ("5", [])]
)
def test_a_size_is_compared_where_the_record_names_one(size: Any, outcomes: list[Outcome]) -> None:
    found = address_checks(with_files(a_file(size_bytes=size)), answers(status=200, size_bytes=5))

    assert [check.outcome for check in found if check.subject == "Size"] == outcomes


@pytest.mark.parametrize(
    ("told", "outcomes"),
    [(SUM, [Outcome.good]), (OTHER_SUM, [Outcome.problem]), (None, [])],
)
def test_a_sum_is_compared_where_the_host_tells_it(told: str | None, outcomes: list[Outcome]) -> None:
    found = address_checks(with_files(a_file(sha256sum=SUM.upper())), answers(status=200, sha256=told))

    assert [check.outcome for check in found if check.subject == "Sum"] == outcomes


def test_pages_are_looked_at_too() -> None:
    document = with_files(homepage="https://files.example/m")

    assert addresses(document) == ("https://files.example/m",)
    assert [(check.about, check.outcome) for check in address_checks(document, answers(status=200))] == [
        ("homepage", Outcome.good)
    ]


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"config": 3},
        {"config": {"download": {"file_name": "a"}}},
        {"config": {"download": [3, None, {"file_name": 4, "file_url": ["x"], "sha256sum": 5}]}},
        {"homepage": 3, "licensing": "free"},
    ],
)
def test_no_document_is_too_odd_to_be_checked(document: dict[str, Any]) -> None:
    record_checks(checked({"name": "New", **document}), RULES, NOBODY)
    address_checks(document, {})
    assert addresses(document) == ()
