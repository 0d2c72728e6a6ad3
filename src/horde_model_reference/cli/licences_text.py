"""The report on licences, for people to read."""

from collections.abc import Callable, Iterable, Iterator

from horde_model_reference.catalog.license_report import LicenseReport, LicenseUse
from horde_model_reference.cli.markdown_text import plain, row
from horde_model_reference.domain.licensing import PermissionStatus


def markdown(found: LicenseReport) -> str:
    """Return a report as one page."""
    return "\n".join((*report_lines(found), ""))


def report_lines(found: LicenseReport, *, link: Callable[[str], str] = plain) -> Iterator[str]:
    """Yield a report as Markdown; ``link`` makes Markdown of the id of a licence in the catalogue."""
    yield from _head(found)
    yield from _by_license(found, link)
    yield from _named("Deprecated licences in use", found.deprecated_in_use)
    yield from _named("Licences that the catalogue does not know", found.unknown)
    yield from _unreviewed(found)


def permission_text(status: str) -> str:
    """Return a permission as Markdown."""
    return plain(status.replace("_", " "))


def _head(found: LicenseReport) -> Iterator[str]:
    models = sum(found.model_counts.values())
    others = found.summary["total_assets"] - models
    yield "# Licences"
    yield ""
    yield f"{models} models and {others} other assets, at revision {found.revision} of the catalogue."
    yield ""
    yield "| permission | commercial use | redistribution |"
    yield "|---|---:|---:|"
    for status in PermissionStatus:
        uses = (found.summary[use][status.value] for use in ("commercial_use", "redistribution"))
        yield row(permission_text(status), *uses)


def _by_license(found: LicenseReport, link: Callable[[str], str]) -> Iterator[str]:
    yield from ("", "## Licences by use", "", "| licence | name | models | files of models | other assets |")
    yield "|---|---|---:|---:|---:|"
    for use in found.licenses:
        name = "*unknown*" if use.name is None else plain(use.name) + (" (deprecated)" * use.is_deprecated)
        shown = plain(use.license_id) if use.name is None else link(use.license_id)
        yield row(shown, name, len(use.models), len(use.files), len(use.assets))


def _named(title: str, uses: Iterable[LicenseUse]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    lines = [f"- {plain(use.license_id)}: {', '.join(map(plain, use.users))}" for use in uses]
    yield from lines or ["None."]


def _unreviewed(found: LicenseReport) -> Iterator[str]:
    yield from ("", "## Models without a conclusion", "", "| category | models | without a conclusion |")
    yield "|---|---:|---:|"
    for category, number in found.model_counts.items():
        yield row(plain(category), number, len(found.without_conclusion.get(category, ())))
    for category, names in found.without_conclusion.items():
        yield from ("", f"### {plain(category)}", "")
        yield from (f"- {plain(name)}" for name in names)
