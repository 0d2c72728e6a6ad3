"""What applying a change moves beside the record: bookkeeping, pages and the cost of a long queue."""

import sqlalchemy as sa
from postgres_server import NewStore
from review_contract import a_change, a_draft
from review_desk import Desk

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ChangeFilter, ChangeStatus, Operation, RecordForm
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import ChangeRow


def test_an_applied_change_is_counted_for_its_category(new_store: NewStore) -> None:
    store = new_store(clock=lambda: 7)
    desk = Desk(store.unit_of_work)
    desk.propose("A")
    desk.decide(approve=[1])
    desk.apply(1)

    counted = store.counters("v2")[Category.esrgan]
    assert (counted.total_creates, counted.total_updates, counted.total_models) == (1, 0, 1)
    assert (counted.last_operation_type, counted.last_operation_model) == ("create", "A")
    assert counted.last_updated == counted.last_successful_operation == 1002
    assert counted.initialization_time == 7
    assert store.counters("v1")[Category.esrgan].total_creates == 0


def test_the_author_of_a_version_is_who_proposed_it(store: Store) -> None:
    desk = Desk(store.unit_of_work)
    desk.propose("A")
    desk.decide_and_apply(approve=[1])

    (change,) = store.last_changes(limit=9)
    assert (change.name, change.author) == ("A", "1001")


def test_later_operations_of_a_category_are_added_up(store: Store) -> None:
    with store.unit_of_work() as uow:
        for serial, operation in enumerate((Operation.create, Operation.update, Operation.update), 1):
            uow.audit.append(
                a_draft(serial=serial, timestamp=serial, operation=operation, domain=RecordForm.legacy)
            )
        uow.commit()

    counted = store.counters("v1")[Category.esrgan]
    assert (counted.total_creates, counted.total_updates, counted.last_updated) == (1, 2, 3)


def test_events_about_the_queue_are_not_counted(store: Store) -> None:
    Desk(store.unit_of_work).propose("A")

    assert store.counters("v2")[Category.esrgan].total_creates == 0


def test_a_refused_change_is_not_counted(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.audit.append(a_draft(serial=1))

    assert store.counters("v2")[Category.esrgan].total_creates == 0


def test_a_page_of_a_long_queue_is_found_through_an_index(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.changes.save(a_change(1))
        uow.commit()
    with store.engine.begin() as connection:
        first = connection.execute(sa.select(ChangeRow.__table__)).mappings().one()
        others = [{**first, "change_id": n, "model_name": f"Model {n}"} for n in range(2, 2001)]
        connection.execute(sa.insert(ChangeRow), others)

    with store.review_view() as view:
        page = view.changes.find(ChangeFilter(statuses=[ChangeStatus.pending]), offset=1990, limit=5)
        none = view.changes.find(ChangeFilter(statuses=[ChangeStatus.approved]), limit=5)

    assert [change.change_id for change in page.items] == [1991, 1992, 1993, 1994, 1995]
    assert (page.total, none.total) == (2000, 0)


def test_the_open_batch_is_not_looked_for_in_the_whole_queue(store: Store) -> None:
    query = sa.select(ChangeRow.batch_id).where(ChangeRow.status == "approved").limit(1)
    text = str(query.compile(store.engine, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if store.engine.dialect.name == "sqlite" else "EXPLAIN"

    with store.engine.begin() as connection:
        if store.engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = str(connection.exec_driver_sql(f"{explain} {text}").all())

    assert "ix_changes_status_category" in plan
