"""Change sets to the image baselines: what they may do, and what they do when they are applied."""

from typing import Any

import pytest
from fakes import MemoryDatabase, MemoryUnitOfWork
from hypothesis import given
from hypothesis import strategies as st
from review_desk import BOTH, Desk

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.changes import ChangeStatus, Operation, ResourceKind
from horde_model_reference.domain.errors import InvalidRecordError, RegistryError, RevisionConflictError
from horde_model_reference.domain.resources import CatalogName, ResourceType
from horde_model_reference.review import steps
from horde_model_reference.review.baseline_changes import BaselineChangeSets
from horde_model_reference.review.change_sets import write_change_set
from horde_model_reference.review.payloads import Proposal
from horde_model_reference.review.policy import ReviewRules
from horde_model_reference.review.resources import ResourceEdit

RULES = ReviewRules(follows_catalogs=True, change_sets={ResourceKind.image_baseline: BaselineChangeSets()})
REQUESTOR = Actor(user_id="1001", username="Req#1001", roles=frozenset({Role.requestor}))


@pytest.fixture
def desk() -> Desk:
    database = MemoryDatabase()
    return Desk(lambda: MemoryUnitOfWork(database), RULES)


def upsert(name: str, *, before: Any = None, **fields: Any) -> dict[str, Any]:
    return {
        "operation": "upsert",
        "name": name,
        "record": {"name": name, **fields},
        "expected_before": before,
    }


def delete(name: str, before: Any) -> dict[str, Any]:
    return {"operation": "delete", "name": name, "expected_before": before}


def stored(desk: Desk, name: str) -> Any:
    with desk.uow as uow:
        found = uow.resources.catalog(CatalogName.image_baselines).all(ResourceType.image_baseline).get(name)
    return None if found is None else found.document


def propose(desk: Desk, *changes: dict[str, Any]) -> int:
    proposal = Proposal(
        category="image_generation",
        model_name="baseline:1",
        operation=Operation.update,
        resource_kind=ResourceKind.image_baseline,
        payload={"title": "t", "changes": list(changes)},
    )
    return steps.propose(desk.uow, proposal, actor=REQUESTOR, now=5, rules=RULES).change_id


def apply(desk: Desk, *changes: dict[str, Any]) -> None:
    change_id = propose(desk, *changes)
    desk.decide(approve=[change_id])
    desk.apply(change_id)


def test_a_change_set_is_applied_as_one(desk: Desk) -> None:
    apply(desk, upsert("lumen", native_resolution=768), upsert("umbra", alternative_names=["shade"]))

    assert stored(desk, "lumen")["native_resolution"] == 768
    assert stored(desk, "umbra")["alternative_names"] == ["shade"]
    with desk.uow as uow:
        assert uow.resources.catalog(CatalogName.image_baselines).metadata.revision == 2
    kinds = [(event["category"], event["operation"]) for event in desk.events()]
    assert kinds[-3:] == [
        ("image_baseline", "create"),
        ("image_baseline", "create"),
        ("pending_queue", "update"),
    ]
    told = desk.events()[-1]["payload"]["after"]
    assert (told["action"], told["first_serial"], told["last_serial"]) == ("apply", 1, 2)


def test_what_was_there_has_to_be_what_the_proposer_saw(desk: Desk) -> None:
    apply(desk, upsert("lumen"))
    seen = stored(desk, "lumen")
    apply(desk, upsert("lumen", before=seen, display_name="Lumen"))

    with pytest.raises(RevisionConflictError):
        propose(desk, upsert("lumen", before=seen, display_name="Other"))
    with pytest.raises(RevisionConflictError):
        propose(desk, upsert("lumen", display_name="Other"))
    with pytest.raises(RevisionConflictError):
        propose(desk, delete("lumen", None))
    with pytest.raises(RevisionConflictError):
        propose(desk, upsert("new", before=seen))
    assert stored(desk, "lumen")["metadata"]["revision"] == 2


def test_it_is_checked_again_when_it_is_applied(desk: Desk) -> None:
    first, second = propose(desk, upsert("lumen", display_name="A")), propose(desk, upsert("lumen"))
    desk.decide(approve=[first, second])
    desk.apply(first)

    with pytest.raises(RevisionConflictError):
        desk.apply(second)
    assert stored(desk, "lumen")["display_name"] == "A"


def test_a_change_set_whose_end_is_there_already_is_applied_without_a_trace(desk: Desk) -> None:
    ids = [propose(desk, upsert("lumen", display_name="A")) for _ in range(2)]
    desk.decide(approve=ids)
    desk.apply(ids[0])
    serial = desk.serial()

    desk.apply(ids[1])

    assert desk.serial() == serial
    assert {change.status for change in desk.changes()} == {ChangeStatus.applied}


