"""`generate-license-reference`, from files and from servers."""

import json
from pathlib import Path
from typing import Any

import pytest
from factories import files_below
from file_server import Reply, always, in_turn
from file_server import serving as serving_files
from hmr import script as run
from hypothesis import given
from hypothesis import strategies as st
from markdown_elements import elements_of
from reference_servers import refusing

from horde_model_reference.cli.license_pages import page_names

COMMAND = "generate-license-reference"
EXPORT = "/model_references/v2/licensing/export"


def a_license(license_id: str = "MIT", **fields: Any) -> dict[str, Any]:
    return {
        "license_id": license_id,
        "name": f"{license_id} License",
        "canonical_url": "https://example.org/text",
        "commercial_use": "allowed",
        "redistribution": "allowed_with_conditions",
        **fields,
    }


def a_conclusion(license_id: str = "MIT", **fields: Any) -> dict[str, Any]:
    return {
        "license_expression": license_id,
        "license_ids": [license_id],
        "commercial_use": "allowed",
        "redistribution": "allowed_with_conditions",
        **fields,
    }


NOBODY_LOOKED = {
    "license_expression": "NOASSERTION",
    "license_ids": [],
    "commercial_use": "unknown",
    "redistribution": "unknown",
}


def a_model(name: str, licensing: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {
        "asset_kind": "model",
        "asset_identifier": f"image_generation:{name}",
        "display_name": name,
        "category": "image_generation",
        "licensing": licensing,
        **fields,
    }


def a_node(name: str = "Nodes", licensing: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return {
        "asset_kind": "custom_node",
        "asset_identifier": name.lower(),
        "display_name": name,
        "licensing": licensing or a_conclusion(),
        **fields,
    }


def an_export(*assets: dict[str, Any], licenses: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "schema_version": 1,
        "metadata": {"schema_version": 1, "revision": 7, "updated_at": 1},
        "licenses": [a_license()] if licenses is None else licenses,
        "assets": list(assets),
        "summary": {},
    }


def a_file(folder: Path, content: Any) -> Path:
    path = folder / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def pages_of(folder: Path, export: dict[str, Any]) -> dict[str, str]:
    """Return the pages that are made of an export."""
    pages = folder / "pages"
    done = run(COMMAND, "--input", a_file(folder, export), "--output-directory", pages)
    assert done.status == 0, done.err
    return {name: content.decode() for name, content in files_below(pages).items()}


def test_the_help_has_an_example_and_the_exit_codes() -> None:
    shown = run(COMMAND, "--help")

    assert shown.status == 0
    assert "generate-license-reference --input export.json --output-directory pages" in shown.out
    assert "4 this is no licensing export" in " ".join(shown.out.replace("│", " ").split())


def test_there_is_an_index_a_page_for_each_licence_and_one_of_assets(tmp_path: Path) -> None:
    pages = pages_of(tmp_path, an_export(licenses=[a_license("MIT"), a_license("OpenRAIL++-M")]))

    assert set(pages) == {"index.md", "assets.md", "license-MIT.md", "license-OpenRAIL++-M.md"}
    assert "| [MIT](license-MIT.md) | MIT License | 0 | 0 | 0 |" in pages["index.md"]
    assert "[OpenRAIL++-M](license-OpenRAIL%2B%2B-M.md)" in pages["index.md"]


def test_the_page_of_a_licence_tells_its_terms_and_what_uses_it(tmp_path: Path) -> None:
    weights = NOBODY_LOOKED | {"files": {"w.safetensors": a_conclusion()}}
    license_ = a_license(
        obligations=["include_license"], restrictions=["Not on Mondays."], notes="One.\n\nTwo."
    )
    export = an_export(a_model("A", a_conclusion()), a_model("B", weights), a_node(), licenses=[license_])

    page = pages_of(tmp_path, export)["license-MIT.md"]

    assert "# MIT License\n" in page
    assert "- redistribution: allowed with conditions\n- asks for: include license\n" in page
    assert "## Restrictions\n\n- Not on Mondays.\n" in page
    assert "## Notes\n\nOne.\n\nTwo.\n" in page
    assert "## Models\n\n- image\\_generation:A\n" in page
    assert "## Files of models\n\n- w.safetensors of image\\_generation:B\n" in page
    assert "## Other assets\n\n- custom\\_node:nodes\n" in page


def test_a_licence_that_nothing_is_under_says_so(tmp_path: Path) -> None:
    assert "Nothing is under this licence." in pages_of(tmp_path, an_export())["license-MIT.md"]


def test_the_page_of_assets_leads_to_licences_and_leaves_out_what_nobody_looked_at(tmp_path: Path) -> None:
    export = an_export(
        a_model("Reviewed", a_conclusion(), source_url="https://example.org/a b?x=1&y=2"),
        a_model("Unreviewed", NOBODY_LOOKED),
        a_node(version="1.2"),
    )

    pages = pages_of(tmp_path, export)

    linked = "[Reviewed](https://example.org/a%20b?x=1&amp;y=2)"
    terms = "[MIT](license-MIT.md) | allowed | allowed with conditions |  |"
    assert "## model image generation\n\n" in pages["assets.md"]
    assert f"| {linked} |  | {terms}" in pages["assets.md"]
    assert f"| Nodes | 1.2 | {terms}" in pages["assets.md"]
    assert "Unreviewed" not in pages["assets.md"]
    assert "- Unreviewed" in pages["index.md"]


def test_the_index_names_licences_that_nobody_described(tmp_path: Path) -> None:
    pages = pages_of(tmp_path, an_export(a_node(licensing=a_conclusion("LicenseRef-New"))))

    assert (
        "## Licences that the catalogue does not know\n\n- LicenseRef-New: custom\\_node:nodes"
        in pages["index.md"]
    )


def test_the_order_of_an_export_makes_no_difference(tmp_path: Path) -> None:
    assets = [a_model("b", a_conclusion()), a_model("A", a_conclusion()), a_node("Z"), a_node("y")]
    licenses = [a_license("Zlib"), a_license("MIT")]

    made = pages_of(tmp_path, an_export(*assets, licenses=licenses))

    assert pages_of(tmp_path, an_export(*reversed(assets), licenses=licenses[::-1])) == made


@pytest.mark.parametrize("text", ["<script>x</script>", "[a](https://b)", "a | b", "*a*\n# b", "`a`"])
def test_nothing_in_an_export_is_markup(tmp_path: Path, text: str) -> None:
    fields: dict[str, Any] = {
        "name": text,
        "notes": text,
        "restrictions": [text],
        "canonical_url": "javascript:alert(1)",
    }
    node = a_node(text, a_conclusion(attribution=text), source_url="javascript:alert(1)", version=text)
    harmless = a_license(**dict.fromkeys(("name", "notes", "canonical_url"), "x"), restrictions=["x"])

    pages = pages_of(tmp_path, an_export(node, licenses=[a_license(**fields)]))

    expected = pages_of(tmp_path, an_export(a_node("x", version="x"), licenses=[harmless]))
    for name, page in pages.items():
        assert elements_of(page) == elements_of(expected[name])


@given(st.sets(st.text(min_size=1)))
def test_names_of_pages_are_safe_and_differ_whether_or_not_case_counts(license_ids: set[str]) -> None:
    names = page_names(sorted(license_ids))

    assert len({name.casefold() for name in names.values()}) == len(license_ids)
    for name in names.values():
        assert Path(name).name == name
        assert name.startswith("license-")
        assert name.isascii()
        assert len(name) < 120


@given(
    st.sets(st.sampled_from(["MIT", "mit", "../x", "..-x", "a/b", "a-b", "A-B", "a:b", "x" * 200, "x" * 201]))
)
def test_names_that_are_nearly_alike_differ(license_ids: set[str]) -> None:
    assert len({name.casefold() for name in page_names(license_ids).values()}) == len(license_ids)


def test_hostile_ids_stay_in_the_folder(tmp_path: Path) -> None:
    ids = ["../../evil", "/etc/evil", "..", "a\x00b", "C:\\evil", "mit", "MIT"]

    pages = pages_of(tmp_path, an_export(licenses=[a_license(each) for each in ids]))

    assert len(pages) == len(ids) + 2
    assert all("/" not in name for name in pages)
    assert {path.name for path in tmp_path.iterdir()} == {"export.json", "pages"}


def test_pages_of_an_earlier_run_go_and_files_of_others_stay(tmp_path: Path) -> None:
    pages_of(tmp_path, an_export(licenses=[a_license("MIT"), a_license("Old-1.0")]))
    (tmp_path / "pages" / "license-mine.md").write_text("by hand", encoding="utf-8")
    (tmp_path / "pages" / "logo.svg").write_text("x", encoding="utf-8")
    (tmp_path / "pages" / "license-linked.md").symlink_to("license-MIT.md")

    pages = pages_of(tmp_path, an_export(licenses=[a_license("MIT")]))

    kept = {"license-mine.md", "logo.svg", "license-linked.md"}
    assert set(pages) == {"index.md", "assets.md", "license-MIT.md"} | kept


def test_the_same_export_again_touches_no_file(tmp_path: Path) -> None:
    pages_of(tmp_path, an_export())
    before = {path.name: path.stat().st_ino for path in (tmp_path / "pages").iterdir()}

    pages_of(tmp_path, an_export())

    assert {path.name: path.stat().st_ino for path in (tmp_path / "pages").iterdir()} == before


def test_a_file_of_others_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    mine = tmp_path / "pages" / "index.md"
    mine.parent.mkdir()
    mine.write_text("by hand", encoding="utf-8")

    done = run(COMMAND, "--input", a_file(tmp_path, an_export()), "--output-directory", mine.parent)

    assert (done.status, list(mine.parent.iterdir())) == (1, [mine])
    assert mine.read_text("utf-8") == "by hand"
    assert str(mine) in done.error


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    link = tmp_path / "pages" / "index.md"
    link.parent.mkdir()
    link.symlink_to(outside)

    done = run(COMMAND, "--input", a_file(tmp_path, an_export()), "--output-directory", link.parent)

    assert done.status == 1
    assert not outside.exists()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    file = a_file(tmp_path, an_export())

    done = run(COMMAND, "--input", file, "--output-directory", file / "pages")

    assert done.status == 1
    assert done.error


@pytest.mark.parametrize("sources", [(), ("--input", "x.json", "--primary-api-url", "http://127.0.0.1/api")])
def test_exactly_one_source_is_needed(tmp_path: Path, sources: tuple[str, ...]) -> None:
    done = run(COMMAND, *sources, "--output-directory", tmp_path / "pages")

    assert done.status == 2
    assert done.error == "give exactly one of --primary-api-url and --input"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_has_to_be_named(tmp_path: Path) -> None:
    done = run(COMMAND, "--input", a_file(tmp_path, an_export()))

    assert done.status == 2
    assert "--output-directory" in done.err


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    done = run(COMMAND, "--input", tmp_path / "none.json", "--output-directory", tmp_path / "pages")

    assert done.status == 1
    assert "none.json" in done.error


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON at line 1"),
        ("{", "not JSON at line 1"),
        ("[]", "the text is a list, not a JSON object"),
        ('{"a": NaN}', "not a finite number"),
        ('{"a": 1, "a": 2}', "keys occur more than once: a"),
        ({}, "metadata: Field required"),
        ({"metadata": {"revision": 1}, "profiles": {}, "assignments": {}}, "licenses: Field required"),
        (an_export(licenses=[a_license(commercial_use="perhaps")]), "licenses.0.commercial_use"),
        (an_export(licenses=[a_license(), a_license()]), "licences are there more than once: MIT"),
    ],
)
def test_what_is_no_export_is_refused_and_nothing_is_written(
    tmp_path: Path, content: Any, reason: str
) -> None:
    file = a_file(tmp_path, content)

    done = run(COMMAND, "--input", file, "--output-directory", tmp_path / "pages")

    assert done.status == 4
    assert done.error.startswith(f"{file}: no licensing export: ")
    assert reason in done.error
    assert not (tmp_path / "pages").exists()


