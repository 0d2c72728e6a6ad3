"""`baselines`: look at the catalogue of image baselines."""

import typer

from horde_model_reference.bootstrap import open_registry
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.cli.console import (
    EXIT_CODES_HELP,
    cell,
    errors_as_lines,
    primary_settings,
    print_json,
    show,
)
from horde_model_reference.cli.options import AsJson, DataDir
from horde_model_reference.domain.baseline_catalog import ImageBaselineRecord
from horde_model_reference.domain.resources import CatalogName, ResourceType

app = typer.Typer(name="baselines", help="Look at the image baselines.", no_args_is_help=True)


@app.callback()
def baselines() -> None:
    """Look at the image baselines."""


@app.command("list", epilog=EXIT_CODES_HELP)
def list_(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the baselines that image models may name, with what the horde makes of each.

    Example: hmr baselines list --json
    """
    with errors_as_lines():
        registry = open_registry(primary_settings(data_dir), must_exist=True)
        registry.close()
    catalog = registry.catalog.resources(CatalogName.image_baselines)
    found = catalog.all(ResourceType.image_baseline)
    if as_json:
        names = {name: resource.document for name, resource in found.items()}
        print_json({"metadata": catalog.metadata.document(), "baselines": names})
        return
    _show(catalog)


def _show(catalog: ResourceCatalog) -> None:
    from rich.table import Table

    table = Table("name", "pixels", "kudos", "can", "other names")
    for resource in catalog.all(ResourceType.image_baseline).values():
        record = ImageBaselineRecord.model_validate(resource.document)
        can = [name for name, value in record.capabilities.model_dump().items() if value is True]
        table.add_row(
            cell(record.name),
            str(record.native_resolution or ""),
            f"{record.horde_policy.kudos:g}",
            ", ".join(can),
            cell(", ".join(record.alternative_names)),
        )
    show(table)