@pytest.mark.parametrize(
    "changes",
    [
        [delete("nothing", None)],
        [{"operation": "upsert", "name": "lumen"}],
        [upsert("lumen") | {"name": "umbra"}],
        [upsert("lumen", alternative_names=["SD15"])],
        [upsert("lumen", alternative_names=["flux_1"])],
        [upsert("SDXL")],
        [upsert("lumen", alternative_names=["x"]), upsert("umbra", alternative_names=["x"])],
        [upsert("lumen", alternative_names=["umbra"]), upsert("umbra")],
        [upsert("lumen"), upsert("lumen")],
        [upsert("a/b")],
        [upsert("export")],
        [upsert("change-sets")],
        [upsert(" padded")],
        [upsert("lumen", alternative_names=["a\0b"])],
        [upsert("lumen", alternative_names=[""])],
        [upsert("lumen", alternative_names=[" lumen one"])],
    ],
)
def test_what_makes_no_sense_is_refused(desk: Desk, changes: list[dict[str, Any]]) -> None:
    with pytest.raises(InvalidRecordError):
        propose(desk, *changes)

    assert desk.changes() == []


def test_a_name_may_move_from_one_baseline_to_another_at_once(desk: Desk) -> None:
    flux = stored(desk, "flux_dev")

    apply(
        desk,
        upsert("flux_dev", before=flux),
        upsert("lumen", alternative_names=["flux dev"]),
    )

    assert stored(desk, "lumen")["alternative_names"] == ["flux dev"]


@pytest.mark.parametrize("spelling", ["stable_diffusion_xl", "SDXL"])
def test_a_baseline_that_a_model_names_is_not_deleted(desk: Desk, spelling: str) -> None:
    with desk.uow as uow:
        uow.records.write("image_generation", "M", {"name": "M", "baseline": spelling}, None, "1")
        uow.commit()

    with pytest.raises(InvalidRecordError, match="used by 'M'"):
        propose(desk, delete("stable_diffusion_xl", stored(desk, "stable_diffusion_xl")))
    propose(desk, delete("flux_1", stored(desk, "flux_1")))


def test_a_baseline_that_is_proposed_for_a_model_is_not_deleted(desk: Desk) -> None:
    removal = propose(desk, delete("flux_1", stored(desk, "flux_1")))
    payload = {"name": "M", "record_type": "image_generation", "baseline": "flux_1"}
    model = Proposal(category="image_generation", model_name="M", operation=Operation.create, payload=payload)
    change = steps.propose(desk.uow, model, actor=REQUESTOR, now=5, rules=RULES)
    desk.decide(approve=[removal])

    with pytest.raises(InvalidRecordError, match="used by 'M'"):
        desk.apply(removal)
    steps.withdraw(desk.uow, change.change_id, actor=REQUESTOR, now=6, rules=RULES)
    desk.apply(removal)

    assert stored(desk, "flux_1") is None
    with pytest.raises(InvalidRecordError, match="flux_1"):
        steps.propose(desk.uow, model, actor=REQUESTOR, now=7, rules=RULES)


_NAMES = st.sampled_from(["a", "b", "c", "SDXL", "flux_1"])


@given(st.lists(st.tuples(_NAMES, st.booleans(), st.lists(_NAMES, max_size=2)), max_size=12))
def test_no_name_ever_means_two_baselines(edits: list[tuple[str, bool, list[str]]]) -> None:
    uow = MemoryUnitOfWork(MemoryDatabase())
    kind = BaselineChangeSets()
    for name, is_removed, others in edits:
        with uow:
            found = uow.resources.catalog(kind.catalog).all(ResourceType.image_baseline).get(name)
            before = None if found is None else found.document
            change = (
                delete(name, before) if is_removed else upsert(name, before=before, alternative_names=others)
            )
            try:
                write_change_set(uow, kind, {"title": "t", "changes": [change]}, ResourceEdit(by=BOTH, now=1))
            except RegistryError:
                continue
            uow.commit()

    with uow:
        catalog = uow.resources.catalog(kind.catalog).all(ResourceType.image_baseline)
    owners: dict[str, set[str]] = {}
    for key, resource in catalog.items():
        for name in (key, *resource.document["alternative_names"]):
            owners.setdefault(name, set()).add(key)
    assert {name: found for name, found in owners.items() if len(found) > 1} == {}
