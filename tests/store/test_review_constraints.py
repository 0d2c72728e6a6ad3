"""What the database itself refuses, whichever way a caller got there."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from review_contract import APPROVER, REQUESTOR, a_change, a_draft
from sqlalchemy.exc import IntegrityError

from horde_model_reference.domain.changes import Change, ChangeStatus
from horde_model_reference.domain.errors import (
    InvalidTransitionError,
    NotPermittedError,
)
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import ChangeRow, RecordVersionRow


def approved(**fields: Any) -> Change:
    return a_change(**fields).approve(APPROVER, now=2000, batch_id=1, batch_title="t")


def applied(**fields: Any) -> Change:
    return approved(**fields).apply(APPROVER, now=3000, job_id="job")


def save(store: Store, *changes: Change, allow_self_approval: bool = False) -> None:
    with store.unit_of_work(allow_self_approval=allow_self_approval) as uow:
        for change in changes:
            uow.changes.save(change)
        uow.commit()


def run(store: Store, statement: str) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement)


def reset(store: Store, status: ChangeStatus) -> None:
    nobody = {"applied_by": None, "applied_at": None, "applied_job_id": None}
    with store.engine.begin() as connection:
        connection.execute(sa.update(ChangeRow).values(status=status.value, **nobody))


def write_record(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.records.write("esrgan", "A", {"name": "A"}, None, "1001")
        uow.audit.append(a_draft(serial=1))
        uow.commit()


@pytest.mark.parametrize(
    "own",
    [
        approved(requested_by=APPROVER.user_id),
        replace(applied(), approved_by="other", requested_by=APPROVER.user_id),
    ],
)
def test_nobody_is_stored_as_approver_or_applier_of_their_own_change(store: Store, own: Change) -> None:
    with pytest.raises(NotPermittedError, match="own change"):
        save(store, own)


def test_what_people_approved_themselves_while_that_was_allowed_stays(store: Store) -> None:
    own = approved(requested_by=APPROVER.user_id)
    save(store, own, allow_self_approval=True)

    save(store, own.comment(REQUESTOR, now=4000, text="hm"))

    with store.unit_of_work() as uow:
        assert len(uow.changes.get(1).comments) == 1


def test_an_old_approval_of_ones_own_does_not_let_one_apply_later(store: Store) -> None:
    own = approved(requested_by=APPROVER.user_id)
    save(store, own, allow_self_approval=True)

    with pytest.raises(NotPermittedError):
        save(store, own.apply(APPROVER, now=4000, job_id="job"))


@pytest.mark.parametrize(
    "contradiction",
    [
        a_change(payload=None),
        a_change(approved_by="2003"),
        a_change(batch_id=3),
        a_change(applied_by="2003"),
        a_change(status=ChangeStatus.approved),
        a_change(status=ChangeStatus.rejected),
        a_change(status=ChangeStatus.withdrawn),
        a_change(status=ChangeStatus.purged),
        a_change(change_id=0),
        replace(applied(), approved_by=None),
        replace(applied(), applied_by=None),
        replace(applied(), applied_job_id=None),
        replace(applied(), batch_id=None),
        replace(a_change().purge(APPROVER, now=2000), payload={"name": "A"}),
    ],
)
def test_a_change_that_contradicts_itself_is_refused(store: Store, contradiction: Change) -> None:
    with pytest.raises(InvalidTransitionError, match="database refuses"):
        save(store, contradiction)


@pytest.mark.parametrize("status", [ChangeStatus.pending, ChangeStatus.approved])
def test_an_applied_change_does_not_come_back(store: Store, status: ChangeStatus) -> None:
    save(store, applied())

    with pytest.raises(IntegrityError, match="came to an end"):
        reset(store, status)


def test_a_purged_change_stays_a_tombstone(store: Store) -> None:
    save(store, a_change().purge(APPROVER, now=2000))

    with pytest.raises(InvalidTransitionError, match="end already"):
        save(store, a_change())


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record_versions SET author = 'somebody else'",
        "DELETE FROM record_versions",
        "UPDATE audit_events SET logical_user_id = 'somebody else'",
        "DELETE FROM audit_events",
    ],
)
def test_what_happened_can_neither_be_altered_nor_deleted(store: Store, statement: str) -> None:
    write_record(store)

    with pytest.raises(IntegrityError, match="never altered or deleted"):
        run(store, statement)


def test_a_change_is_never_deleted(store: Store) -> None:
    save(store, a_change())

    with pytest.raises(IntegrityError, match="never deleted"):
        run(store, "DELETE FROM changes")


def test_no_two_versions_of_a_record_replace_the_same_one(store: Store) -> None:
    write_record(store)

    values = {"serial": 2, "category": "esrgan", "name": "A", "operation": "create", "document": "{}"}
    row = {**values, "author": "x", "recorded_at": 1, "previous_serial": 0}
    with store.transaction() as transaction, pytest.raises(IntegrityError):
        transaction.connection.execute(sa.insert(RecordVersionRow).values(**row))


def test_each_version_names_the_one_that_it_replaces_also_across_a_deletion(store: Store) -> None:
    with store.unit_of_work() as uow:
        for document in ({"name": "A"}, {"name": "A", "version": "2"}, None, {"name": "A"}):
            uow.records.write("esrgan", "A", document, None, "1001")
            uow.records.write("esrgan", "B" if document else "A2", {"name": "B"}, None, "1001")
        uow.commit()

    with store.engine.connect() as connection:
        query = sa.select(RecordVersionRow.serial, RecordVersionRow.previous_serial)
        rows = connection.execute(query.where(RecordVersionRow.name == "A")).all()
    assert [tuple(row) for row in sorted(rows)] == [(1, 0), (3, 1), (5, 3), (7, 5)]


def test_a_unit_of_work_is_not_used_outside_its_block(store: Store) -> None:
    uow = store.unit_of_work()
    with uow:
        uow.commit()
        with pytest.raises(RuntimeError, match="inside its with block"):
            _ = uow.records
    with pytest.raises(RuntimeError, match="inside its with block"):
        _ = uow.changes


def test_a_view_reads_while_somebody_writes_and_can_not_commit(store: Store) -> None:
    write_record(store)

    with store.unit_of_work() as writer:
        writer.records.write("esrgan", "B", {"name": "B"}, None, "1001")
        with store.review_view() as view:
            assert view.serial == 1
            assert view.records.head("esrgan", "B") is None

    def commit_a_view() -> None:
        with store.review_view() as view:
            view.commit()

    with pytest.raises(RuntimeError, match="nothing to commit"):
        commit_a_view()


def test_the_columns_of_a_change_are_its_fields(store: Store) -> None:
    save(store, a_change(model_name="ÄPFEL"))

    with store.engine.connect() as connection:
        row = connection.execute(sa.select(ChangeRow.folded_name, ChangeRow.self_approved)).one()
    assert tuple(row) == ("äpfel", False)
