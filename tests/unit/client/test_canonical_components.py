from horde_model_reference.canonical_components import (
    CanonicalComponent,
    CanonicalComponentSource,
    derive_canonical_registry,
)
from horde_model_reference.component_hash import ComponentKind
from horde_model_reference.domain.record_parts import DownloadRecord, GenericModelRecordConfig
from horde_model_reference.domain.records import MiscellaneousModelRecord

SHARED, OTHER, LONELY = "a" * 64, "b" * 64, "c" * 64


def a_model(
    name: str, *, vae: str | None = None, embedded: dict[str, str] | None = None
) -> MiscellaneousModelRecord:
    files = [] if vae is None else [("vae.safetensors", "vae", vae)]
    downloads = [
        DownloadRecord(file_name=file, file_url="", file_purpose=purpose, content_hash=content_hash)
        for file, purpose, content_hash in files
    ]
    config = GenericModelRecordConfig(download=downloads, embedded_component_hashes=embedded)
    return MiscellaneousModelRecord(name=name, config=config)


def test_a_part_of_two_models_is_shared_with_all_its_sources() -> None:
    models = [a_model("one", vae=SHARED.upper()), a_model("two", embedded={"vae": SHARED})]

    registry = derive_canonical_registry(models)

    assert registry.components == (
        CanonicalComponent(
            SHARED,
            ComponentKind.VAE,
            2,
            (
                CanonicalComponentSource("one", ComponentKind.VAE, False, "vae.safetensors", "vae"),
                CanonicalComponentSource("two", ComponentKind.VAE, True),
            ),
        ),
    )


def test_a_part_that_one_model_holds_twice_is_not_shared() -> None:
    assert derive_canonical_registry([a_model("one", vae=SHARED, embedded={"vae": SHARED})]).components == ()


def test_parts_are_sorted_by_kind_and_hash() -> None:
    embedded = {"vae": SHARED, "text_encoders": LONELY}
    models = {
        "1": a_model("one", embedded=embedded, vae=OTHER),
        "2": a_model("two", embedded=embedded, vae=OTHER),
    }

    registry = derive_canonical_registry(models)

    assert [(each.kind, each.content_hash) for each in registry.components] == [
        (ComponentKind.TEXT_ENCODERS, LONELY),
        (ComponentKind.VAE, SHARED),
        (ComponentKind.VAE, OTHER),
    ]
    assert [each.content_hash for each in registry.for_kind("vae")] == [SHARED, OTHER]


def test_a_part_is_found_by_its_hash_in_either_case() -> None:
    registry = derive_canonical_registry([a_model("one", vae=SHARED)], min_shared_models=1)

    found = registry.by_hash(SHARED.upper())

    assert found is not None
    assert found.content_hash == SHARED
    assert registry.by_hash(OTHER) is None


def test_denied_parts_are_never_shared_and_allowed_ones_always() -> None:
    models = [a_model("one", vae=SHARED), a_model("two", vae=SHARED), a_model("three", vae=LONELY)]

    registry = derive_canonical_registry(models, allow=[LONELY.upper(), SHARED], deny=[SHARED.upper()])

    assert [each.content_hash for each in registry.components] == [LONELY]


def test_unknown_kinds_and_missing_hashes_are_left_out() -> None:
    models = [a_model(name, vae="", embedded={"unet": SHARED}) for name in ("one", "two")]

    assert derive_canonical_registry(models).components == ()
