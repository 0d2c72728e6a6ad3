"""Change sets to prompting guidance: what they may do, and that orphans block nobody."""

from typing import Any

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from hypothesis import given
from hypothesis import strategies as st
from review_contract import REQUESTOR
from review_desk import BOTH, Desk

from horde_model_reference.domain.changes import Operation, ResourceKind
from horde_model_reference.domain.errors import InvalidRecordError, RegistryError, RevisionConflictError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review import steps
from horde_model_reference.review.change_set_kinds import CHANGE_SETS
from horde_model_reference.review.change_sets import write_change_set
from horde_model_reference.review.guidance_changes import GuidanceChangeSets
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.resources import ResourceEdit

RULES = ReviewRules(change_sets=CHANGE_SETS)
MODELS = ("Org/A-7B", "B-13B", "koboldcpp/A-7B")


@pytest.fixture
def desk() -> Desk:
    database = MemoryDatabase()
    desk = Desk(lambda: MemoryUnitOfWork(database), RULES)
    with desk.uow as uow:
        for name in MODELS:
            uow.records.write("text_generation", name, {"name": name}, None, "1")
        uow.commit()
    return desk


def contract(profile_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "prompt_contract",
        "profile_id": profile_id,
        "display_name": profile_id,
        "summary": "s",
        "interaction_modes": ["chat"],
        **fields,
    }


def recipe(profile_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "kind": "usage_recipe",
        "profile_id": profile_id,
        "display_name": profile_id,
        "summary": "s",
        **fields,
    }


def create(profile: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"operation": "create", "profile_id": profile["profile_id"], "profile": profile, **fields}


def update(profile: dict[str, Any], before: Any) -> dict[str, Any]:
    return create(profile, expected_before=before) | {"operation": "update"}


def deprecate(profile_id: str, before: Any) -> dict[str, Any]:
    return {"operation": "deprecate", "profile_id": profile_id, "expected_before": before}


def assign(name: str, primary: str, *others: str, before: Any = None) -> dict[str, Any]:
    assignment = {
        "model_name": name,
        "primary_profile_id": primary,
        "supplemental_profile_ids": list(others),
    }
    return {"model_name": name, "assignment": assignment, "expected_before": before}


def take_away(name: str, before: Any) -> dict[str, Any]:
    return {"model_name": name, "assignment": None, "expected_before": before}


def stored(desk: Desk, key: str, resource_type: ResourceType = ResourceType.guidance_profile) -> Any:
    with desk.uow as uow:
        found = uow.resources.catalog(CatalogName.text_guidance).all(resource_type).get(key)
    return None if found is None else found.document


def assignment_of(desk: Desk, name: str) -> Any:
    return stored(desk, name, ResourceType.guidance_assignment)


def propose(desk: Desk, *, profiles: Any = (), assignments: Any = ()) -> int:
    proposal = Proposal(
        category="text_generation",
        model_name="guidance:1",
        operation=Operation.update,
        resource_kind=ResourceKind.text_guidance,
        payload={
            "title": "t",
            "profile_changes": list(profiles),
            "assignment_changes": list(assignments),
        },
    )
    return steps.propose(desk.uow, proposal, actor=REQUESTOR, now=5, rules=RULES).change_id


def apply(desk: Desk, *, profiles: Any = (), assignments: Any = ()) -> None:
    change_id = propose(desk, profiles=profiles, assignments=assignments)
    desk.decide(approve=[change_id])
    desk.apply(change_id)


def test_profiles_and_assignments_change_together(desk: Desk) -> None:
    apply(
        desk,
        profiles=[create(contract("chatml")), create(recipe("rp"))],
        assignments=[assign("Org/A-7B", "chatml", "rp")],
    )

    assert stored(desk, "chatml")["metadata"]["revision"] == 1
    assert assignment_of(desk, "Org/A-7B")["supplemental_profile_ids"] == ["rp"]
    with desk.uow as uow:
        assert uow.resources.catalog(CatalogName.text_guidance).metadata.revision == 2


