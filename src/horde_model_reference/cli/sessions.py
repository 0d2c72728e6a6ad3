"""`sessions`: who is signed in at the pages, and signing people out."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from horde_model_reference.bootstrap import open_store
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    ExitCode,
    errors_as_lines,
    fail,
    primary_settings,
    print_json,
    say,
)
from horde_model_reference.cli.options import AsJson, DataDir

if TYPE_CHECKING:
    from horde_model_reference.store.web_sessions import StoredSessions, WebSession

app = typer.Typer(
    name="sessions", help="See who is signed in at the pages, and sign people out.", no_args_is_help=True
)


@app.command("list", epilog=EXIT_CODES_HELP)
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the sessions that are not over, oldest first.

    Example: hmr sessions list
    """
    with _sessions(data_dir) as sessions:
        found = sessions.current()
    if as_json:
        print_json([_as_json(session) for session in found])
        return
    for session in found:
        say(f"{session.username}  since {_time(session.started_at)}, last used {_time(session.seen_at)}")


@app.command(epilog=EXIT_CODES_HELP)
def end(
    user: Annotated[
        str | None,
        typer.Argument(help="Number of the user, or the name that ends in it.", show_default=False),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="Sign everybody out.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Sign somebody out wherever they are signed in, or everybody; it counts from their next request on.

    What they may do is decided by the lists of requestors and approvers: take them off there, too.

    Examples: hmr sessions end 1001 · hmr sessions end "Somebody#1001" · hmr sessions end --all
    """
    user_id = (user or "").rpartition("#")[2].strip()
    if everybody is bool(user_id):
        fail("say whose sessions are to end, or --all", ExitCode.USAGE)
    with _sessions(data_dir) as sessions:
        count = sessions.end_everybody() if everybody else sessions.end_all(user_id)
    if as_json:
        print_json({"ended": count})
    else:
        say(f"{count} {'session' if count == 1 else 'sessions'} ended.")


@contextmanager
def _sessions(data_dir: Path | None) -> Generator["StoredSessions", None, None]:
    with errors_as_lines():
        settings = primary_settings(data_dir)
        store = open_store(settings, must_exist=True)
        try:
            from horde_model_reference.store.web_sessions import SessionTimes, StoredSessions

            times = SessionTimes(
                idle_seconds=settings.sessions.idle_seconds,
                absolute_seconds=settings.sessions.absolute_seconds,
            )
            yield StoredSessions(store.engine, times=times)
        finally:
            store.close()


def _as_json(session: "WebSession") -> dict[str, object]:
    return {name: getattr(session, name) for name in ("user_id", "username", "started_at", "seen_at")}


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="minutes").replace("+00:00", "Z")
