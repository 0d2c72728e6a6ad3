"""From the schema before the review to the one with it, on a filled database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from postgres_server import PostgresServer
from review_contract import a_change

from horde_model_reference.domain.audit import EMPTY_CHAIN
from horde_model_reference.domain.categories import Category
from horde_model_reference.store import migrations
from horde_model_reference.store.engine import create_engine, write_transaction
from horde_model_reference.store.store import Store
from horde_model_reference.store.tables import RecordVersionRow, Table

_ROWS: dict[str, list[dict[str, object]]] = {
    "registry": [{"id": 1, "serial": 4, "initialized_at": 5}],
    "categories": [{"name": "esrgan", "revision": 4, "modified_at": 9, "initialized_at": 5}],
    "record_versions": [
        {"serial": 1, "name": "A", "operation": "create", "document": '{"name":"A"}'},
        {"serial": 2, "name": "B", "operation": "create", "document": '{"name":"B"}'},
        {"serial": 3, "name": "A", "operation": "delete", "document": None},
        {"serial": 4, "name": "A", "operation": "create", "document": '{"name":"A","version":"2"}'},
    ],
    "records": [
        {"category": "esrgan", "name": "B", "position": 2, "serial": 2},
        {"category": "esrgan", "name": "A", "position": 3, "serial": 4},
    ],
}
_OF_ALL_VERSIONS = {"category": "esrgan", "author": "import", "recorded_at": 9}


def fill_first_schema(url: str) -> None:
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(str(migrations.__file__)).parent))
    with write_transaction(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for table, rows in _ROWS.items():
            common = _OF_ALL_VERSIONS if table == "record_versions" else {}
            for row in rows:
                columns = {**common, **row}
                clause = sa.table(table, *map(sa.column, columns))
                connection.execute(sa.insert(clause).values(**columns))
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'old.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_bare_database()


def test_a_filled_database_is_upgraded_and_goes_on(bare_url: str) -> None:
    fill_first_schema(bare_url)

    store = Store.open(bare_url)

    with store.engine.connect() as connection:
        query = sa.select(RecordVersionRow.serial, RecordVersionRow.previous_serial)
        chain = connection.execute(query.order_by(RecordVersionRow.serial)).all()
    assert [tuple(row) for row in chain] == [(1, 0), (2, 0), (3, 1), (4, 3)]
    assert [record.name for record in store.records(Category.esrgan)] == ["B", "A"]
    with store.unit_of_work() as uow:
        assert uow.audit.head() == EMPTY_CHAIN
        uow.changes.save(a_change(uow.changes.next_id()))
        assert uow.batches.next_id() == 1
        assert uow.records.write("esrgan", "A", {"name": "A"}, None, "1001") == 5
        uow.commit()
    assert store.check() == []
    store.close()


def test_the_migrations_make_the_checks_that_the_tables_name(new_url: Callable[[], str]) -> None:
    engine = sa.create_engine(new_url())

    made = {
        str(check["name"])
        for table in Table.metadata.sorted_tables
        for check in sa.inspect(engine).get_check_constraints(table.name)
    }

    engine.dispose()
    named = {
        str(constraint.name)
        for table in Table.metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    }
    assert made == named


def test_several_processes_that_start_at_once_create_the_tables_once(bare_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(Store.open, [bare_url] * 4))

    assert [store.serial() for store in stores] == [0] * 4
    for store in stores:
        store.close()
