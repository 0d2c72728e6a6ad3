"""Who asks, and what they are trusted with."""

from dataclasses import dataclass
from enum import StrEnum

from horde_model_reference.domain.errors import NotPermittedError


class Role(StrEnum):
    """What an allow-list grants (spec 20, Roles)."""

    approver = "approver"
    license_editor = "license_editor"
    requestor = "requestor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A person known to the AI-Horde, with the roles they have at this moment."""

    user_id: str
    """The text after the last ``#`` of the username; identities are compared by it."""
    username: str
    """Name and number, as in ``Name#12345``."""
    roles: frozenset[Role] = frozenset()

    def has(self, role: Role) -> bool:
        """Tell whether the person holds a role; approvers count as requestors too (spec 20, Roles)."""
        return role in self.roles or (role is Role.requestor and Role.approver in self.roles)

    def require(self, role: Role) -> None:
        """Raise NotPermittedError unless the person holds the role."""
        if not self.has(role):
            raise NotPermittedError(f"{self.username} is not on the list for the role {role.value}.")
