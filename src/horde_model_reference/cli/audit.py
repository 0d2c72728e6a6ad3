"""`audit`: does the trail hold, what does it say, and what were the records at some time?"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from horde_model_reference.bootstrap import open_store
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    errors_as_lines,
    fail,
    note,
    primary_settings,
    print_json,
    say,
)
from horde_model_reference.cli.options import LARGEST_NUMBER, AsJson, DataDir
from horde_model_reference.domain.audit import AuditEvent, event_to_json, event_to_line
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.json_values import same_json
from horde_model_reference.domain.resources import RESOURCE_TYPE_NAMES, ResourceType
from horde_model_reference.sources.copy_folder import replacing

if TYPE_CHECKING:
    from horde_model_reference.domain.changes import Document
    from horde_model_reference.store.store import Store

app = typer.Typer(name="audit", help="Verify, read, replay and export the audit trail.", no_args_is_help=True)


@app.command(epilog=EXIT_CODES_HELP)
def verify(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Check every event of the trail, and that the stored versions are those that it tells of.

    Ends with 1 where an event was edited, removed, added or moved.

    Example: hmr audit verify
    """
    with _store(data_dir) as store:
        from horde_model_reference.store.audit import verify_audit

        report = verify_audit(store)
    fault = report.fault
    if as_json:
        told = None if fault is None else {"event_id": fault.event_id, "reason": fault.reason}
        print_json({"events": report.head.count, "last_hash": report.head.hash, "fault": told})
    elif fault is None:
        say(f"The audit trail holds: {report.head.count} events, the last with hash {report.head.hash}.")
    if fault is not None:
        fail(f"the audit trail does not hold at event {fault.event_id}: {fault.reason}")


@app.command(epilog=EXIT_CODES_HELP)
def log(
    category: Annotated[
        str | None,
        typer.Option(
            help="Only this category, or type of side resources; pending_queue for the queue.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Only this model; for the queue the number of a change.", show_default=False),
    ] = None,
    user: Annotated[str | None, typer.Option(help="Only what this user id did.", show_default=False)] = None,
    since: Annotated[datetime | None, typer.Option(help="Not before this time, UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Not after this time, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=LARGEST_NUMBER, help="At most so many events.")] = 100,
    after: Annotated[
        int, typer.Option(min=0, max=LARGEST_NUMBER, help="Only events with a greater number.")
    ] = 0,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Print the events of the trail, oldest first.

    Examples:
      hmr audit log --category image_generation --model "Deliberate"

      hmr audit log --user 2003 --since 2026-01-01 --json
    """
    with _store(data_dir) as store:
        from horde_model_reference.store.audit import audit_events
        from horde_model_reference.store.audit_rows import EventFilter

        wanted = EventFilter(
            category=category,
            model_name=model,
            user_id=user,
            since=_unix_seconds(since),
            until=_unix_seconds(until),
            after_event_id=after,
        )
        found = list(islice(audit_events(store, wanted), limit + 1))
    if as_json:
        print_json([event_to_json(event) for event in found[:limit]])
    else:
        for event in found[:limit]:
            say(_line(event))
    if len(found) > limit:
        note(f"there are more events; go on with --after {found[limit - 1].event_id}")


def _replayable(name: str) -> Category | ResourceType:
    try:
        return ResourceType(name) if name in RESOURCE_TYPE_NAMES else Category(name)
    except ValueError:
        known = ", ".join((*Category, *ResourceType))
        raise typer.BadParameter(f"{name!r} is none of {known}") from None


@app.command(epilog=EXIT_CODES_HELP)
def replay(
    category: Annotated[
        str,
        typer.Argument(
            help="Category, such as image_generation, or type of side resources, such as image_baseline."
        ),
    ],
    at: Annotated[
        int | None,
        typer.Option(min=0, max=LARGEST_NUMBER, help="Serial of the last change to take in; default: all."),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only compare with the stored versions; ends with 1 where they differ."),
    ] = False,
    data_dir: DataDir = None,
) -> None:
    """Rebuild the records of a category, or side resources, from the trail, and print them by name.

    Examples:
      hmr audit replay image_generation --at 1200

      hmr audit replay esrgan --check

      hmr audit replay image_baseline
    """
    with _store(data_dir) as store:
        replayed, stored = _replayed_and_stored(store, _replayable(category), at)
        if not check:
            print_json(replayed)
            return
    other = sorted(
        name for name in {*replayed, *stored} if not same_json(replayed.get(name), stored.get(name))
    )
    if other:
        fail(f"the trail and the stored versions differ in {', '.join(other[:10])}")
    say(f"The trail gives the {len(stored)} records that are stored.")


@app.command(epilog=EXIT_CODES_HELP)
def export(
    file: Annotated[
        Path | None, typer.Argument(dir_okay=False, help="File to write; default: print.", show_default=False)
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Write the whole trail as lines of JSON, one event each.

    Example: hmr audit export audit.jsonl
    """
    with _store(data_dir) as store:
        lines = _all_lines(store)
        if file is None:
            for line in lines:
                say(line)
            return
        with replacing(file) as target:
            target.writelines(f"{line}\n".encode("ascii") for line in lines)


def _replayed_and_stored(
    store: "Store", category: Category | ResourceType, at: int | None
) -> "tuple[dict[str, Document], dict[str, Document]]":
    from horde_model_reference.store import audit

    if isinstance(category, ResourceType):
        return (
            audit.replay_resources(store, category, at=at),
            audit.stored_resources(store, category, at=at),
        )
    return audit.replay_category(store, category, at=at), audit.stored_category(store, category, at=at)


@contextmanager
def _store(data_dir: Any) -> "Generator[Store]":
    with errors_as_lines():
        store = open_store(primary_settings(data_dir), must_exist=True)
        try:
            yield store
        finally:
            store.close()


def _all_lines(store: "Store") -> Iterator[str]:
    from horde_model_reference.store.audit import audit_events
    from horde_model_reference.store.audit_rows import EventFilter

    return map(event_to_line, audit_events(store, EventFilter()))


def _unix_seconds(time: datetime | None) -> int | None:
    return None if time is None else int(time.replace(tzinfo=time.tzinfo or UTC).timestamp())


def _line(event: AuditEvent) -> str:
    when = datetime.fromtimestamp(event.timestamp, UTC).strftime("%Y-%m-%d %H:%M:%S")
    after: Any = event.payload.get("after") or {}
    action = after.get("action", event.operation.value) if event.serial is None else event.operation.value
    serial = "" if event.serial is None else f" (serial {event.serial})"
    what = f"{action:11} {event.category} {event.model_name}{serial}"
    return f"{event.event_id:7} {when} {event.logical_user_id:>8} {what}"
