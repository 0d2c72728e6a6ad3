"""Answers about everything under a licence: each made once for a state of the data, off the event loop."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from horde_model_reference.catalog.body import Body
from horde_model_reference.catalog.catalog import Catalog, CatalogMoment
from horde_model_reference.catalog.licensed_assets import AssetFilters, LicensedAssets, ModelGroup
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.service.derived_answers import DerivedAnswers

_MOST_BYTES = 4 * 1024 * 1024
_MOST_BODIES = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """The data at one moment, and what was made of it; another moment is another state."""

    moment: CatalogMoment
    assets: LicensedAssets
    answers: DerivedAnswers


class LicensingAnswers:
    """Bodies of pages, summary and export; those of an earlier state are forgotten with it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._state: _State | None = None
        # One thread: this is work for the processor, and two would make the same.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="licensing")

    @property
    def modified_at(self) -> int:
        """Unix seconds of the newest change that answers show."""
        return self._catalog.moment.modified_at

    async def page(self, filters: AssetFilters, *, offset: int, limit: int) -> Body:
        """Return a page of assets."""
        query = (filters, offset, limit)
        return await self._body(query, lambda assets: assets.page(filters, offset=offset, limit=limit))

    async def summary(self) -> Body:
        """Return the counts."""
        return await self._body("summary", LicensedAssets.summary)

    async def export(self) -> Body:
        """Return everything."""
        state = self._state
        if state is not None and self._is_current(state) and "export" in vars(state.assets):
            return state.assets.export
        return await self._work(lambda: self._current().assets.export)

    async def _body(self, query: Hashable, make: Callable[[LicensedAssets], Any]) -> Body:
        state = self._state
        if state is not None and self._is_current(state) and (known := state.answers.find(query)) is not None:
            return known
        return await self._work(lambda: self._made(query, make))

    async def _work(self, work: Callable[[], Body]) -> Body:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def _made(self, query: Hashable, make: Callable[[LicensedAssets], Any]) -> Body:
        state = self._current()
        return state.answers.body(query, lambda: make(state.assets))

    def _current(self) -> _State:
        state = self._state
        if state is None or not self._is_current(state):
            state = self._state = _read(self._catalog.moment, state)
        return state

    def _is_current(self, state: _State) -> bool:
        return state.moment is self._catalog.moment


def _read(moment: CatalogMoment, before: _State | None) -> _State:
    """Return the state of the data at a moment; what did not change is taken over."""
    known = () if before is None else before.assets.models
    groups = {id(group.snapshot): group for group in known}
    models = [groups.get(id(snapshot)) or ModelGroup(snapshot) for snapshot in moment.snapshots.values()]
    assets = LicensedAssets(models, moment.resources[CatalogName.licensing])
    answers = DerivedAnswers(max_bytes=_MOST_BYTES, max_entries=_MOST_BODIES)
    return _State(moment=moment, assets=assets, answers=answers)
