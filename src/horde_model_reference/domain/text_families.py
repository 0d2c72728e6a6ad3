"""Named sets of related groups of text models (spec 23, Families)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from horde_model_reference.domain.errors import ConflictError, NotFoundError


@dataclass(frozen=True, slots=True)
class GroupFamilies:
    """Which groups belong together, as far as somebody has said so; a group is in one family at most."""

    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Families with their groups, sorted; never empty."""
    _families: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        families = {group: family for family, groups in self.members.items() for group in groups}
        object.__setattr__(self, "_families", families)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the families in order."""
        return iter(sorted(self.members))

    def family_of(self, group: str) -> str | None:
        """Return the family of a group; None where it has none."""
        return self._families.get(group)

    def family(self, name: str) -> tuple[str, ...]:
        """Return the groups of a family; raise NotFoundError where there is no such family."""
        if name not in self.members:
            raise NotFoundError(f"There is no family {name!a}.")
        return self.members[name]

    def with_family(self, name: str, groups: Iterable[str]) -> "GroupFamilies":
        """Make or replace a family.

        Raises:
            ConflictError: no group is given, or one is in another family.
        """
        wanted = tuple(sorted(set(groups)))
        if not wanted:
            raise ConflictError(f"The family {name!a} needs a group at least.")
        for group in wanted:
            if (other := self._families.get(group, name)) != name:
                raise ConflictError(f"The group {group!a} is in the family {other!a} already.")
        return GroupFamilies({**self.members, name: wanted})

    def with_group(self, name: str, group: str) -> "GroupFamilies":
        """Add a group to a family; one that is in it already is no change.

        Raises:
            NotFoundError: there is no such family.
            ConflictError: the group is in another family.
        """
        return self.with_family(name, (*self.family(name), group))

    def without_group(self, name: str, group: str) -> "GroupFamilies":
        """Take a group from a family, which ends with its last one; raise NotFoundError."""
        known = self.family(name)
        if group not in known:
            raise NotFoundError(f"The group {group!a} is not in the family {name!a}.")
        left = [each for each in known if each != group]
        return self.with_family(name, left) if left else self.without_family(name)

    def without_family(self, name: str) -> "GroupFamilies":
        """Dissolve a family; raise NotFoundError where there is no such family."""
        self.family(name)
        return GroupFamilies({each: groups for each, groups in self.members.items() if each != name})

    def renamed(self, old: str, new: str) -> "GroupFamilies":
        """Put the new name of a group where the old one stood; a new name that has a family keeps it."""
        family = self.family_of(old)
        if family is None:
            return self
        left = [group for group in self.members[family] if group != old]
        if self.family_of(new) is not None:
            return self.without_group(family, old)
        return self.with_family(family, (*left, new))
