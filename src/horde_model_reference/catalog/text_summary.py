"""All groups of text models at a glance (spec 23)."""

from dataclasses import dataclass

from horde_model_reference.catalog.text_groups import TextGroup, TextGroups
from horde_model_reference.catalog.text_health import GroupHealthIssue, group_issues
from horde_model_reference.domain.text_directory import NO_DIRECTORY, TextDirectory
from horde_model_reference.formats.text_names import size_sort_key


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummaryEntry:
    """One group; the counts are of models, and of their duplicates under the names of backends."""

    group_name: str
    canonical_count: int
    backend_duplicate_count: int
    has_custom_schema: bool
    family_name: str | None
    alias_canonical: str | None
    """The group that this one is an alias of."""
    aliases: list[str]
    available_sizes: list[str]
    health_issues: list[GroupHealthIssue]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsSummary:
    """All groups; ``total_models`` counts duplicates too."""

    groups: list[GroupSummaryEntry]
    total_groups: int
    total_models: int
    groups_with_families: int
    groups_with_aliases: int
    groups_with_issues: int


def groups_summary(groups: TextGroups, directory: TextDirectory) -> GroupsSummary:
    """Return all groups with what is said about them."""
    told = directory.names()
    entries = [
        group.made(_plain_entry) if told.isdisjoint(group.spellings) else _entry(group, directory)
        for group in groups
    ]
    return GroupsSummary(
        groups=entries,
        total_groups=len(entries),
        total_models=sum(len(group.members) for group in groups),
        groups_with_families=sum(entry.family_name is not None for entry in entries),
        groups_with_aliases=sum(bool(entry.aliases or entry.alias_canonical) for entry in entries),
        groups_with_issues=sum(bool(entry.health_issues) for entry in entries),
    )


def _plain_entry(group: TextGroup) -> GroupSummaryEntry:
    """Return a group of which nothing is said."""
    return _entry(group, NO_DIRECTORY)


def _entry(group: TextGroup, directory: TextDirectory) -> GroupSummaryEntry:
    aliases, families = directory.aliases, directory.families
    canonical_count = len(group.canonical)
    sizes = {member.parsed.size for member in group.members}
    return GroupSummaryEntry(
        group_name=group.name,
        canonical_count=canonical_count,
        backend_duplicate_count=len(group.members) - canonical_count,
        has_custom_schema=any(directory.schema_of(spelling) for spelling in group.spellings),
        family_name=next(filter(None, map(families.family_of, group.spellings)), None),
        alias_canonical=next(filter(None, map(aliases.canonical_of, group.spellings)), None),
        aliases=[alias for spelling in group.spellings for alias in aliases.aliases_of(spelling)],
        available_sizes=sorted(filter(None, sizes), key=size_sort_key),
        health_issues=group.made(group_issues),
    )
