"""What existing programs do with the package (spec 31), each as its program does it."""

import asyncio
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import create_model

import horde_model_reference
from horde_model_reference import (
    COMPONENT_PURPOSE_FOLDERS,
    HORDE_SOURCE_ID,
    MODEL_REFERENCE_CATEGORY,
    PENDING_SOURCE_ID,
    HordeModelReferenceSettings,
    ModelReferenceManager,
    PendingModelProvider,
    PrefetchStrategy,
    download_engine,
    file_paths_for,
    get_category_descriptor,
    horde_model_reference_paths,
    is_present,
    meta_consts,
    resolve_weights_root,
)
from horde_model_reference.meta_consts import (
    KNOWN_IMAGE_GENERATION_BASELINE,
    MODEL_DOMAIN,
    MODEL_PURPOSE,
    ModelClassification,
    get_baseline_native_resolution,
)
from horde_model_reference.model_reference_records import (
    DownloadRecord,
    GenericModelRecord,
    GenericModelRecordConfig,
    ImageGenerationModelRecord,
    LoraModelRecord,
    get_default_config,
)
from horde_model_reference.providers.base import ModelProvider
from horde_model_reference.source_consts import SourceSelector

pytestmark = pytest.mark.usefixtures("no_manager")


@pytest.fixture
def manager(real_v2_folder: Path) -> ModelReferenceManager:
    if not ModelReferenceManager.has_instance():
        ModelReferenceManager(base_path=real_v2_folder, offline=True, prefetch_strategy=PrefetchStrategy.NONE)
    return ModelReferenceManager.get_instance()


def test_a_baseline_is_its_name() -> None:
    kudos = {"stable_diffusion_xl": 1}

    assert KNOWN_IMAGE_GENERATION_BASELINE.stable_diffusion_xl == "stable_diffusion_xl"
    assert kudos[KNOWN_IMAGE_GENERATION_BASELINE.stable_diffusion_xl] == 1
    with pytest.raises(ValueError, match="unheard of"):
        KNOWN_IMAGE_GENERATION_BASELINE("unheard of")


def test_the_native_resolution_is_asked_by_member_or_text() -> None:
    assert get_baseline_native_resolution(KNOWN_IMAGE_GENERATION_BASELINE.flux_1) == 1024
    assert get_baseline_native_resolution("stable_diffusion_1") == 512
    for baseline in ("unheard of", KNOWN_IMAGE_GENERATION_BASELINE.infer):
        with pytest.raises(KeyError):
            get_baseline_native_resolution(baseline)


def test_categories_name_files() -> None:
    category = MODEL_REFERENCE_CATEGORY("lora")

    assert f"{category}.json" == "lora.json"
    assert horde_model_reference_paths.legacy_path.joinpath(f"{category}.json").parent.name == "legacy"
    assert horde_model_reference_paths.get_model_reference_filename(
        MODEL_REFERENCE_CATEGORY.image_generation, base_path="x"
    ) == Path("x/stable_diffusion.json")
    assert get_category_descriptor(category).managed_download_elsewhere


def test_a_resolver_loads_in_the_background_and_awaits_the_handle(real_v2_folder: Path) -> None:
    async def resolve() -> int:
        manager = ModelReferenceManager(
            base_path=real_v2_folder, offline=True, prefetch_strategy=PrefetchStrategy.ASYNC
        )
        handle = manager.deferred_prefetch_handle
        assert handle is not None
        await handle
        references = manager.get_all_model_references()
        return len(references.get(MODEL_REFERENCE_CATEGORY.image_generation) or {})

    assert asyncio.run(resolve()) == 161


def test_a_job_looks_its_model_up_by_name(manager: ModelReferenceManager) -> None:
    record = manager.query(MODEL_REFERENCE_CATEGORY.image_generation).where(name="Deliberate").first()

    assert isinstance(record, ImageGenerationModelRecord)
    assert KNOWN_IMAGE_GENERATION_BASELINE(record.baseline) == "stable_diffusion_1"
    assert record.nsfw is not None
    assert record.metadata.created_at is None or record.metadata.created_at > 0


def test_an_engine_reads_a_category_with_proposed_models(manager: ModelReferenceManager) -> None:
    provider = PendingModelProvider(
        primary_api_url="http://127.0.0.1:9",
        apikey="0000000000",
        categories=[MODEL_REFERENCE_CATEGORY.image_generation],
        retry_max_attempts=1,
    )
    manager.register_provider(provider, replace=True)
    selector: SourceSelector = [PENDING_SOURCE_ID, HORDE_SOURCE_ID]

    reference = manager.get_model_reference_or_none(
        MODEL_REFERENCE_CATEGORY.image_generation, source=selector
    )

    assert reference is not None
    assert len(reference) == 161
    assert manager.get_provider(PENDING_SOURCE_ID) is provider


