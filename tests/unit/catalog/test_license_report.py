from typing import Any

from factories import a_stored_record

from horde_model_reference.catalog.license_report import LicenseReport, report_licenses, report_to_json
from horde_model_reference.catalog.licensed_assets import LicensedAssets, ModelGroup
from horde_model_reference.catalog.resources import make_catalog
from horde_model_reference.catalog.snapshot import build_snapshot
from horde_model_reference.cli.licences_text import markdown
from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.resources import CatalogMetadata, CatalogName, Resource, ResourceType


def an_assignment(license_id: str, **fields: Any) -> dict[str, Any]:
    return {
        "license_expression": license_id,
        "license_ids": [license_id],
        "commercial_use": "allowed",
        "redistribution": "allowed",
        **fields,
    }


def a_report(*, deprecated: tuple[str, ...] = (), **licensing: Any) -> LicenseReport:
    """Return the report about models of esrgan with these conclusions, by name; None: no conclusion."""
    records = [
        a_stored_record(name, **({} if each is None else {"licensing": each}))
        for name, each in licensing.items()
    ]
    group = ModelGroup(build_snapshot(Category.esrgan, records, revision=1, modified_at=1))
    kind = ResourceType.license_definition
    changed = {
        (kind, license_id): Resource(
            resource_type=kind,
            key=license_id,
            document={"license_id": license_id, "name": f"The {license_id}", "deprecated": True},
        )
        for license_id in deprecated
    }
    catalog = make_catalog(CatalogName.licensing, CatalogMetadata(revision=3), serial=1, changed=changed)
    return report_licenses(LicensedAssets([group], catalog))


def test_a_report_counts_models_files_and_other_assets_of_each_licence() -> None:
    report = a_report(
        A=an_assignment("MIT", files={"a": an_assignment("WTFPL"), "b": an_assignment("WTFPL")}), B=None
    )

    uses = {each["license_id"]: each for each in report_to_json(report)["licenses"]}

    assert (uses["MIT"]["models"], uses["MIT"]["files"], uses["MIT"]["assets"]) == (1, 0, 1)
    assert (uses["WTFPL"]["models"], uses["WTFPL"]["files"], uses["WTFPL"]["assets"]) == (0, 2, 0)
    assert report.summary["total_assets"] == 8


def test_a_report_names_the_models_that_nobody_reviewed() -> None:
    told = report_to_json(a_report(A=an_assignment("MIT"), B=None, c=None))

    assert told["models"] == {"esrgan": 3}
    assert told["models_without_conclusion"] == {"esrgan": ["B", "c"]}


def test_a_report_tells_who_uses_deprecated_and_unknown_licences() -> None:
    told = report_to_json(
        a_report(
            deprecated=("MIT", "WTFPL"), A=an_assignment("Foo", files={"a": an_assignment("Foo")}), B=None
        )
    )

    assert told["deprecated_in_use"] == {"MIT": ["custom_node:comfyqr"]}
    assert told["unknown_licenses"] == {"Foo": ["esrgan:A"]}


def test_the_markdown_says_the_same_and_takes_no_name_for_markup() -> None:
    report = a_report(deprecated=("MIT",), **{"*A* <b>|\n# x": None, "B": an_assignment("Foo")})

    text = markdown(report)

    lines = text.splitlines()
    assert "| allowed | 4 | 1 |" in lines
    assert "| MIT | The MIT (deprecated) | 0 | 0 | 1 |" in lines
    assert "- MIT: custom\\_node:comfyqr" in lines
    assert "- Foo: esrgan:B" in lines
    assert "| esrgan | 2 | 1 |" in lines
    assert "- \\*A\\* \\<b\\>\\| \\# x" in lines
    assert text.endswith("\n")


def test_the_markdown_says_where_there_is_no_trouble() -> None:
    text = markdown(a_report(A=an_assignment("MIT")))

    assert "## Deprecated licences in use\n\nNone.\n" in text
    assert "## Licences that the catalogue does not know\n\nNone.\n" in text
