"""The pages on licences: an index, one for each licence, and one of everything that is under one."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import sha256
from itertools import groupby
from typing import Final
from urllib.parse import quote

from horde_model_reference.catalog.license_report import LicenseUse
from horde_model_reference.cli.licences_text import permission_text, report_lines
from horde_model_reference.cli.license_export import Asset, Conclusion, Definition, LicensingExport, report_of
from horde_model_reference.cli.markdown_text import paragraphs, plain, row, web_link
from horde_model_reference.domain.license_expressions import NOASSERTION

INDEX: Final = "index.md"
ASSETS: Final = "assets.md"
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9.+-]+")
_LONGEST_NAME: Final = 80
_DIGEST_LENGTH: Final = 10


def license_pages(export: LicensingExport) -> dict[str, str]:
    """Return all pages by file name, the index last, so that it never leads to what is not there yet."""
    definitions = {each.license_id: each for each in sorted(export.licenses, key=_license_order)}
    names = page_names(definitions)
    ordered = export.model_copy(
        update={
            "licenses": tuple(definitions.values()),
            "assets": tuple(sorted(export.assets, key=_asset_order)),
        }
    )
    report = report_of(ordered)
    uses = {use.license_id: use for use in report.licenses}

    def link(license_id: str) -> str:
        return f"[{plain(license_id)}]({quote(names[license_id])})"

    pages = {
        names[key]: _page(_license_lines(each, uses[key], ordered.assets))
        for key, each in definitions.items()
    }
    title, *figures = report_lines(report, link=link)
    index = (title, "", f"See also [what is under which licence]({ASSETS}).", *figures)
    return {**pages, ASSETS: _page(_asset_lines(ordered.assets, names, link)), INDEX: _page(index)}


def page_names(license_ids: Iterable[str]) -> dict[str, str]:
    """Return a file name for each licence: safe everywhere, and no two alike, whether or not case counts."""
    ids = tuple(license_ids)
    shared = Counter(_shortened(license_id).casefold() for license_id in ids)
    return {license_id: _page_name(license_id, shared) for license_id in ids}


def _page_name(license_id: str, shared: Mapping[str, int]) -> str:
    short = _shortened(license_id)
    if short == license_id and shared[short.casefold()] == 1:
        return f"license-{short}.md"
    digest = sha256(license_id.encode()).hexdigest()[:_DIGEST_LENGTH]
    # No identifier that is used as it is holds "..", so that the two kinds of names can't meet.
    return f"license-{short}..{digest}.md"


def _shortened(license_id: str) -> str:
    return _UNSAFE.sub("-", re.sub(r"\.{2,}", "-", license_id))[:_LONGEST_NAME]


def _license_lines(license_: Definition, use: LicenseUse, assets: Iterable[Asset]) -> Iterator[str]:
    yield f"# {plain(license_.name)}"
    if license_.deprecated:
        yield from ("", "Deprecated: nothing new should be put under this licence.")
    yield ""
    yield f"- id: {plain(license_.license_id)}"
    if license_.spdx_identifier:
        yield f"- SPDX: {plain(license_.spdx_identifier)}"
    yield f"- text: {web_link(license_.canonical_url)}"
    yield f"- commercial use: {permission_text(license_.commercial_use)}"
    yield f"- redistribution: {permission_text(license_.redistribution)}"
    if license_.obligations:
        yield f"- asks for: {', '.join(map(permission_text, license_.obligations))}"
    yield from _listed("Restrictions", map(plain, license_.restrictions))
    if license_.notes:
        yield from ("", "## Notes", *paragraphs(license_.notes))
    yield from _listed("Models", map(plain, use.models))
    yield from _listed("Files of models", _files(license_.license_id, assets))
    yield from _listed("Other assets", map(plain, use.assets))
    if not use.users:
        yield from ("", "Nothing is under this licence.")
    yield from ("", f"[All licences]({INDEX})")


def _listed(title: str, items: Iterable[str]) -> Iterator[str]:
    if lines := [f"- {item}" for item in items]:
        yield from ("", f"## {title}", "", *lines)


def _files(license_id: str, assets: Iterable[Asset]) -> Iterator[str]:
    for asset in assets:
        for file_name, conclusion in sorted(asset.licensing.files.items()):
            if license_id in conclusion.license_ids:
                yield f"{plain(file_name)} of {plain(asset.asset_identifier)}"


def _asset_lines(
    assets: Iterable[Asset], names: Mapping[str, str], link: Callable[[str], str]
) -> Iterator[str]:
    yield from ("# Under a licence", "", "Models and other assets about which something was concluded.")
    concluded = (each for each in assets if _is_concluded(each))
    for title, group in groupby(concluded, key=_group):
        yield from ("", f"## {plain(title)}", "")
        yield "| name | version | licence | commercial use | redistribution | attribution |"
        yield "|---|---|---|---|---|---|"
        for asset in group:
            yield from _asset_rows(asset, names, link)
    yield from ("", f"[All licences]({INDEX})")


def _asset_rows(asset: Asset, names: Mapping[str, str], link: Callable[[str], str]) -> Iterator[str]:
    name = web_link(asset.source_url, asset.display_name) if asset.source_url else plain(asset.display_name)
    yield row(name, plain(asset.version or ""), *_cells(asset.licensing, names, link))
    for file_name, conclusion in sorted(asset.licensing.files.items()):
        yield row(f"{plain(asset.display_name)}: {plain(file_name)}", "", *_cells(conclusion, names, link))


def _cells(
    conclusion: Conclusion, names: Mapping[str, str], link: Callable[[str], str]
) -> tuple[str, str, str, str]:
    expression = conclusion.license_expression
    return (
        link(expression) if expression in names else plain(expression),
        permission_text(conclusion.commercial_use),
        permission_text(conclusion.redistribution),
        plain(conclusion.attribution or ""),
    )


def _is_concluded(asset: Asset) -> bool:
    return bool(asset.licensing.files) or asset.licensing.license_expression != NOASSERTION


def _group(asset: Asset) -> str:
    return f"{asset.asset_kind} {asset.category or ''}".strip().replace("_", " ")


def _license_order(license_: Definition) -> tuple[str, str]:
    return license_.license_id.casefold(), license_.license_id


def _asset_order(asset: Asset) -> tuple[str, ...]:
    identifier = asset.asset_identifier
    return asset.asset_kind, asset.category or "", identifier.casefold(), identifier


def _page(lines: Iterable[str]) -> str:
    return "\n".join((*lines, ""))