def test_a_profile_is_changed_and_taken_out_of_use(desk: Desk) -> None:
    apply(desk, profiles=[create(contract("chatml"))])
    apply(desk, profiles=[update(contract("chatml", summary="new"), stored(desk, "chatml"))])
    apply(desk, profiles=[deprecate("chatml", stored(desk, "chatml"))])

    found = stored(desk, "chatml")
    assert (found["summary"], found["deprecated"], found["metadata"]["revision"]) == ("new", True, 3)


def test_what_was_there_has_to_be_what_the_proposer_saw(desk: Desk) -> None:
    apply(desk, profiles=[create(contract("chatml"))], assignments=[assign("B-13B", "chatml")])

    for change in (
        {"profiles": [deprecate("chatml", None)]},
        {"profiles": [update(contract("chatml"), contract("chatml", summary="other"))]},
        {"assignments": [assign("B-13B", "chatml")]},
        {"assignments": [take_away("B-13B", None)]},
        {"assignments": [assign("Org/A-7B", "chatml", before=assignment_of(desk, "B-13B"))]},
    ):
        with pytest.raises(RevisionConflictError):
            propose(desk, **change)


@pytest.mark.parametrize(
    "change",
    [
        {"profiles": [update(contract("nothing"), None)]},
        {"profiles": [deprecate("nothing", None)]},
        {"profiles": [create(contract("new")) | {"profile": None}]},
        {"profiles": [create(contract("new")) | {"profile_id": "other"}]},
        {"profiles": [create(contract("new", aliases=["chatml alias"]))]},
        {"profiles": [create(contract("new", aliases=["x", "X"]))]},
        {"profiles": [create(contract("new", aliases=[" "]))]},
        {"profiles": [create(contract("new", display_name=""))]},
        {"profiles": [create(contract("new")), create(contract("new"))]},
        {"profiles": [create(contract("new", recommended_settings={"heat": 1}))]},
        {"profiles": [create(contract("Upper"))]},
        {"profiles": [create(contract("new", summary="<b>bold</b>"))]},
        {"profiles": [create(contract("new", user={"tips": ["<script>"]}))]},
        {"profiles": [create(contract("new", interaction_modes=[]))]},
        {"assignments": [assign("Nobody", "chatml")]},
        {"assignments": [assign("koboldcpp/A-7B", "chatml")]},
        {"assignments": [assign("a\0b", "chatml")]},
        {"assignments": [assign("B-13B", "rp")]},
        {"assignments": [assign("B-13B", "chatml", "chatml")]},
        {"assignments": [assign("B-13B", "chatml", "alpaca")]},
        {"assignments": [assign("B-13B", "nothing")]},
        {"assignments": [assign("B-13B", "old")]},
        {"assignments": [assign("B-13B", "chatml") | {"model_name": "Org/A-7B"}]},
        {"assignments": [take_away("B-13B", None)]},
        {},
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, change: dict[str, Any]) -> None:
    apply(
        desk,
        profiles=[
            create(contract("chatml", aliases=["ChatML Alias"])),
            create(contract("alpaca")),
            create(recipe("rp")),
            create(contract("old", deprecated=True)),
        ],
    )

    with pytest.raises(InvalidRecordError):
        propose(desk, **change)

    assert len(desk.changes()) == 1


def test_a_profile_that_is_assigned_is_not_taken_out_of_use_nor_made_another_kind(desk: Desk) -> None:
    apply(desk, profiles=[create(contract("chatml"))], assignments=[assign("B-13B", "chatml")])
    before = stored(desk, "chatml")

    for change in (deprecate("chatml", before), update(recipe("chatml"), before)):
        with pytest.raises(InvalidRecordError, match="B-13B"):
            propose(desk, profiles=[change])
    apply(
        desk,
        profiles=[deprecate("chatml", before)],
        assignments=[take_away("B-13B", assignment_of(desk, "B-13B"))],
    )
    assert stored(desk, "chatml")["deprecated"]


def test_an_assignment_whose_model_is_gone_blocks_nobody(desk: Desk) -> None:
    apply(desk, profiles=[create(contract("chatml"))], assignments=[assign("B-13B", "chatml")])
    with desk.uow as uow:
        uow.records.write("text_generation", "B-13B", None, None, "1")
        uow.commit()

    apply(desk, profiles=[create(recipe("rp"))])
    apply(desk, profiles=[deprecate("chatml", stored(desk, "chatml"))])
    apply(desk, assignments=[take_away("B-13B", assignment_of(desk, "B-13B"))])

    assert assignment_of(desk, "B-13B") is None


def test_a_change_set_whose_end_is_there_already_is_applied_without_a_trace(desk: Desk) -> None:
    ids = [propose(desk, profiles=[create(contract("chatml"))]) for _ in range(2)]
    desk.decide(approve=ids)
    desk.apply(ids[0])
    serial = desk.serial()

    desk.apply(ids[1])

    assert desk.serial() == serial


def test_a_truth_value_in_place_of_a_number_is_a_change(desk: Desk) -> None:
    apply(desk, profiles=[create(contract("chatml", recommended_settings={"singleline": 1}))])

    wanted = contract("chatml", recommended_settings={"singleline": True})
    apply(desk, profiles=[update(wanted, stored(desk, "chatml"))])

    assert stored(desk, "chatml")["recommended_settings"]["singleline"] is True


_IDS = st.sampled_from(["a", "b", "c"])
_PROFILES = st.builds(
    lambda make, profile_id, aliases, out: make(profile_id, aliases=aliases, deprecated=out),
    st.sampled_from([contract, recipe]),
    _IDS,
    st.lists(st.sampled_from(["x", "X", "y"]), max_size=2),
    st.booleans(),
)
_ASSIGNMENTS = st.tuples(st.sampled_from(MODELS), st.none() | _IDS, st.lists(_IDS, max_size=2))


@given(st.lists(st.tuples(st.none() | _PROFILES, st.none() | _ASSIGNMENTS), max_size=12))
def test_every_assignment_names_active_profiles_of_the_right_kind(edits: list[Any]) -> None:
    uow = MemoryUnitOfWork(MemoryDatabase())
    kind = GuidanceChangeSets()
    with uow:
        for name in MODELS:
            uow.records.write("text_generation", name, {"name": name}, None, "1")
        uow.commit()
    for profile, assignment in edits:
        with uow:
            catalog = uow.resources.catalog(kind.catalog)
            known = {key: found.document for key, found in catalog.all(ResourceType.guidance_profile).items()}
            assigned = {
                key: found.document for key, found in catalog.all(ResourceType.guidance_assignment).items()
            }
            change_set: dict[str, Any] = {"title": "t"}
            if profile is not None:
                before = known.get(profile["profile_id"])
                change = create(profile) if before is None else update(profile, before)
                change_set["profile_changes"] = [change]
            if assignment is not None:
                name, primary, others = assignment
                wanted = assign(name, primary or "a", *others, before=assigned.get(name))
                taken = take_away(name, assigned.get(name))
                change_set["assignment_changes"] = [wanted if primary is not None else taken]
            try:
                write_change_set(uow, kind, change_set, ResourceEdit(by=BOTH, now=1))
            except RegistryError:
                continue
            uow.commit()

    with uow:
        catalog = uow.resources.catalog(kind.catalog)
    profiles = {key: found.document for key, found in catalog.all(ResourceType.guidance_profile).items()}
    active = {key: found["kind"] for key, found in profiles.items() if not found["deprecated"]}
    for found in catalog.all(ResourceType.guidance_assignment).values():
        assert active[found.document["primary_profile_id"]] == "prompt_contract"
        assert {active[key] for key in found.document["supplemental_profile_ids"]} <= {"usage_recipe"}
    aliases = [alias.casefold() for found in profiles.values() for alias in found["aliases"]]
    assert len(set(aliases)) == len(aliases)
