"""`list` and `show`: look into the store."""

from typing import Annotated, Any

import orjson
import typer

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.catalog import Catalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.cli.console import (
    cell,
    errors_as_lines,
    fail,
    primary_settings,
    print_json,
    say,
)
from horde_model_reference.cli.console import show as show_table
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.categories import Category, lookup_order

CategoryArgument = Annotated[Category, typer.Argument(help="Category, such as image_generation.")]


def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the categories with their number of records and the serial of their last change.

    Example: hmr list --json
    """
    with errors_as_lines():
        catalog = _catalog(data_dir)
    rows = [(category, catalog.snapshot(category)) for category in Category]
    if as_json:
        print_json({category: _summary(snapshot) for category, snapshot in rows})
        return
    from rich.table import Table

    table = Table("category", "records", "revision")
    for category, snapshot in rows:
        summary = _summary(snapshot)
        table.add_row(category, str(summary["records"]), str(summary["revision"]))
    show_table(table)


def show(
    category: CategoryArgument,
    name: Annotated[str | None, typer.Argument(help="Name of one model.", show_default=False)] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the models of a category, or everything about one.

    Examples:
      hmr show image_generation

      hmr show text_generation "Qwen/Qwen2.5-14B-Instruct" --json
    """
    with errors_as_lines():
        snapshot = _catalog(data_dir).snapshot(category)
    if snapshot is None:
        fail(f"the category {category} has no data here")
    if name is None:
        _show_category(snapshot, as_json)
    else:
        _show_record(snapshot, name, as_json)


def _catalog(data_dir: DataDir) -> Catalog:
    registry = open_registry(primary_settings(data_dir), must_exist=True)
    registry.close()
    return registry.catalog


def _summary(snapshot: CategorySnapshot | None) -> dict[str, int]:
    return {"records": len(snapshot or ()), "revision": snapshot.revision if snapshot else 0}


def _show_category(snapshot: CategorySnapshot, as_json: bool) -> None:
    if as_json:
        print_json(orjson.loads(snapshot.v2.content))
        return
    for name in snapshot:
        say(name)


def _show_record(snapshot: CategorySnapshot, name: str, as_json: bool) -> None:
    found = (snapshot.record(key) for key in lookup_order(snapshot.category, name))
    record = next((record for record in found if record is not None), None)
    if record is None:
        fail(f"there is no model {name!r} in {snapshot.category}")
    document: dict[str, Any] = orjson.loads(record)
    if as_json:
        print_json(document)
        return
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    for key, value in document.items():
        text = (
            orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
            if value and _is_nested(value)
            else str(value)
        )
        table.add_row(cell(key), cell(text))
    show_table(table)


def _is_nested(value: object) -> bool:
    return isinstance(value, dict | list)
