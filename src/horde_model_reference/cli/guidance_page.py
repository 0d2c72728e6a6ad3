"""The page on prompting guidance: every profile, and which models have it."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Self

from pydantic import model_validator

from horde_model_reference.cli.guidance_profiles import profile_lines, profile_link
from horde_model_reference.cli.markdown_text import plain, row
from horde_model_reference.domain.text_guidance import (
    GuidanceProfileKind,
    TextGuidanceAssignment,
    TextGuidanceCatalog,
    TextProfile,
)

_TITLES: Mapping[GuidanceProfileKind, str] = {
    GuidanceProfileKind.prompt_contract: "Prompt contracts",
    GuidanceProfileKind.usage_recipe: "Usage recipes",
}


class GuidanceExport(TextGuidanceCatalog):
    """All profiles and assignments, each under its own name; nothing of it may be left out."""

    @model_validator(mode="before")
    @classmethod
    def _is_whole(cls, value: dict[str, object]) -> dict[str, object]:
        if missing := [name for name in ("metadata", "profiles", "assignments") if name not in value]:
            raise ValueError(f"{', '.join(missing)} missing")
        return value

    @model_validator(mode="after")
    def _is_named_by_its_keys(self) -> Self:
        names = chain(
            ((key, each.profile_id) for key, each in self.profiles.items()),
            ((key, each.model_name) for key, each in self.assignments.items()),
        )
        if wrong := [key for key, name in names if key != name]:
            raise ValueError(f"what is under {', '.join(map(repr, wrong))} has another name")
        return self


def guidance_page(export: GuidanceExport) -> str:
    """Return the page."""
    return "\n".join((*_lines(export), ""))


def _lines(export: GuidanceExport) -> Iterator[str]:
    yield "# Prompting guidance"
    yield ""
    yield (
        f"{len(export.profiles)} profiles and {len(export.assignments)} models that have some, "
        f"at revision {export.metadata.revision} of the catalogue."
    )
    profiles = dict(sorted(export.profiles.items()))
    assignments = [each for _, each in sorted(export.assignments.items(), key=_without_case)]
    yield from _overview(profiles.values(), assignments)
    for kind, title in _TITLES.items():
        if of_kind := [each for each in profiles.values() if each.kind == kind]:
            yield from ("", f"## {title}")
            for profile in of_kind:
                yield from profile_lines(profile, _models_of(profile, assignments))
    yield from _assignments(assignments, profiles)


def _overview(profiles: Iterable[TextProfile], assignments: list[TextGuidanceAssignment]) -> Iterator[str]:
    yield from ("", "| profile | kind | what it is | models |", "|---|---|---|---:|")
    for profile in profiles:
        name = profile_link(profile) + " (deprecated)" * profile.deprecated
        models = len(_models_of(profile, assignments))
        yield row(name, plain(profile.kind.replace("_", " ")), plain(profile.summary), models)


def _assignments(
    assignments: Iterable[TextGuidanceAssignment], profiles: Mapping[str, TextProfile]
) -> Iterator[str]:
    def link(profile_id: str) -> str:
        return profile_link(profiles[profile_id]) if profile_id in profiles else plain(profile_id)

    yield from ("", "## Models", "", "| model | prompt contract | usage recipes |", "|---|---|---|")
    for each in assignments:
        recipes = ", ".join(map(link, each.supplemental_profile_ids))
        yield row(plain(each.model_name), link(each.primary_profile_id), recipes)


def _models_of(profile: TextProfile, assignments: Iterable[TextGuidanceAssignment]) -> list[str]:
    return [each.model_name for each in assignments if profile.profile_id in each.profile_ids()]


def _without_case(item: tuple[str, object]) -> tuple[str, str]:
    return item[0].casefold(), item[0]