class _CivitaiRecord(LoraModelRecord):
    model_config = get_default_config()

    version_id: int


class _CivitaiProvider(ModelProvider):
    @property
    def source_id(self) -> str:
        return "civitai"

    def provided_categories(self) -> set[str]:
        return {MODEL_REFERENCE_CATEGORY.lora}

    def fetch_category(
        self, category: str, *, force_refresh: bool = False
    ) -> Mapping[str, GenericModelRecord] | None:
        return {"a lora": _CivitaiRecord(name="a lora", version_id=7)}


def test_an_engine_brings_records_with_fields_of_its_own(manager: ModelReferenceManager) -> None:
    manager.register_provider(_CivitaiProvider())

    found = manager.query(MODEL_REFERENCE_CATEGORY.lora, source="civitai").to_list()

    assert [record.version_id for record in found] == [7]
    copy = found[0].model_copy(update={"version_id": 8})
    assert copy.model_dump()["version_id"] == 8


def test_an_engine_makes_a_custom_model_by_hand_and_finds_its_file(tmp_path: Path) -> None:
    record = ImageGenerationModelRecord(
        name="my own",
        baseline=KNOWN_IMAGE_GENERATION_BASELINE.stable_diffusion_xl,
        nsfw=False,
        model_classification=ModelClassification(domain=MODEL_DOMAIN.image, purpose=MODEL_PURPOSE.generation),
        config=GenericModelRecordConfig(
            download=[DownloadRecord(file_name="own.safetensors", file_url="", sha256sum="FIXME")]
        ),
    )
    (tmp_path / "compvis").mkdir()
    assert not is_present(record, tmp_path)

    (tmp_path / "compvis" / "own.safetensors").touch()

    assert is_present(record, tmp_path)
    assert file_paths_for(record, tmp_path) == [tmp_path / "compvis" / "own.safetensors"]
    assert download_engine.sha256_of(tmp_path / "compvis" / "own.safetensors")


def test_an_engine_resolves_the_weights_root(tmp_path: Path) -> None:
    for marker in ("clip", "compvis"):
        (tmp_path / "weights" / marker).mkdir(parents=True)

    assert resolve_weights_root(tmp_path) == tmp_path / "weights"
    assert COMPONENT_PURPOSE_FOLDERS["vae"] == "vae"
    assert "vae" in COMPONENT_PURPOSE_FOLDERS


def test_settings_are_built_anew_and_tell_the_mirror(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORDE_MODEL_REFERENCE_R2__GATEWAY_URL", "https://mirror.example")

    assert HordeModelReferenceSettings().r2.gateway_url == "https://mirror.example"
    settings = horde_model_reference.horde_model_reference_settings
    assert settings.primary_api_url == "https://models.aihorde.net/api"
    assert settings.offline is False


def test_a_child_process_reads_what_its_parent_keeps(real_v2_folder: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "horde_model_reference").parent.mkdir()
    (home / "horde_model_reference").symlink_to(real_v2_folder)
    code = (
        "from horde_model_reference import ModelReferenceManager, PrefetchStrategy;"
        "m = ModelReferenceManager(offline=True, prefetch_strategy=PrefetchStrategy.NONE);"
        "print(len(m.get_model_reference('image_generation')), m.offline)"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "AIWORKER_CACHE_HOME": str(home),
        "HORDE_MODEL_REFERENCE_OFFLINE": "1",
    }

    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.split() == ["161", "True"]


def test_unknown_fields_are_refused_where_tests_of_the_horde_ask_for_it(tmp_path: Path) -> None:
    (tmp_path / "blip.json").write_text(json.dumps({"a": {"name": "a", "surprise": 1}}))
    code = (
        "from horde_model_reference import ModelReferenceManager;"
        f"m = ModelReferenceManager(offline=True, base_path={str(tmp_path)!r});"
        "print(list(m.get_model_reference('blip')))"
    )

    def names(**environment: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            env={"PATH": os.environ["PATH"], **environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    assert names() == "['a']"
    assert names(AI_HORDE_TESTING="true") == "[]"


@pytest.mark.parametrize(
    "name",
    [
        "MODEL_REFERENCE_CATEGORY",
        "MODEL_DOMAIN",
        "MODEL_PURPOSE",
        "MODEL_STYLE",
        "KNOWN_IMAGE_GENERATION_BASELINE",
        "KNOWN_IMAGE_SCHEDULER",
        "CONTROLNET_STYLE",
        "TEXT_BACKENDS",
    ],
)
def test_enums_bear_their_public_names_in_schemas_and_pickles(name: str) -> None:
    kind = getattr(meta_consts, name)
    model = create_model("Theirs", field=(kind, ...))

    assert list(model.model_json_schema()["$defs"]) == [name]
    assert pickle.loads(pickle.dumps(list(kind))) == list(kind)
    with pytest.raises(ValueError, match=f"is not a valid {name}"):
        kind("nonsense")
