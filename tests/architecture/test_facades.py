"""The public modules: thin, complete, and cheap to import."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import horde_model_reference

SOURCE = Path(__file__).parents[2] / "src" / "horde_model_reference"
LAYERS = {
    "bootstrap",
    "catalog",
    "cli",
    "client",
    "domain",
    "formats",
    "review",
    "service",
    "settings",
    "sources",
    "store",
}

NAMES = {
    "meta_consts": "MODEL_REFERENCE_CATEGORY MODEL_DOMAIN MODEL_PURPOSE MODEL_STYLE KNOWN_TAGS "
    "CONTROLNET_STYLE KNOWN_IMAGE_GENERATION_BASELINE KNOWN_IMAGE_SCHEDULER TEXT_BACKENDS "
    "MODEL_CLASSIFICATION_LOOKUP "
    "ModelClassification BaselineDescriptor CategoryDescriptor categories_managed_elsewhere "
    "register_model_domain is_known_model_domain register_model_purpose is_known_model_purpose "
    "register_model_style is_known_model_style register_tag is_known_tag register_controlnet_style "
    "is_known_controlnet_style register_image_scheduler is_known_image_scheduler register_text_backend "
    "is_known_text_backend register_category register_image_baseline register_image_baselines_from_catalog "
    "get_category_descriptor get_baseline_descriptor get_model_classification get_all_registered_categories "
    "get_all_registered_baselines is_known_image_baseline get_baseline_native_resolution "
    "get_baselines_by_resolution get_known_tags get_weights_marker_folders get_github_image_categories "
    "get_github_text_categories get_no_legacy_format_categories",
    "model_consts.image": "KNOWN_IMAGE_GENERATION_BASELINE MODEL_STYLE CONTROLNET_STYLE "
    "KNOWN_IMAGE_SCHEDULER",
    "model_consts.shared": "MODEL_REFERENCE_CATEGORY MODEL_DOMAIN MODEL_PURPOSE KNOWN_TAGS",
    "model_consts.text": "TEXT_BACKENDS",
    "model_reference_manager": "ModelReferenceManager PrefetchStrategy DeferredPrefetchHandle",
    "model_reference_records": "DownloadRecord GenericModelRecord GenericModelRecordConfig "
    "GenericModelRecordMetadata FineTuneSeriesInfo TextModelGroupNameSchema MODEL_RECORD_TYPE_LOOKUP "
    "register_record_type get_record_type_for_category get_default_config normalize_scheduler_requirements "
    "ImageGenerationModelRecord TextGenerationModelRecord ControlNetModelRecord ClipModelRecord "
    "ControlNetAnnotatorModelRecord VideoGenerationModelRecord AudioGenerationModelRecord LoraModelRecord "
    "TextualInversionModelRecord BlipModelRecord CodeformerModelRecord EsrganModelRecord GfpganModelRecord "
    "SafetyCheckerModelRecord MiscellaneousModelRecord",
    "path_consts": "HordeModelReferencePaths horde_model_reference_paths PACKAGE_NAME "
    "LEGACY_REFERENCE_FOLDER_NAME DEFAULT_SHOWCASE_FOLDER_NAME META_FOLDER_NAME resolve_audit_path "
    "resolve_pending_queue_path resolve_licensing_path resolve_text_guidance_path "
    "resolve_image_baseline_path",
    "query": "ModelQuery ImageGenerationQuery TextModelQuery ControlNetQuery build_query build_image_query "
    "build_text_query build_controlnet_query build_cross_category_query",
    "query_fields": "FieldRef OrderSpec Predicate true false ImageFields GenericFields",
    "source_consts": "HORDE_SOURCE_ID ANY_SOURCE RESERVED_SOURCE_IDS SourceSelector SourceOutcome "
    "normalize_source_selector",
    "providers": "ModelProvider ModelProviderRegistry StaticModelProvider PendingModelProvider",
    "providers.base": "ModelProvider",
    "providers.registry": "ModelProviderRegistry",
    "providers.static_provider": "StaticModelProvider",
    "providers.pending_provider": "PendingModelProvider",
    "backends": "ModelReferenceBackend FileSystemBackend GitHubBackend HTTPBackend LocalReadOnlyBackend "
    "ReplicaBackendBase RedisBackend",
    "on_disk_layout": "resolve_weights_root category_folder COMPONENT_PURPOSE_FOLDERS "
    "component_relative_path "
    "file_paths_for is_present presence_summary free_bytes_for annotator_root annotator_file_path "
    "annotators_present annotators_present_for_control_types",
    "download_engine": "download_file DownloadOutcome DownloadAborted download_addressed_file "
    "download_record_files sha256_of md5_of gateway_accepts_key gateway_url_for R2_BY_HASH_PREFIX "
    "UNKNOWN_SHA256_SENTINEL _segmented_download",
    "mirror_inventory": "",
    "gateway_session": "",
    "component_hash": "ComponentKind UnsupportedContainerError NoComponentTensorsError "
    "RangeNotSupportedError "
    "extract_embedded_vae_file hash_embedded_component_file",
    "component_identity": "read_sidecar ensure_sidecar sidecar_path_for",
    "canonical_components": "CanonicalComponent CanonicalComponentSource CanonicalComponentRegistry "
    "derive_canonical_registry",
    "annotator_catalog": "AnnotatorFile ANNOTATOR_FILES ANNOTATOR_HF_REPO annotators_for_control_types",
    "annotator_records": "annotator_records",
    "text_backend_names": "has_legacy_text_backend_prefix strip_backend_prefix get_model_name_variants",
    "model_aliases": "",
    "licensing": "ModelLicensing LicenseDefinition unknown_model_licensing",
    "image_baseline": "ImageBaselineCatalog ImageBaselineChangeSet ImageBaselineRecord",
    "http_retry": "",
    "registries": "",
    "util": "",
    "integrations.data_merger": "CombinedModelStatistics PopularModelResult",
    "integrations.horde_api_integration": "",
    "integrations.horde_api_models": "",
}
NOT_IN_ALL = [
    "horde_model_reference_settings",
    "HordeModelReferenceSettings",
    "ReplicateMode",
    "CanonicalFormat",
    "BackendInfo",
    "SCHEMA_VERSION",
    "ai_horde_ci_settings",
    "ai_horde_worker_settings",
    "GithubRepoSettings",
    "ImageGithubRepoSettings",
    "TextGithubRepoSettings",
    "RedisSettings",
    "AuditSettings",
    "PendingQueueSettings",
    "LicensingSettings",
    "TextGuidanceSettings",
    "ImageBaselineSettings",
    "R2Settings",
    "download_engine",
    "annotator_catalog",
]


def _facades() -> list[Path]:
    modules = [path for path in SOURCE.glob("*.py") if path.stem not in {*LAYERS, "__init__"}]
    packages = [path for path in SOURCE.glob("*/__init__.py") if path.parent.name not in LAYERS]
    return sorted([*modules, *(file for package in packages for file in package.parent.glob("*.py"))])


@pytest.mark.parametrize("path", _facades(), ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_public_module_holds_imports_only(path: Path) -> None:
    docstring, *statements = ast.parse(path.read_text()).body

    assert isinstance(docstring, ast.Expr)
    assert isinstance(docstring.value, ast.Constant)
    for statement in statements:
        assert _belongs_in_a_facade(statement), ast.unparse(statement)


def _belongs_in_a_facade(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.If):  # for type checkers
        is_for_checkers = ast.unparse(statement.test) == "TYPE_CHECKING"
        return is_for_checkers and all(
            isinstance(part, ast.Import | ast.ImportFrom | ast.AnnAssign) for part in statement.body
        )
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0]) == "__all__"
    if isinstance(statement, ast.FunctionDef):
        return statement.name == "__getattr__"
    return isinstance(statement, ast.Import | ast.ImportFrom)


@pytest.mark.parametrize("module", NAMES)
def test_every_public_name_of_a_module_is_there(module: str) -> None:
    imported = import_module(f"horde_model_reference.{module}")

    for name in NAMES[module].split():
        assert getattr(imported, name) is not None
    for name in imported.__all__:
        assert hasattr(imported, name)


def test_every_public_name_of_the_package_is_there() -> None:
    assert len(set(horde_model_reference.__all__)) == 90
    for name in (*horde_model_reference.__all__, *NOT_IN_ALL):
        assert getattr(horde_model_reference, name) is not None
        assert name in dir(horde_model_reference)


def test_a_name_that_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no_such_name"):
        horde_model_reference.no_such_name  # type: ignore[attr-defined] # that is the point # noqa: B018


def test_names_of_the_package_are_those_of_its_modules() -> None:
    from horde_model_reference import meta_consts  # noqa: PLC0415 - compared with what is loaded lazily

    # A name that was loaded stays, but each test has registries of its own.
    vars(horde_model_reference).pop("KNOWN_TAGS", None)

    assert horde_model_reference.MODEL_REFERENCE_CATEGORY is meta_consts.MODEL_REFERENCE_CATEGORY
    assert horde_model_reference.KNOWN_TAGS is meta_consts.KNOWN_TAGS


WORKERS_IMPORT = [name for name in NAMES if not name.startswith("integrations")]
NEVER_LOADED = ("fastapi", "starlette", "sqlalchemy", "redis", "git", "torch", "numpy", "uvicorn", "alembic")


@pytest.mark.parametrize(
    ("code", "forbidden"),
    [
        ("import horde_model_reference", ("pydantic", "httpx", "pydantic_settings", *NEVER_LOADED)),
        (
            "from horde_model_reference import ModelReferenceManager, MODEL_REFERENCE_CATEGORY",
            ("pydantic", "httpx", "pydantic_settings", "asyncio", *NEVER_LOADED),
        ),
        (
            "import " + ", ".join(f"horde_model_reference.{name}" for name in WORKERS_IMPORT),
            ("httpx", *NEVER_LOADED),
        ),
    ],
    ids=["package", "manager", "modules"],
)
def test_importing_is_light_and_leaves_no_trace(
    code: str, forbidden: tuple[str, ...], tmp_path: Path
) -> None:
    # The environment is taken away, so that whoever reads it fails; pydantic does.
    without = "os.environ = None" if "pydantic" in forbidden else ""
    program = (
        f"import os, sys\n{without}\n{code}\n"
        f"sys.stdout.write(' '.join(name for name in {forbidden!r} if name in sys.modules))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (answer.stdout, answer.stderr) == ("", "")
    assert list(tmp_path.iterdir()) == []
