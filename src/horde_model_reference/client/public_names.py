"""Where each public name of the package is loaded from (spec 30 §2)."""

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Final

_PACKAGE: Final = "horde_model_reference"

_SHARED_SETTINGS: Final = frozenset(
    {"horde_model_reference_settings", "ai_horde_ci_settings", "ai_horde_worker_settings"}
)

_NAMES_OF: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "client.shared_settings": (
            "BackendInfo",
            "HordeModelReferenceSettings",
        ),
        "domain.record_parts": ("SCHEMA_VERSION",),
        "download_engine": (
            "DownloadOutcome",
            "download_file",
            "download_record_files",
            "md5_of",
            "sha256_of",
        ),
        "image_baseline": (
            "BaselineCapabilities",
            "HordeBaselinePolicy",
            "ImageBaselineCatalog",
            "ImageBaselineChangeSet",
            "ImageBaselineRecord",
        ),
        "integrations.data_merger": ("PopularModelResult",),
        "licensing": (
            "LicenseAssignment",
            "LicenseDefinition",
            "LicenseEvidence",
            "LicenseObligation",
            "LicensedAsset",
            "LicensedAssetKind",
            "ModelLicensing",
            "PermissionStatus",
            "unknown_model_licensing",
        ),
        "meta_consts": (
            "KNOWN_TAGS",
            "MODEL_CLASSIFICATION_LOOKUP",
            "MODEL_STYLE",
            "ModelClassification",
            "get_all_registered_baselines",
            "get_all_registered_categories",
            "get_baseline_descriptor",
            "get_known_tags",
            "get_weights_marker_folders",
            "register_category",
            "register_image_baseline",
            "register_image_baselines_from_catalog",
        ),
        "model_reference_records": (
            "LoraModelRecord",
            "TextualInversionModelRecord",
            "get_record_type_for_category",
            "register_record_type",
        ),
        "on_disk_layout": (
            "COMPONENT_PURPOSE_FOLDERS",
            "PresenceSummary",
            "category_folder",
            "component_relative_path",
            "file_paths_for",
            "free_bytes_for",
            "is_present",
            "presence_summary",
            "resolve_weights_root",
        ),
        "path_consts": (
            "DEFAULT_SHOWCASE_FOLDER_NAME",
            "horde_model_reference_paths",
        ),
        "providers": (
            "ModelProvider",
            "ModelProviderRegistry",
            "PendingModelProvider",
            "StaticModelProvider",
        ),
        "query": (
            "FieldRef",
            "ImageGenerationQuery",
            "ModelQuery",
            "OrderSpec",
            "Predicate",
            "TextModelQuery",
            "build_image_query",
            "build_text_query",
        ),
        "query_fields": (
            "AudioFields",
            "BlipFields",
            "ClipFields",
            "CodeformerFields",
            "ControlNetFields",
            "EsrganFields",
            "GenericFields",
            "GfpganFields",
            "ImageFields",
            "MiscellaneousFields",
            "SafetyCheckerFields",
            "TextFields",
            "VideoFields",
            "false",
            "true",
        ),
        "settings": (
            "AuditSettings",
            "CanonicalFormat",
            "GithubRepoSettings",
            "ImageBaselineSettings",
            "ImageGithubRepoSettings",
            "LicensingSettings",
            "PendingQueueSettings",
            "R2Settings",
            "RedisSettings",
            "ReplicateMode",
            "TextGithubRepoSettings",
            "TextGuidanceSettings",
        ),
        "source_consts": (
            "ANY_SOURCE",
            "HORDE_SOURCE_ID",
            "PENDING_SOURCE_ID",
            "SourceSelector",
        ),
        "text_backend_names": (
            "get_model_name_variants",
            "has_legacy_text_backend_prefix",
            "strip_backend_prefix",
        ),
    }
)

_LIGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "BaselineDescriptor": "domain.baselines:BaselineDescriptor",
        "CategoryDescriptor": "domain.categories:CategoryDescriptor",
        "KNOWN_IMAGE_GENERATION_BASELINE": "domain.baselines:ImageBaseline",
        "MODEL_DOMAIN": "domain.categories:Domain",
        "MODEL_PURPOSE": "domain.categories:Purpose",
        "MODEL_REFERENCE_CATEGORY": "domain.categories:Category",
        "ModelReferenceManager": "client.manager:ModelReferenceManager",
        "PrefetchStrategy": "client.prefetch:PrefetchStrategy",
        "get_category_descriptor": "domain.categories:get_category_descriptor",
    }
)
"""Names that workers import in every process; their facades would load much more."""


def load(name: str) -> object:
    """Return the value of a public name, or a public module; raise LookupError for anything else."""
    if name in _SHARED_SETTINGS:
        return import_module(f"{_PACKAGE}.client.shared_settings").shared_settings()
    if name in {"download_engine", "annotator_catalog"}:
        return import_module(f"{_PACKAGE}.{name}")
    module, _, attribute = _LIGHT[name].partition(":") if name in _LIGHT else (_home_of(name), "", name)
    return getattr(import_module(f"{_PACKAGE}.{module}"), attribute)


def _home_of(name: str) -> str:
    for module, names in _NAMES_OF.items():
        if name in names:
            return module
    raise LookupError(name)
