"""What every unit of work must do, as a test class to be subclassed with a fixture that makes one."""

from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from types import MappingProxyType
from typing import Any, TypeAlias

import pytest

from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.audit import EMPTY_CHAIN, EventDraft, head_after, verify_chain
from horde_model_reference.domain.changes import (
    Change,
    ChangeFilter,
    ChangeStatus,
    Comment,
    Operation,
    RecordForm,
    ResourceKind,
)
from horde_model_reference.domain.errors import ChangeNotFoundError
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, ResourceType
from horde_model_reference.review.ports import (
    ApplyFailure,
    BatchSplit,
    FailureKind,
    JobOutcome,
    ResourceWrite,
    UnitOfWork,
)

UowFactory: TypeAlias = Callable[[], UnitOfWork]
"""Makes units of work on one and the same store, which is empty at first."""

APPROVER = Actor(user_id="2003", username="Appr#2003", roles=frozenset({Role.approver}))
REQUESTOR = Actor(user_id="1001", username="Req#1001", roles=frozenset({Role.requestor}))


def a_change(change_id: int = 1, **fields: Any) -> Change:
    """Return a pending create of an esrgan model, with other fields where they are given."""
    defaults: dict[str, Any] = {
        "category": "esrgan",
        "model_name": f"Model {change_id}",
        "operation": Operation.create,
        "requested_by": REQUESTOR.user_id,
        "requested_username": REQUESTOR.username,
        "requested_at": 1000,
        "updated_at": 1000,
        "payload": {"name": f"Model {change_id}"},
    }
    return Change(change_id=change_id, **(defaults | fields))


def a_draft(**fields: Any) -> EventDraft:
    """Return the event of a created esrgan model, with other fields where they are given."""
    defaults: dict[str, Any] = {
        "timestamp": 1000,
        "domain": RecordForm.v2,
        "category": "esrgan",
        "model_name": "A",
        "operation": Operation.create,
        "logical_user_id": "2003",
        "payload": {"after": {"name": "A"}},
    }
    return EventDraft(**(defaults | fields))


def a_baseline_write(
    key: str, document: Any = MappingProxyType({"metadata": {"revision": 7}})
) -> ResourceWrite:
    """Return the next version of an image baseline, as short as can be; None deletes it."""
    stored = None if document is None else dict(document)
    return ResourceWrite(resource_type=ResourceType.image_baseline, key=key, document=stored)


