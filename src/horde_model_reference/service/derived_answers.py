"""Answers that are computed from records, alone or with live data: made once, then ready bodies."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import orjson
from fastapi import Request
from starlette.responses import Response

from horde_model_reference.bootstrap import Registry
from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.deletion_risk import RiskPolicy
from horde_model_reference.catalog.deletion_risk_report import RiskList, RiskSelection, list_risks
from horde_model_reference.catalog.live import LiveDataUnavailableError, LiveModels, WorkKind
from horde_model_reference.catalog.live_join import ModelLiveStatistics, join
from horde_model_reference.catalog.reference_models import (
    NamedModel,
    ReferenceModel,
    read_models,
    read_names,
)
from horde_model_reference.catalog.resources import ResourceCatalog
from horde_model_reference.catalog.snapshot import CategorySnapshot
from horde_model_reference.catalog.text_directory import group_aliases
from horde_model_reference.catalog.text_groups import TextGroups, read_text_groups
from horde_model_reference.service.ready_answer import Freshness, ready_answer
from horde_model_reference.settings import ReplicateMode

LIVE_AGE_HEADER = "X-Live-Data-Age"
"""How old the data from the AI-Horde is that an answer was made of, in whole seconds."""

_REPEATED_FOR_SECONDS = 1
"""Answers that tell how old their data is are given again for that long; ages are whole seconds."""

_Value = TypeVar("_Value")


class DerivedAnswers:
    """Remembers bodies by what they were made from, so that other data is another body.

    A key names the revision of the records, the version of the live data and the query without its
    accidents. One body is made at a time; whoever wants the same waits for it and takes it.
    """

    def __init__(self, *, max_bytes: int = 24 * 1024 * 1024, max_entries: int = 4096) -> None:
        """Bound the bytes of the bodies with their keys, which hold what clients sent, and their number."""
        self._max_bytes = max_bytes
        self._max_entries = max_entries
        self._bodies: OrderedDict[Hashable, Body] = OrderedDict()
        self._costs_bytes: dict[Hashable, int] = {}
        self._held_bytes = 0
        self._steps: dict[Hashable, tuple[Hashable, Any]] = {}
        self._making = threading.Lock()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> Body | None:
        """Return the body for a key where it is remembered."""
        with self._lock:
            body = self._bodies.get(key)
            if body is not None:
                self._bodies.move_to_end(key)
            return body

    def body(self, key: Hashable, make: Callable[[], Any]) -> Body:
        """Return the body for a key; ``make`` gives what it is to say, as orjson can encode it."""
        return self.ready(key, lambda: Body(orjson.dumps(make())))

    def ready(self, key: Hashable, make: Callable[[], Body]) -> Body:
        """Return the body for a key; ``make`` gives it whole."""
        with self._making:
            body = self.find(key)
            if body is None:
                body = make()
                self._keep(key, body)
            return body

    def models(self, snapshot: CategorySnapshot) -> tuple[ReferenceModel, ...]:
        """Return what statistics count; for use by ``make``."""
        return self._step(("models", snapshot.category), snapshot.revision, lambda: read_models(snapshot))

    def names(self, snapshot: CategorySnapshot) -> Sequence[NamedModel]:
        """Return what live data is joined to, which takes no look into the records; for use by ``make``."""
        known = self._steps.get(("models", snapshot.category))
        if known is not None and known[0] == snapshot.revision:
            return self.models(snapshot)
        return self._step(("names", snapshot.category), snapshot.revision, lambda: read_names(snapshot))

    def text_groups(self, snapshot: CategorySnapshot | None) -> TextGroups:
        """Return the text models by group; for use by ``make``."""
        stamp = None if snapshot is None else snapshot.revision
        _, before = self._steps.get("text_groups", (None, None))
        return self._step("text_groups", stamp, lambda: read_text_groups(snapshot, before=before))

    def current_text_groups(self, snapshot: CategorySnapshot | None) -> TextGroups:
        """Return the same to whoever makes no body."""
        with self._making:
            return self.text_groups(snapshot)

    def joined(
        self, snapshot: CategorySnapshot, live: LiveModels, *, with_variations: bool = False
    ) -> dict[str, ModelLiveStatistics]:
        """Return the live data of the models of a category; for use by ``make``."""
        slot = ("joined", snapshot.category, with_variations, live.workers is not None)
        return self._step(
            slot,
            (snapshot.revision, live.version),
            lambda: join(self.names(snapshot), live, with_variations=with_variations),
        )

    def risks(
        self,
        snapshot: CategorySnapshot,
        live: LiveModels,
        selection: RiskSelection,
        policy: RiskPolicy,
        aliases: ResourceCatalog,
    ) -> RiskList:
        """Return the models that pages are cut from; for use by ``make``."""
        joined = self.joined(snapshot, live, with_variations=selection.with_variations)
        return self._step(
            ("risks", snapshot.category, selection),
            (snapshot.revision, live.version, aliases.serial),
            lambda: list_risks(
                snapshot.category,
                self.models(snapshot),
                joined,
                selection,
                policy,
                aliases=aliases.made(group_aliases),
            ),
        )

    def _step(self, slot: Hashable, stamp: Hashable, make: Callable[[], _Value]) -> _Value:
        """Return a value that several bodies are made from; of each slot only the last is kept."""
        known = self._steps.get(slot)
        if known is None or known[0] != stamp:
            known = self._steps[slot] = (stamp, make())
        return cast(_Value, known[1])

    def _keep(self, key: Hashable, body: Body) -> None:
        cost_bytes = len(body) + len(repr(key).encode())
        if cost_bytes > self._max_bytes:
            return
        with self._lock:
            self._bodies[key] = body
            self._costs_bytes[key] = cost_bytes
            self._held_bytes += cost_bytes
            while self._held_bytes > self._max_bytes or len(self._bodies) > self._max_entries:
                gone, _ = self._bodies.popitem(last=False)
                self._held_bytes -= self._costs_bytes.pop(gone)


@dataclass(frozen=True, slots=True, kw_only=True)
class DerivedFrom:
    """What an answer is made of; None where a part is not there, or has nothing to do with it."""

    snapshot: CategorySnapshot | None = None
    live: LiveModels | None = None
    resources: tuple[ResourceCatalog, ...] = ()
    weak_tag: str | None = None
    """The tag that clients know this answer by; None: the tag of its body."""
    is_conditional: bool = True
    """Whether that tag is all that the answer depends on."""

    def key(self, query: Hashable) -> Hashable:
        """Return what equal answers have in common."""
        return (
            query,
            None if self.snapshot is None else (self.snapshot.category, self.snapshot.revision),
            None if self.live is None else self.live.version,
            tuple((catalog.name, catalog.serial) for catalog in self.resources),
        )


async def derived_answer(
    request: Request,
    source: DerivedFrom,
    query: Hashable,
    make: Callable[[DerivedAnswers], Any],
    *,
    is_lasting: bool = True,
) -> Response:
    """Return the answer to a query, computing it in a thread where that has not been done yet.

    ``is_lasting`` says that it holds until the records change, where no live data is in it.
    """
    answers: DerivedAnswers = request.app.state.derived_answers
    key = source.key(query)
    body = answers.find(key)
    if body is None:
        body = await asyncio.to_thread(answers.body, key, lambda: make(answers))
    lasts = is_lasting and source.live is None
    response = await ready_answer(
        request, body, _freshness(request, source), for_seconds=None if lasts else _REPEATED_FOR_SECONDS
    )
    if source.live is not None:
        response.headers[LIVE_AGE_HEADER] = str(int(source.live.age_seconds))
    return response


async def current_live(request: Request, kind: WorkKind, *, with_workers: bool = False) -> LiveModels:
    """Return the live data of a kind of work; what is not fresh is renewed behind this request's back.

    Raises:
        LiveDataUnavailableError: There is none, and a short wait did not help.
    """
    registry: Registry = request.app.state.registry
    if registry.ai_horde is None:
        raise LiveDataUnavailableError("Nothing here asks the AI-Horde for live data.")
    client = registry.ai_horde.live
    due = client.renew(kind, with_workers=with_workers)
    if due.seconds:
        # Waits without cancelling: the call goes on for those who come later.
        await asyncio.wait([asyncio.wrap_future(each) for each in due.landings], timeout=due.seconds)
    return client.at_hand(kind, with_workers=with_workers)


def _freshness(request: Request, source: DerivedFrom) -> Freshness:
    registry: Registry = request.app.state.registry
    settings = registry.settings
    max_age = float(settings.http_max_age_seconds)
    modified_at = _modified_at(source)
    if source.live is not None:
        modified_at = max(modified_at or 0, source.live.fetched_at)
        max_age = min(max_age, max(0.0, settings.horde_api_cache_ttl - source.live.age_seconds))
    return Freshness(
        modified_at=modified_at,
        serial=registry.catalog.serial if settings.replicate_mode is ReplicateMode.PRIMARY else None,
        cache_control=(
            f"public, max-age={int(max_age)}, "
            f"stale-while-revalidate={settings.http_stale_while_revalidate_seconds}"
        ),
        weak_tag=source.weak_tag,
        is_conditional=source.is_conditional,
    )


def _modified_at(source: DerivedFrom) -> int | None:
    """Return when what an answer is made of last changed; None where that never happened."""
    times = [catalog.metadata.updated_at for catalog in source.resources]
    if source.snapshot is not None:
        times.append(source.snapshot.modified_at)
    return max((time for time in times if time is not None), default=None)
