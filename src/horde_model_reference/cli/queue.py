"""`queue`: look at proposed changes and decide on them, against a running service."""

from typing import Annotated, Any

import typer

from horde_model_reference.cli.console import ExitCode, fail, print_json, say, show
from horde_model_reference.cli.options import AsJson
from horde_model_reference.cli.queue_client import queue_client
from horde_model_reference.cli.queue_text import (
    change_details,
    change_table,
    check_lines,
    diff_text,
)
from horde_model_reference.cli.setting_names import SERVER_VARIABLE

_EXIT_CODES = (
    "Exit codes: 0 done · 1 no such change · 2 wrong usage · 4 the service refused: key, role, status or "
    "conflict · 5 the service can't be reached or is out of order."
)

Url = Annotated[
    str,
    typer.Option(
        "--url",
        envvar=SERVER_VARIABLE,
        help="Address of the service, such as https://models.aihorde.net/api.",
    ),
]
ApiKey = Annotated[
    str,
    typer.Option(
        "--apikey",
        envvar="AI_HORDE_API_KEY",
        help="Your AI-Horde key; the variable keeps it out of the list of processes.",
        show_default=False,
    ),
]
ChangeId = Annotated[int, typer.Argument(metavar="ID", help="Number of a change.", min=1)]
ChangeIds = Annotated[list[int], typer.Argument(metavar="ID…", help="Numbers of changes.", min=1)]
Title = Annotated[str, typer.Option("--title", help="Title of the batch.")]

_STATUSES = "Only with this status: pending, approved, applied, rejected or withdrawn; repeatable."
_LOCAL = "http://localhost:19800/api"

app = typer.Typer(
    name="queue",
    help="Review proposed changes in a running service.",
    epilog=_EXIT_CODES,
    no_args_is_help=True,
)


@app.command("list", epilog=_EXIT_CODES)
def list_(
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    status: Annotated[list[str] | None, typer.Option(help=_STATUSES)] = None,
    category: Annotated[list[str] | None, typer.Option(help="Only of this category; repeatable.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="Only your own.")] = False,
    as_json: AsJson = False,
) -> None:
    """List changes; those that wait for a decision or for being applied, unless told otherwise.

    Example: hmr queue list --status applied --json
    """
    wanted = {
        "statuses": status or ["pending", "approved"],
        "categories": category or [],
        "limit": 500,
    }
    with queue_client(url, apikey) as client:
        page = client.get("/my_changes" if mine else "/changes", wanted)
    if as_json:
        print_json(page)
        return
    show(change_table(page["items"]))
    if page["total"] > len(page["items"]):
        say(f"{len(page['items'])} of {page['total']} changes")


@app.command(name="show", epilog=_EXIT_CODES)
def show_change(
    change_id: ChangeId,
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    ask: Annotated[bool, typer.Option("--ask", help="Ask whether its files are there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show everything about one change, what was said about it, and what checks say of it.

    Example: hmr queue show 12 --ask
    """
    with queue_client(url, apikey) as client:
        change = client.get(f"/changes/{change_id}")
        comments = client.get(f"/changes/{change_id}/comments")
        checks = client.get(f"/changes/{change_id}/checks", {"ask": ask})
    if as_json:
        print_json({**change, "comments": comments, "checks": checks})
    else:
        show(change_details(change, comments))
        if checks:
            show(check_lines(checks))


@app.command(epilog=_EXIT_CODES)
def diff(change_ids: ChangeIds, url: Url = _LOCAL, apikey: ApiKey = "", as_json: AsJson = False) -> None:
    """Show what changes would do to their records as they stand.

    Example: hmr queue diff 12 13
    """
    with queue_client(url, apikey) as client:
        page = client.get("/diffs", {"change_ids": change_ids})
    if as_json:
        print_json(page)
    else:
        for found in page["diffs"]:
            show(diff_text(found))
    if page["errors"]:
        missing = ", ".join(str(error["change_id"]) for error in page["errors"])
        fail(f"these changes can't be compared: {missing}")


@app.command(epilog=_EXIT_CODES)
def approve(
    change_ids: ChangeIds,
    title: Title = "Approved at the command line",
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Approve changes, all of them or none; they join the open batch.

    Example: hmr queue approve 12 13 --title "New upscalers"
    """
    body = {"batch_title": title, "approved_ids": change_ids}
    _told(url, apikey, "/batches", body, as_json=as_json)


@app.command(epilog=_EXIT_CODES)
def reject(
    change_ids: ChangeIds,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the proposer.")],
    title: Title = "Rejected at the command line",
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Reject changes for good, all of them or none.

    Example: hmr queue reject 14 --reason "Its file is gone."
    """
    body = {"batch_title": title, "rejected_ids": change_ids, "reject_reason": reason}
    _told(url, apikey, "/batches", body, as_json=as_json)


@app.command(epilog=_EXIT_CODES)
def apply(
    change_ids: ChangeIds,
    mixed: Annotated[bool, typer.Option("--mixed", help="They may be of several batches.")] = False,
    job_id: Annotated[
        str | None, typer.Option("--job-id", help="The same id again gets the same answer again.")
    ] = None,
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Apply approved changes in this order, up to the first that can't be; what was applied stays.

    Example: hmr queue apply 12 13
    """
    body = {"change_ids": change_ids, "allow_mixed_batch": mixed, "job_id": job_id}
    _told(url, apikey, "/apply", body, as_json=as_json)


@app.command(epilog=_EXIT_CODES)
def withdraw(change_id: ChangeId, url: Url = _LOCAL, apikey: ApiKey = "", as_json: AsJson = False) -> None:
    """Take back your own change for good.

    Example: hmr queue withdraw 15
    """
    _told(url, apikey, f"/changes/{change_id}/withdraw", {}, as_json=as_json)


@app.command(epilog=_EXIT_CODES)
def comment(
    change_id: ChangeId,
    text: Annotated[str, typer.Argument(help="What to say.")],
    url: Url = _LOCAL,
    apikey: ApiKey = "",
    as_json: AsJson = False,
) -> None:
    """Say something about a change.

    Example: hmr queue comment 12 "Under which licence is it?"
    """
    with queue_client(url, apikey) as client:
        said = client.post(f"/changes/{change_id}/comments", {"text": text})
    if as_json:
        print_json(said)
    else:
        say(f"commented on #{change_id}")


def _told(url: str, apikey: str, path: str, body: dict[str, Any], *, as_json: bool) -> None:
    """Take a step and print the changes as they are after it."""
    with queue_client(url, apikey) as client:
        answer = client.post(path, body, accept_partial=True)
    if as_json:
        print_json(answer)
    else:
        for change in _changes(answer):
            say(f"#{change['change_id']} {change['model_name']} is {change['status']}")
    if answer.get("failed_change_id") is not None:
        fail(f"#{answer['failed_change_id']}: {answer['failed_error']}", ExitCode.REFUSED)


def _changes(answer: dict[str, Any]) -> list[dict[str, Any]]:
    if "change_id" in answer:
        return [answer]
    return [change for key in ("approved", "rejected", "applied") for change in answer.get(key, ())]
