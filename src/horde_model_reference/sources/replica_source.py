"""Snapshots of the copies of a REPLICA, for its service (spec 30 §7)."""

import logging
import time

import orjson

from horde_model_reference.catalog.snapshot import (
    CategorySnapshot,
    StoredRecord,
    build_snapshot,
    told_guidance,
)
from horde_model_reference.domain.categories import Category
from horde_model_reference.formats.v2 import read_v2_file
from horde_model_reference.sources.chain import ReplicaChain

_log = logging.getLogger(__name__)


class ReplicaSource:
    """Gives a snapshot of each copy; the revision of a category is the time its file was changed."""

    def __init__(self, chain: ReplicaChain) -> None:
        self._chain = chain
        self._told: dict[Category, tuple[int, str]] = {}
        """By category: the revision of the last snapshot, and the tag of its copy."""

    def fetch(
        self, category: Category, *, newer_than: CategorySnapshot | None = None
    ) -> CategorySnapshot | None:
        """Return the records of a copy that changed, None where it did not or there is none.

        At first an older copy does, so that a service starts whatever its PRIMARY is up to.
        """
        chain = self._chain
        copy = chain.copy(category) if newer_than is None else chain.renew(category)
        if copy is None:
            return None
        if newer_than is not None and self._told.get(category) == (newer_than.revision, copy.tag):
            return None
        conversion = read_v2_file(category, copy.content)
        for refusal in conversion.refusals:
            _log.warning("the %s record %r is left out: %s", category, refusal.key, refusal.reason)
        signature = chain.folder.signature(category)
        revision = signature[2] if signature is not None else time.time_ns()
        if newer_than is not None:
            revision = max(revision, newer_than.revision + 1)
        self._told[category] = (revision, copy.tag)
        records = [
            StoredRecord(
                name=record.key,
                document=orjson.dumps(record.document),
                guidance=told_guidance(record.document),
            )
            for record in conversion.records
        ]
        return build_snapshot(category, records, revision=revision, modified_at=revision // 10**9)