def test_a_registry_is_asked_for_its_export(tmp_path: Path) -> None:
    reply = always(Reply(200, json.dumps(an_export()).encode()))
    with serving_files(reply) as server:
        done = run(COMMAND, "--primary-api-url", f"{server.url}/api/", "--output-directory", tmp_path)

    assert done.status == 0
    assert [asked.path for asked in server.asked] == [f"/api{EXPORT}"]
    assert (tmp_path / "index.md").exists()


def test_an_outage_that_passes_is_waited_for(tmp_path: Path) -> None:
    good = always(Reply(200, json.dumps(an_export()).encode()))
    with serving_files(in_turn(always(Reply(503)), good)) as server:
        done = run(COMMAND, "--primary-api-url", server.url, "--output-directory", tmp_path)

    assert done.status == 0


def test_a_registry_without_an_export_is_one_line(tmp_path: Path) -> None:
    with serving_files(always(Reply(404))) as server:
        done = run(COMMAND, "--primary-api-url", server.url, "--output-directory", tmp_path / "pages")

    assert done.status == 5
    assert done.error == f"{server.url}{EXPORT} can't be fetched: status 404"
    assert not (tmp_path / "pages").exists()


def test_a_page_of_another_site_is_refused(tmp_path: Path) -> None:
    with serving_files(always(Reply(200, b"<html>Welcome</html>"))) as server:
        done = run(COMMAND, "--primary-api-url", server.url, "--output-directory", tmp_path / "pages")

    assert done.status == 4
    assert "no licensing export: not JSON" in done.error


def test_a_registry_that_does_not_answer_is_one_line(tmp_path: Path) -> None:
    with refusing() as url:
        done = run(COMMAND, "--primary-api-url", f"{url}/api", "--output-directory", tmp_path / "pages")

    assert done.status == 5
    assert url in done.error


@pytest.mark.parametrize("url", ["", "models.example/api", "file:///etc/passwd"])
def test_an_address_has_to_be_one_of_the_web(tmp_path: Path, url: str) -> None:
    done = run(COMMAND, "--primary-api-url", url, "--output-directory", tmp_path / "pages")

    assert done.status == 2
    assert done.error == "--primary-api-url has to begin with http:// or https://"
