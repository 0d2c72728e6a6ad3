"""Parts that several models share, found by their content hashes in the records (spec 30 §11)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from horde_model_reference.client.component_hash import ComponentKind, component_kind_for_purpose

if TYPE_CHECKING:
    from horde_model_reference.domain.records import GenericModelRecord


@dataclass(frozen=True, slots=True)
class CanonicalComponentSource:
    """Where a part can be had."""

    model_name: str
    kind: ComponentKind
    embedded: bool
    """Whether it is inside the model's checkpoint; False: it is a file of its own."""
    file_name: str | None = None
    """Of the file of its own; None where it is embedded."""
    file_purpose: str | None = None


@dataclass(frozen=True, slots=True)
class CanonicalComponent:
    """A part, and everything that holds it."""

    content_hash: str
    kind: ComponentKind
    shared_by_model_count: int
    """How many models hold it, each counted once."""
    sources: tuple[CanonicalComponentSource, ...]


@dataclass(frozen=True, slots=True)
class CanonicalComponentRegistry:
    """The shared parts, by kind, then by hash."""

    components: tuple[CanonicalComponent, ...] = ()

    def by_hash(self, content_hash: str) -> CanonicalComponent | None:
        """Return the part with a content hash in either case; None: it is not shared."""
        wanted = content_hash.lower()
        return next((each for each in self.components if each.content_hash == wanted), None)

    def for_kind(self, kind: ComponentKind | str) -> tuple[CanonicalComponent, ...]:
        """Return the parts of one kind, by hash."""
        wanted = ComponentKind(kind)
        return tuple(each for each in self.components if each.kind is wanted)


def derive_canonical_registry(
    records: "Mapping[str, GenericModelRecord] | Iterable[GenericModelRecord]",
    *,
    min_shared_models: int = 2,
    allow: Iterable[str] = (),
    deny: Iterable[str] = (),
) -> CanonicalComponentRegistry:
    """Return the parts that enough models hold.

    Args:
        records: The models; of a mapping, its values.
        min_shared_models: How many models make a part shared.
        allow: Hashes of parts that count as shared however few models hold them.
        deny: Hashes of parts that never do, even if allowed.
    """
    allowed = {content_hash.lower() for content_hash in allow}
    denied = {content_hash.lower() for content_hash in deny}
    found: dict[tuple[ComponentKind, str], list[CanonicalComponentSource]] = {}
    models = (
        cast("Mapping[str, GenericModelRecord]", records).values()
        if isinstance(records, Mapping)
        else records
    )
    for record in models:
        for content_hash, source in _sources_in(record):
            found.setdefault((source.kind, content_hash), []).append(source)
    candidates = [
        CanonicalComponent(content_hash, kind, len({source.model_name for source in sources}), tuple(sources))
        for (kind, content_hash), sources in sorted(found.items())
        if content_hash not in denied
    ]
    return CanonicalComponentRegistry(
        tuple(
            each
            for each in candidates
            if each.shared_by_model_count >= min_shared_models or each.content_hash in allowed
        )
    )


def _sources_in(record: "GenericModelRecord") -> Iterator[tuple[str, CanonicalComponentSource]]:
    for declared in record.config.download:
        kind = component_kind_for_purpose(declared.file_purpose)
        if kind is not None and declared.content_hash:
            source = CanonicalComponentSource(
                record.name, kind, False, declared.file_name, declared.file_purpose
            )
            yield declared.content_hash.lower(), source
    for purpose, content_hash in (record.config.embedded_component_hashes or {}).items():
        kind = component_kind_for_purpose(purpose)
        if kind is not None and content_hash:
            yield content_hash.lower(), CanonicalComponentSource(record.name, kind, True)