class UnitOfWorkContract:
    """Subclass it as ``Test…`` with a fixture ``new_uow`` that returns a `UowFactory`."""

    def test_what_is_committed_is_seen_by_the_next_unit_of_work(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
            uow.commit()

        with new_uow() as uow:
            head = uow.records.head("esrgan", "A")
        assert head is not None
        assert (head.serial, head.document, head.legacy) == (1, {"name": "A"}, None)

    def test_records_that_hold_a_text_are_found_as_they_are_now(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            for name, ids in (("A", ["a_1%"]), ("B", ["ab1c"]), ("C", ["a_1%"]), ("D", ["a_1%"])):
                uow.records.write("esrgan", name, {"name": name, "ids": ids}, None, "1001")
            uow.records.write("esrgan", "C", {"name": "C", "ids": []}, None, "1001")
            uow.records.write("esrgan", "D", None, None, "1001")
            uow.records.write("gfpgan", "Ä", {"name": "Ä", "ids": ["a_1%"]}, None, "1001")

            found = {(category, name) for category, name, _ in uow.records.mentioning('"a_1%"')}
            documents = {name: document for _, name, document in uow.records.mentioning('"a_1%"')}

        assert found == {("esrgan", "A"), ("gfpgan", "Ä")}
        assert documents["Ä"] == {"name": "Ä", "ids": ["a_1%"]}

    def test_nothing_lasts_without_a_commit(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
            uow.changes.save(a_change(uow.changes.next_id()))
            uow.batches.next_id()
            uow.jobs.save("job", "one 1", JobOutcome(applied_ids=(1,)))
            uow.audit.append(a_draft())

        with new_uow() as uow:
            assert uow.serial == 0
            assert uow.records.head("esrgan", "A") is None
            assert uow.changes.find(ChangeFilter()).total == 0
            assert uow.changes.next_id() == 1
            assert uow.batches.next_id() == 1
            assert uow.jobs.find("job", "one 1") is None
            assert uow.audit.head() == EMPTY_CHAIN

    def test_nothing_lasts_after_an_error(self, new_uow: UowFactory) -> None:
        def break_down(uow: UnitOfWork) -> None:
            with uow:
                uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
                raise RuntimeError("broken")

        with pytest.raises(RuntimeError, match="broken"):
            break_down(new_uow())

        with new_uow() as uow:
            assert uow.serial == 0

    def test_a_unit_of_work_can_be_entered_again(self, new_uow: UowFactory) -> None:
        uow = new_uow()
        for name in "AB":
            with uow:
                uow.records.write("esrgan", name, {"name": name}, None, "1001")
                uow.commit()

        with uow:
            assert uow.serial == 2

    def test_serials_have_no_gaps_over_all_categories(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            first = uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
            second = uow.records.write("clip", "A", {"name": "A"}, None, "1001")
            uow.commit()
        with new_uow() as uow:
            uow.records.write("esrgan", "lost", {"name": "lost"}, None, "1001")
        with new_uow() as uow:
            third = uow.records.write("esrgan", "A", {"name": "A", "version": "2"}, None, "1001")
            uow.commit()

        assert (first, second, third) == (1, 2, 3)

    def test_a_deleted_record_has_no_head_but_takes_a_serial(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
            serial = uow.records.write("esrgan", "A", None, None, "1001")
            uow.commit()

        with new_uow() as uow:
            assert serial == uow.serial == 2
            assert uow.records.head("esrgan", "A") is None
            assert uow.records.version(2) is None

    def test_old_versions_of_a_record_are_kept(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A"}, {"type": "old"}, "1001")
            uow.records.write("esrgan", "A", {"name": "A", "version": "2"}, None, "1001")
            uow.commit()

        with new_uow() as uow:
            first = uow.records.version(1)
            assert uow.records.version(3) is None
        assert first is not None
        assert (first.document, first.legacy) == ({"name": "A"}, {"type": "old"})

    def test_a_document_keeps_the_order_of_its_keys(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A", "b": 1, "a": {"z": 1.0, "y": "ü"}}, None, "1001")
            uow.commit()

        with new_uow() as uow:
            head = uow.records.head("esrgan", "A")
        assert head is not None
        assert str(head.document) == "{'name': 'A', 'b': 1, 'a': {'z': 1.0, 'y': 'ü'}}"

    def test_every_field_of_a_change_is_kept(self, new_uow: UowFactory) -> None:
        change = a_change(
            operation=Operation.update,
            payload={"z": 1, "a": [None, {"x": 1.5}]},
            base_serial=7,
            form=RecordForm.legacy,
            resource_kind=ResourceKind.text_guidance,
            resource_id="0b7a",
            status=ChangeStatus.applied,
            notes="note",
            batch_id=3,
            batch_title="title",
            approved_by="a",
            approved_username="A#a",
            approved_at=1,
            rejected_by="r",
            rejected_username="R#r",
            rejected_at=2,
            reject_reason="why",
            withdrawn_at=3,
            applied_at=4,
            applied_by="p",
            applied_username="P#p",
            applied_job_id="job",
            request_metadata={"route": "x"},
            related_models=("m", "n"),
            comments=(Comment(user_id="a", username="A#a", written_at=5, text="hm"),),
        )
        with new_uow() as uow:
            uow.changes.save(change)
            uow.commit()

        with new_uow() as uow:
            assert uow.changes.get(1) == change

    def test_numbers_of_changes_are_never_given_again(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.changes.save(a_change(uow.changes.next_id()).purge(APPROVER, now=2000))
            uow.commit()

        with new_uow() as uow:
            assert uow.changes.next_id() == 2

    @pytest.mark.parametrize("change_id", [1, 2, 2**63 - 1])
    def test_a_change_that_is_not_there_or_was_purged_is_not_found(
        self, new_uow: UowFactory, change_id: int
    ) -> None:
        with new_uow() as uow:
            uow.changes.save(a_change(1).purge(APPROVER, now=2000))
            uow.commit()

        with new_uow() as uow, pytest.raises(ChangeNotFoundError):
            uow.changes.get(change_id)

    @pytest.mark.parametrize(
        ("wanted", "found"),
        [
            (ChangeFilter(), [1, 2, 3]),
            (ChangeFilter(statuses=[ChangeStatus.approved]), [2]),
            (ChangeFilter(statuses=[ChangeStatus.approved, ChangeStatus.pending]), [1, 2, 3]),
            (ChangeFilter(categories=["clip", "blip"]), [3]),
            (ChangeFilter(requested_by=["5"]), [3]),
            (ChangeFilter(not_requested_by="5"), [1, 2]),
            (ChangeFilter(requested_username="req#"), [1, 2]),
            (ChangeFilter(requested_username="%"), [3]),
            (ChangeFilter(batch_id=9), [2]),
            (ChangeFilter(model_name="up_a"), [1]),
            (ChangeFilter(model_name="%"), []),
            (ChangeFilter(model_name="UP", categories=["esrgan"]), [1, 2]),
        ],
    )
    def test_a_filter_selects_changes_by_rising_number(
        self, new_uow: UowFactory, wanted: ChangeFilter, found: list[int]
    ) -> None:
        with new_uow() as uow:
            somebody = {"requested_by": "5", "requested_username": "Half%#5"}
            uow.changes.save(a_change(3, model_name="UpC", category="clip", **somebody))
            uow.changes.save(a_change(2, model_name="UpXA", status=ChangeStatus.approved, batch_id=9))
            uow.changes.save(a_change(1, model_name="Up_A"))
            uow.changes.save(a_change(4, model_name="UpD").purge(APPROVER, now=2000))
            uow.commit()

        with new_uow() as uow:
            page = uow.changes.find(wanted)
        assert ([change.change_id for change in page.items], page.total) == (found, len(found))

    def test_a_page_of_changes_says_how_many_there_are(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            for change_id in (1, 2, 3):
                uow.changes.save(a_change(change_id))
            uow.commit()

        with new_uow() as uow:
            page = uow.changes.find(ChangeFilter(), offset=1, limit=1)
        assert ([change.change_id for change in page.items], page.total) == ([2], 3)

    def test_the_open_batch_is_that_of_the_approved_changes(self, new_uow: UowFactory) -> None:
        approved = a_change().approve(APPROVER, now=2000, batch_id=4, batch_title="t")
        with new_uow() as uow:
            none = uow.batches.open_id()
            uow.changes.save(approved)
            some = uow.batches.open_id()
            uow.changes.save(approved.apply(APPROVER, now=3000, job_id="j"))
            after = uow.batches.open_id()

        assert (none, some, after) == (None, 4, None)

    def test_the_outcome_of_a_job_is_kept_per_request(self, new_uow: UowFactory) -> None:
        outcome = JobOutcome(
            applied_ids=(1, 2),
            failure=ApplyFailure(change_id=3, kind=FailureKind.conflict, message="moved"),
            split=BatchSplit(original_batch_id=1, new_batch_id=2, reassigned_change_ids=(3,)),
        )
        with new_uow() as uow:
            uow.jobs.save("job", "batch 1", outcome)
            uow.commit()

        with new_uow() as uow:
            assert uow.jobs.find("job", "batch 1") == outcome
            assert uow.jobs.find("job", "batch 2") is None
            assert uow.jobs.find("other", "batch 1") is None

    def test_appended_events_form_a_chain_with_the_recorded_end(self, new_uow: UowFactory) -> None:
        for serial in (1, 2, 3):
            with new_uow() as uow:
                uow.audit.append(a_draft(serial=serial, payload={"after": {"n": serial, "x": 1.0, "a": "ü"}}))
                uow.commit()

        with new_uow() as uow:
            events, head = list(uow.audit.events()), uow.audit.head()
        assert [event.event_id for event in events] == [1, 2, 3]
        assert head == head_after(events[-1])
        assert verify_chain(events, head=head) is None

    def test_only_one_unit_of_work_writes_at_a_time(self, new_uow: UowFactory) -> None:
        def write() -> None:
            with new_uow() as uow:
                change = a_change(uow.changes.next_id())
                uow.changes.save(replace(change, base_serial=uow.serial))
                uow.records.write("esrgan", change.model_name, {"name": "x"}, None, "1001")
                uow.commit()

        threads = [Thread(target=write) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        with new_uow() as uow:
            changes = uow.changes.find(ChangeFilter()).items
            assert uow.serial == 6
        assert [(change.change_id, change.base_serial) for change in changes] == [
            (n + 1, n) for n in range(6)
        ]

    def test_an_untouched_catalogue_shows_what_is_bundled(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            baselines = uow.resources.catalog(CatalogName.image_baselines)
            licensing = uow.resources.catalog(CatalogName.licensing)
            guidance = uow.resources.catalog(CatalogName.text_guidance)

        assert baselines.metadata == CatalogMetadata(revision=1, updated_at=None)
        assert baselines.serial == 0
        assert len(baselines.all(ResourceType.image_baseline)) == 13
        assert len(licensing.all(ResourceType.license_definition)) == 16
        assert len(licensing.all(ResourceType.licensed_asset)) == 6
        assert guidance.all(ResourceType.guidance_profile) == {}

    def test_a_catalogue_goes_on_from_what_is_bundled(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            serials = uow.resources.write(
                CatalogName.image_baselines,
                [a_baseline_write("new"), a_baseline_write("flux_1"), a_baseline_write("infer", None)],
                author="2003",
            )
            uow.commit()

        with new_uow() as uow:
            catalog = uow.resources.catalog(CatalogName.image_baselines)
            assert uow.serial == 3
        assert list(serials) == [1, 2, 3]
        assert (catalog.metadata.revision, catalog.serial) == (2, 3)
        found = catalog.all(ResourceType.image_baseline)
        assert list(found) == sorted(found)
        assert len(found) == 13
        assert found["new"].document == found["flux_1"].document == {"metadata": {"revision": 7}}
        assert "infer" not in found

    def test_catalogues_share_the_serial_and_have_revisions_of_their_own(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
            uow.resources.write(CatalogName.image_baselines, [a_baseline_write("new")], author="2003")
            uow.records.write("esrgan", "A", {"name": "A", "version": "2"}, None, "1001")
            uow.resources.write(CatalogName.image_baselines, [a_baseline_write("new", None)], author="2003")
            uow.commit()

        with new_uow() as uow:
            assert uow.serial == 4
            catalog = uow.resources.catalog(CatalogName.image_baselines)
            assert (catalog.metadata.revision, catalog.serial) == (3, 4)
            assert uow.resources.catalog(CatalogName.licensing).metadata.revision == 1

    def test_side_resources_do_not_last_without_a_commit(self, new_uow: UowFactory) -> None:
        with new_uow() as uow:
            uow.resources.write(CatalogName.image_baselines, [a_baseline_write("new")], author="2003")

        with new_uow() as uow:
            assert uow.serial == 0
            assert uow.resources.catalog(CatalogName.image_baselines).metadata.revision == 1
