"""What a person who looks after licences wants to know: which are used, and where a conclusion is missing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from horde_model_reference.catalog.licensed_assets import LicensedAssets, ModelGroup, sorted_definitions
from horde_model_reference.domain.changes import Document
from horde_model_reference.domain.license_expressions import NOASSERTION
from horde_model_reference.domain.resources import ResourceType


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseUse:
    """Who names one licence."""

    license_id: str
    name: str | None
    """None: the catalogue does not know the licence."""
    is_deprecated: bool
    models: tuple[str, ...]
    """Models that name it as a whole, each as ``category:name``."""
    files: tuple[str, ...]
    """Models that name it for a file, once for each file."""
    assets: tuple[str, ...]
    """Other things, each as ``kind:identifier``."""

    @property
    def users(self) -> tuple[str, ...]:
        """Everything that names the licence, each once."""
        return tuple(dict.fromkeys((*self.models, *self.files, *self.assets)))


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseReport:
    """The state of the licences of a registry."""

    revision: int
    """Of the catalogue of licences and assets."""
    summary: Mapping[str, Any]
    """As `GET licensing/summary` answers."""
    licenses: tuple[LicenseUse, ...]
    """Those of the catalogue, then those that only models or assets know."""
    model_counts: Mapping[str, int]
    """Number of models of each category that has some."""
    without_conclusion: Mapping[str, tuple[str, ...]]
    """Names of the models that nobody reviewed, by category."""

    @property
    def deprecated_in_use(self) -> tuple[LicenseUse, ...]:
        """Licences that should not be used any more, but are."""
        return tuple(use for use in self.licenses if use.is_deprecated and use.users)

    @property
    def unknown(self) -> tuple[LicenseUse, ...]:
        """Licences that are named without being in the catalogue."""
        return tuple(use for use in self.licenses if use.name is None)


def report_licenses(assets: LicensedAssets) -> LicenseReport:
    """Look through everything under a licence."""
    others = assets.licensing.all(ResourceType.licensed_asset).items()
    return make_report(
        sorted_definitions(assets.licensing),
        models=_conclusions(assets.models),
        others=((key, asset.document["licensing"]) for key, asset in others),
        revision=assets.licensing.metadata.revision,
        summary=assets.summary(),
    )


def make_report(
    definitions: Iterable[Document],
    *,
    models: Iterable[tuple[str, str, Document]],
    others: Iterable[tuple[str, Document]],
    revision: int,
    summary: Mapping[str, Any],
) -> LicenseReport:
    """Return a report on conclusions, in the order in which all of that is given.

    Args:
        definitions: The licences of the catalogue.
        models: Category, name and conclusion of each.
        others: Key and conclusion of everything else.
        revision: That of the catalogue.
        summary: The numbers of assets by permission.
    """
    of_models: dict[str, list[str]] = {}
    of_files: dict[str, list[str]] = {}
    of_others: dict[str, list[str]] = {}
    counts = Counter[str]()
    without_conclusion: dict[str, list[str]] = {}
    for category, name, licensing in models:
        counts[category] += 1
        _note(of_models, licensing, f"{category}:{name}")
        single_files: Mapping[str, Document] = licensing.get("files") or {}
        for assignment in single_files.values():
            _note(of_files, assignment, f"{category}:{name}")
        if licensing.get("license_expression", NOASSERTION) == NOASSERTION:
            without_conclusion.setdefault(category, []).append(name)
    for key, licensing in others:
        _note(of_others, licensing, key)
    return LicenseReport(
        revision=revision,
        summary=summary,
        licenses=tuple(_uses(definitions, of_models, of_files, of_others)),
        model_counts=dict(counts),
        without_conclusion={category: tuple(names) for category, names in without_conclusion.items()},
    )


def report_to_json(report: LicenseReport) -> dict[str, Any]:
    """Return a report for other programs."""
    return {
        "revision": report.revision,
        "summary": dict(report.summary),
        "licenses": [
            {
                "license_id": use.license_id,
                "name": use.name,
                "deprecated": use.is_deprecated,
                "models": len(use.models),
                "files": len(use.files),
                "assets": len(use.assets),
            }
            for use in report.licenses
        ],
        "models": dict(report.model_counts),
        "models_without_conclusion": {key: list(names) for key, names in report.without_conclusion.items()},
        "deprecated_in_use": {use.license_id: list(use.users) for use in report.deprecated_in_use},
        "unknown_licenses": {use.license_id: list(use.users) for use in report.unknown},
    }


def _conclusions(groups: Iterable[ModelGroup]) -> Iterator[tuple[str, str, Document]]:
    for group in groups:
        for row, name in enumerate(group.names):
            yield str(group.category), name, group.licensing(row)


def _note(uses: dict[str, list[str]], assignment: Document, identifier: str) -> None:
    for license_id in dict.fromkeys(assignment.get("license_ids") or ()):
        uses.setdefault(license_id, []).append(identifier)


def _uses(definitions: Iterable[Document], *uses: Mapping[str, list[str]]) -> Iterator[LicenseUse]:
    known = {definition["license_id"]: definition for definition in definitions}
    named = sorted({license_id for each in uses for license_id in each} - known.keys(), key=str.casefold)
    for license_id in (*known, *named):
        models, files, assets = (tuple(each.get(license_id, ())) for each in uses)
        definition = known.get(license_id)
        yield LicenseUse(
            license_id=license_id,
            name=None if definition is None else definition["name"],
            is_deprecated=definition is not None and definition["deprecated"],
            models=models,
            files=files,
            assets=assets,
        )
