"""Other names of groups of text models (spec 23, Aliases)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from horde_model_reference.domain.errors import ConflictError, NotFoundError


@dataclass(frozen=True, slots=True)
class GroupAliases:
    """Which group goes by which other names; a group has one canonical name, reached in one step.

    No name is an alias twice, and none is both an alias and the canonical name of another.
    """

    entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Canonical names with their aliases in the order in which they were given."""
    _owners: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        owners = {alias: canonical for canonical, aliases in self.entries.items() for alias in aliases}
        object.__setattr__(self, "_owners", owners)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the canonical names in order."""
        return iter(sorted(self.entries))

    def resolve(self, name: str) -> str:
        """Return the canonical name behind an alias, and any other name as it is."""
        return self._owners.get(name, name)

    def canonical_of(self, alias: str) -> str | None:
        """Return the canonical name behind an alias; None where the name is no alias."""
        return self._owners.get(alias)

    def aliases_of(self, canonical: str) -> tuple[str, ...]:
        """Return the aliases of a group, none where it has none."""
        return self.entries.get(canonical, ())

    def entry(self, canonical: str) -> tuple[str, ...]:
        """Return the aliases that were set for a name; raise NotFoundError where nothing was."""
        if canonical not in self.entries:
            raise NotFoundError(f"The group {canonical!a} has no aliases.")
        return self.entries[canonical]

    def with_entry(self, canonical: str, aliases: Iterable[str]) -> "GroupAliases":
        """Replace the aliases of a group, also by none at all.

        Raises:
            ConflictError: an alias is given twice, belongs to another group, or would make a chain.
        """
        wanted = tuple(aliases)
        self._check(canonical, wanted)
        return GroupAliases({**self.entries, canonical: wanted})

    def with_alias(self, canonical: str, alias: str) -> "GroupAliases":
        """Add an alias to a group; one that it has already is no change.

        Raises:
            ConflictError: the alias belongs to another group, or would make a chain.
        """
        known = self.aliases_of(canonical)
        if alias in known:
            return self
        return self.with_entry(canonical, (*known, alias))

    def without_alias(self, canonical: str, alias: str) -> "GroupAliases":
        """Take an alias from a group, which ends the entry with its last one; raise NotFoundError."""
        known = self.entry(canonical)
        if alias not in known:
            raise NotFoundError(f"{alias!a} is no alias of the group {canonical!a}.")
        left = tuple(each for each in known if each != alias)
        return self.with_entry(canonical, left) if left else self.without_entry(canonical)

    def without_entry(self, canonical: str) -> "GroupAliases":
        """Take all aliases from a group; raise NotFoundError where nothing was set for it."""
        self.entry(canonical)
        return GroupAliases({name: aliases for name, aliases in self.entries.items() if name != canonical})

    def renamed(self, old: str, new: str) -> "GroupAliases":
        """Make the old name of a group, with all its aliases, aliases of the new name.

        Raises:
            ConflictError: the new name is an alias of another group, or the old one is an alias itself.
        """
        rest = GroupAliases({name: aliases for name, aliases in self.entries.items() if name != old})
        moved = (*rest.aliases_of(new), *self.aliases_of(old), old)
        return rest.with_entry(new, (alias for alias in dict.fromkeys(moved) if alias != new))

    def _check(self, canonical: str, aliases: tuple[str, ...]) -> None:
        if (owner := self.canonical_of(canonical)) is not None:
            raise ConflictError(f"{canonical!a} is an alias of {owner!a}: an alias can't have aliases.")
        seen: set[str] = set()
        for alias in aliases:
            if alias == canonical:
                raise ConflictError(f"The group {canonical!a} can't be its own alias.")
            if alias in seen:
                raise ConflictError(f"The alias {alias!a} is given twice.")
            if (owner := self._owners.get(alias, canonical)) != canonical:
                raise ConflictError(f"{alias!a} is an alias of {owner!a} already.")
            if self.entries.get(alias):
                raise ConflictError(f"{alias!a} has aliases itself: an alias can't have aliases.")
            seen.add(alias)


NO_ALIASES = GroupAliases()
"""Where no group has another name."""
