"""Text models by family and by group: the same model in several sizes and versions."""

from collections.abc import Iterable
from dataclasses import dataclass

from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.domain.text_aliases import GroupAliases
from horde_model_reference.domain.text_families import GroupFamilies
from horde_model_reference.formats.text_name_parser import parse_text_name
from horde_model_reference.formats.text_names import size_sort_key, split_author, suggested_group

_TRAITS = ("author", "size", "variant", "version", "quant")
_COLUMNS = ("name", "baseline", "parameters_count", "nsfw")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMember:
    """One text model of a group."""

    name: str
    author: str | None
    size: str | None
    variant: str | None
    version: str | None
    quant: str | None
    parameters: int | None
    is_nsfw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextGroup:
    """Models whose names differ only in author, size, version and the like."""

    name: str
    family: str
    """What people said, else the baseline that most members have; empty where there is neither."""
    members: tuple[GroupMember, ...]

    @property
    def traits(self) -> tuple[str, ...]:
        """Return the parts of names that any of the models has: what a table needs columns for."""
        return tuple(
            trait for trait in _TRAITS if any(getattr(member, trait) is not None for member in self.members)
        )

    @property
    def sizes(self) -> tuple[str, ...]:
        """Return the sizes that there are, the smallest first."""
        return tuple(sorted({each.size for each in self.members if each.size}, key=size_sort_key))


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFamily:
    """The groups that belong together."""

    name: str
    groups: tuple[TextGroup, ...]

    @property
    def model_count(self) -> int:
        """Return how many models there are in all groups."""
        return sum(len(group.members) for group in self.groups)


def text_groups(
    snapshot: CategorySnapshot, aliases: GroupAliases, families: GroupFamilies
) -> dict[str, TextGroup]:
    """Return the groups of a category by name, in the order of their first models.

    What people said of groups counts: which are one under several names, and which belong together.
    """
    table = snapshot.table()
    rows: dict[str, list[int]] = {}
    for row, group in enumerate(table.derived("name", suggested_group)):
        rows.setdefault(aliases.resolve(group), []).append(row)
    names, baselines, parameters, nsfw = map(table.column, _COLUMNS)
    return {
        group: TextGroup(
            name=group,
            family=families.family_of(group) or _most_frequent(baselines[row] for row in members),
            members=tuple(
                _member(names[row], parameters[row], is_nsfw=bool(nsfw[row]))
                for row in sorted(members, key=lambda row: parameters[row] or 0)
            ),
        )
        for group, members in rows.items()
    }


def text_families(groups: Iterable[TextGroup]) -> list[TextFamily]:
    """Return groups by family, the largest family first, those without one last."""
    families: dict[str, list[TextGroup]] = {}
    for group in groups:
        families.setdefault(group.family, []).append(group)
    found = [
        TextFamily(name=name, groups=tuple(sorted(those, key=lambda group: group.name.lower())))
        for name, those in families.items()
    ]
    return sorted(found, key=lambda family: (not family.name, -family.model_count, family.name))


def by_initial(groups: Iterable[TextGroup]) -> list[tuple[str, list[TextGroup]]]:
    """Return groups, given in the order of their names, by their first letters; others under #."""
    found: dict[str, list[TextGroup]] = {}
    for group in groups:
        first = group.name[:1].upper()
        found.setdefault(first if first.isascii() and first.isalpha() else "#", []).append(group)
    return sorted(found.items())


def _member(name: str, parameters: int | None, *, is_nsfw: bool) -> GroupMember:
    author, model = split_author(name)
    parsed = parse_text_name(model)
    return GroupMember(
        name=name,
        author=author,
        size=parsed.size,
        variant=parsed.variant,
        version=parsed.version,
        quant=parsed.quant,
        parameters=parameters,
        is_nsfw=is_nsfw,
    )


def _most_frequent(families: Iterable[str | None]) -> str:
    found = [family for family in families if family]
    return max(dict.fromkeys(found), key=found.count, default="")
