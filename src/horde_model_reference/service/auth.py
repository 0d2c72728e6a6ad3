"""Who calls: from the `apikey` header to a person with roles (spec 20)."""

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, HTTPException, Request, Security
from fastapi.security import APIKeyHeader

from horde_model_reference.bootstrap import Registry
from horde_model_reference.domain.actors import Actor, Role
from horde_model_reference.domain.errors import NotPermittedError
from horde_model_reference.service.errors import InvalidKeyError
from horde_model_reference.settings import Settings
from horde_model_reference.sources.ai_horde_users import TIMED_OUT, IdentityUnavailableError, Person

_API_KEY_HEADER = APIKeyHeader(
    name="apikey", auto_error=False, description="The API key of an AI-Horde user."
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Caller:
    """Somebody with a key that nobody has looked at yet.

    A route takes it as a parameter, so that a missing header is refused before the request is validated, and
    asks for the actor in its body, so that the key is looked up after that (spec 20, Key header). Each
    method is one guard: it raises InvalidKeyError (401) where the key is nobody's or nobody is on the list,
    NotPermittedError (403) where the person isn't, and IdentityUnavailableError (503) where the AI-Horde
    can't be asked.
    """

    key: str
    registry: Registry

    async def reader(self) -> Actor:
        """Return whoever has a valid key."""
        person = await self._person()
        return Actor(
            user_id=person.user_id,
            username=person.username,
            roles=roles_of(person.user_id, self.registry.settings),
        )

    async def requestor(self) -> Actor:
        """Return a person who may propose changes; approvers may too."""
        return await self._with_role(Role.requestor)

    async def approver(self) -> Actor:
        """Return a person who may decide on changes."""
        return await self._with_role(Role.approver)

    async def license_editor(self) -> Actor:
        """Return a person who may edit licence definitions."""
        return await self._with_role(Role.license_editor)

    async def direct_writer(self) -> Actor:
        """Return an approver; everybody else has an invalid key (spec 20, direct v1 write)."""
        try:
            return await self.approver()
        except NotPermittedError:
            raise InvalidKeyError("Invalid API key") from None

    async def _with_role(self, role: Role) -> Actor:
        if not _listed(role, self.registry.settings):
            raise InvalidKeyError("Invalid API key")
        actor = await self.reader()
        actor.require(role)
        return actor

    async def _person(self) -> Person:
        if self.registry.ai_horde is None:
            raise IdentityUnavailableError("Nothing here asks the AI-Horde who a key belongs to.")
        users = self.registry.ai_horde.users
        looking = asyncio.wrap_future(users.look_up(self.key))
        # Waits without cancelling: others may wait for the same look-up.
        await asyncio.wait([looking], timeout=users.timeout_seconds)
        if not looking.done():
            raise IdentityUnavailableError(TIMED_OUT)
        person = looking.result().outcome()
        if person is None:
            raise InvalidKeyError("Invalid API key")
        return person


async def current_caller(request: Request, key: Annotated[str | None, Security(_API_KEY_HEADER)]) -> Caller:
    """Return who calls, not yet looked at; refuse a request without the header."""
    if not key:
        raise HTTPException(
            HTTPStatus.UNAUTHORIZED, "Not authenticated", headers={"WWW-Authenticate": "APIKey"}
        )
    return Caller(key=key, registry=request.app.state.registry)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


def roles_of(user_id: str, settings: Settings) -> frozenset[Role]:
    """Return the roles that the allow-lists give to a user now (spec 20, Roles)."""
    return frozenset(role for role in Role if user_id in _listed(role, settings))


def _listed(role: Role, settings: Settings) -> frozenset[str]:
    queue = settings.pending_queue
    match role:
        case Role.requestor:
            return frozenset((*queue.requestor_ids, *queue.approver_ids))
        case Role.approver:
            return frozenset(queue.approver_ids)
        case Role.license_editor:
            return frozenset(settings.licensing.editor_ids)
