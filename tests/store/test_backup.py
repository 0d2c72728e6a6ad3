"""A store goes into one file and comes back from it whole, on either kind of database."""

import gzip
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import a_write
from postgres_server import NewStore, PostgresServer
from review_desk import Desk
from typer.testing import CliRunner

from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.cli.main import app
from horde_model_reference.domain.audit import event_to_line
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.changes import ChangeFilter
from horde_model_reference.domain.errors import (
    ConflictError,
    StoreDamagedError,
    StoreTooNewError,
)
from horde_model_reference.store.backup import restore_backup, write_backup
from horde_model_reference.store.store import Store


def fill(store: Store) -> None:
    with store.transaction() as transaction:
        transaction.write(
            Category.esrgan, [a_write("Ä", legacy='{"name":"Ä"}'), a_write("B")], author="import"
        )
        transaction.write(Category.clip, [a_write("clip")], author="import")
    desk = Desk(store.unit_of_work)
    desk.propose("C", description="\U0001f600")
    desk.deletions("B")
    desk.propose("D")
    desk.decide(approve=[1, 2])
    desk.apply_many(1, 2, job_id="job")
    desk.comment(3, "hm")


def everything(store: Store) -> dict[str, Any]:
    """Return all that a store gives to those who ask."""
    catalog = Catalog(store, at_one_moment=store.at_one_moment)
    catalog.refresh()
    snapshots = {category: catalog.snapshot(category) for category in Category}
    with store.review_view() as view:
        return {
            "bodies": {
                category: (snapshot.revision, snapshot.modified_at, snapshot.v2.tag, snapshot.v2.content)
                for category, snapshot in snapshots.items()
                if snapshot is not None
            },
            "v1": {
                category: snapshot.v1.content
                for category, snapshot in snapshots.items()
                if snapshot is not None and snapshot.v1 is not None
            },
            "history": store.history(Category.esrgan, "B"),
            "counters": {name: store.counters(name) for name in ("v1", "v2")},
            "changes": view.changes.find(ChangeFilter()),
            "job": view.jobs.find("job", "many 1,2"),
            "events": [event_to_line(event) for event in view.audit.events()],
            "head": view.audit.head(),
            "serial": view.serial,
            "next": (view.changes.next_id(), view.batches.open_id()),
        }


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'restored.sqlite'}"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_bare_database()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup of a filled store on SQLite."""
    store = Store.open(tmp_path / "source.sqlite")
    fill(store)
    write_backup(store, tmp_path / "backup.jsonl.gz")
    store.close()
    return tmp_path / "backup.jsonl.gz"


def altered(file: Path, change: Callable[[bytes], bytes]) -> Path:
    file.write_bytes(gzip.compress(change(gzip.decompress(file.read_bytes()))))
    return file


def test_a_restored_store_gives_every_byte_that_the_first_gave(
    store: Store, empty_url: str, tmp_path: Path
) -> None:
    fill(store)
    write_backup(store, tmp_path / "backup")

    restore_backup(empty_url, tmp_path / "backup")

    restored = Store.open(empty_url)
    assert everything(restored) == everything(store)
    assert restored.check() == []
    restored.close()


def test_a_restored_store_goes_on_where_the_first_ended(file: Path, empty_url: str) -> None:
    restore_backup(empty_url, file)

    store = Store.open(empty_url)
    desk = Desk(store.unit_of_work)
    assert desk.propose("E").change_id == 4
    desk.decide(approve=[3])
    assert desk.apply(3).applied[0].batch_id == 2
    assert desk.serial() == 6
    store.close()


def test_the_same_store_gives_the_same_file_on_both_databases(
    file: Path, new_store: NewStore, empty_url: str, tmp_path: Path
) -> None:
    restore_backup(empty_url, file)
    store = new_store(empty_url)

    write_backup(store, tmp_path / "again")

    assert (tmp_path / "again").read_bytes() == file.read_bytes()


def test_a_new_store_without_records_can_be_restored_into(file: Path, store: Store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    store.close()

    restore_backup(url, file)

    restored = Store.open(url)
    assert restored.serial() == 5
    restored.close()


def test_nothing_is_restored_over_data(file: Path, store: Store) -> None:
    fill(store)

    with pytest.raises(ConflictError, match="not empty"):
        restore_backup(store.engine.url.render_as_string(hide_password=False), file)

    assert store.serial() == 5


def cut(text: bytes) -> bytes:
    return text[: len(text) // 2]


@pytest.mark.parametrize(
    "change",
    [
        cut,
        lambda text: b"",
        lambda text: text.replace(b"import", b"imp0rt"),
        lambda text: b"\n".join(text.split(b"\n")[:5] + text.split(b"\n")[6:]),
        lambda text: text.replace(b"backup", b"cookup"),
    ],
)
def test_an_altered_or_cut_backup_is_refused_as_a_whole(
    file: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    altered(file, change)

    with pytest.raises(StoreDamagedError):
        restore_backup(tmp_path / "new.sqlite", file)

    assert not (tmp_path / "new.sqlite").exists()


def unpacked(packed: bytes) -> bytes | None:
    try:
        return gzip.decompress(packed)
    except (EOFError, OSError, zlib.error):
        return None


def test_a_backup_with_a_damaged_byte_is_refused_wherever_that_is(file: Path, tmp_path: Path) -> None:
    whole = file.read_bytes()
    text = gzip.decompress(whole)
    after_the_header = 10
    refused = 0

    for place in range(after_the_header, len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        # Seldom a damaged reference points to the same text in another place: then nothing is lost.
        if unpacked(damaged) != text:
            file.write_bytes(damaged)
            with pytest.raises(StoreDamagedError):
                restore_backup(tmp_path / "new.sqlite", file)
            refused += 1

    assert refused > 0.99 * (len(whole) - after_the_header)
    assert not (tmp_path / "new.sqlite").exists()


def test_a_file_that_is_no_backup_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("hello\n")

    with pytest.raises(StoreDamagedError, match="backup"):
        restore_backup(tmp_path / "new.sqlite", other)


def test_a_backup_of_a_newer_release_is_refused(file: Path, tmp_path: Path) -> None:
    altered(file, lambda text: text.replace(b'"version":1', b'"version":9', 1))

    with pytest.raises(StoreTooNewError):
        restore_backup(tmp_path / "new.sqlite", file)


def test_a_backup_is_taken_while_somebody_writes(store: Store, empty_url: str, tmp_path: Path) -> None:
    fill(store)

    with store.unit_of_work() as writer:
        writer.records.write("esrgan", "uncommitted", {"name": "x"}, None, "1")
        write_backup(store, tmp_path / "backup")
        writer.commit()

    restore_backup(empty_url, tmp_path / "backup")
    restored = Store.open(empty_url)
    assert restored.serial() == 5
    restored.close()


def test_the_commands_back_up_and_restore_a_data_folder(tmp_path: Path) -> None:
    run = CliRunner()
    store = Store.open(tmp_path / "old" / "registry.sqlite3")
    store.close()

    for command in (
        ["backup", str(tmp_path / "b"), "--data-dir", str(tmp_path / "old")],
        ["restore", str(tmp_path / "b"), "--data-dir", str(tmp_path / "new"), "--json"],
        ["audit", "verify", "--data-dir", str(tmp_path / "new")],
    ):
        result = run.invoke(app, command)
        assert result.exit_code == 0, result.output

    again = run.invoke(app, ["restore", str(tmp_path / "nothing"), "--data-dir", str(tmp_path / "new")])
    assert again.exit_code == 2
