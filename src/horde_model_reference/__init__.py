"""The registry of AI models for the AI-Horde: reference files, a Python library and an HTTP service.

Every name here is loaded on first use, so that importing the package costs next to nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from horde_model_reference import annotator_catalog as annotator_catalog
    from horde_model_reference import download_engine as download_engine
    from horde_model_reference.client.shared_settings import (
        BackendInfo as BackendInfo,
    )
    from horde_model_reference.client.shared_settings import (
        HordeModelReferenceSettings as HordeModelReferenceSettings,
    )
    from horde_model_reference.domain.record_parts import (
        SCHEMA_VERSION as SCHEMA_VERSION,
    )
    from horde_model_reference.download_engine import (
        DownloadOutcome,
        download_file,
        download_record_files,
        md5_of,
        sha256_of,
    )
    from horde_model_reference.image_baseline import (
        BaselineCapabilities,
        HordeBaselinePolicy,
        ImageBaselineCatalog,
        ImageBaselineChangeSet,
        ImageBaselineRecord,
    )
    from horde_model_reference.integrations.data_merger import (
        PopularModelResult,
    )
    from horde_model_reference.licensing import (
        LicenseAssignment,
        LicensedAsset,
        LicensedAssetKind,
        LicenseDefinition,
        LicenseEvidence,
        LicenseObligation,
        ModelLicensing,
        PermissionStatus,
        unknown_model_licensing,
    )
    from horde_model_reference.meta_consts import (
        KNOWN_IMAGE_GENERATION_BASELINE,
        MODEL_CLASSIFICATION_LOOKUP,
        MODEL_DOMAIN,
        MODEL_PURPOSE,
        MODEL_REFERENCE_CATEGORY,
        MODEL_STYLE,
        BaselineDescriptor,
        CategoryDescriptor,
        ModelClassification,
        get_all_registered_baselines,
        get_all_registered_categories,
        get_baseline_descriptor,
        get_category_descriptor,
        get_known_tags,
        get_weights_marker_folders,
        register_category,
        register_image_baseline,
        register_image_baselines_from_catalog,
    )
    from horde_model_reference.model_reference_manager import (
        ModelReferenceManager,
        PrefetchStrategy,
    )
    from horde_model_reference.model_reference_records import (
        LoraModelRecord,
        TextualInversionModelRecord,
        get_record_type_for_category,
        register_record_type,
    )
    from horde_model_reference.on_disk_layout import (
        COMPONENT_PURPOSE_FOLDERS,
        PresenceSummary,
        category_folder,
        component_relative_path,
        file_paths_for,
        free_bytes_for,
        is_present,
        presence_summary,
        resolve_weights_root,
    )
    from horde_model_reference.path_consts import (
        DEFAULT_SHOWCASE_FOLDER_NAME,
        HordeModelReferencePaths,
    )
    from horde_model_reference.providers import (
        ModelProvider,
        ModelProviderRegistry,
        PendingModelProvider,
        StaticModelProvider,
    )
    from horde_model_reference.query import (
        FieldRef,
        ImageGenerationQuery,
        ModelQuery,
        OrderSpec,
        Predicate,
        TextModelQuery,
        build_image_query,
        build_text_query,
    )
    from horde_model_reference.query_fields import (
        AudioFields,
        BlipFields,
        ClipFields,
        CodeformerFields,
        ControlNetFields,
        EsrganFields,
        GenericFields,
        GfpganFields,
        ImageFields,
        MiscellaneousFields,
        SafetyCheckerFields,
        TextFields,
        VideoFields,
        false,
        true,
    )
    from horde_model_reference.settings import (
        AuditSettings as AuditSettings,
    )
    from horde_model_reference.settings import (
        CanonicalFormat as CanonicalFormat,
    )
    from horde_model_reference.settings import (
        GithubRepoSettings as GithubRepoSettings,
    )
    from horde_model_reference.settings import (
        ImageBaselineSettings as ImageBaselineSettings,
    )
    from horde_model_reference.settings import (
        ImageGithubRepoSettings as ImageGithubRepoSettings,
    )
    from horde_model_reference.settings import (
        LicensingSettings as LicensingSettings,
    )
    from horde_model_reference.settings import (
        PendingQueueSettings as PendingQueueSettings,
    )
    from horde_model_reference.settings import (
        R2Settings as R2Settings,
    )
    from horde_model_reference.settings import (
        RedisSettings as RedisSettings,
    )
    from horde_model_reference.settings import (
        ReplicateMode as ReplicateMode,
    )
    from horde_model_reference.settings import (
        TextGithubRepoSettings as TextGithubRepoSettings,
    )
    from horde_model_reference.settings import (
        TextGuidanceSettings as TextGuidanceSettings,
    )
    from horde_model_reference.source_consts import (
        ANY_SOURCE,
        HORDE_SOURCE_ID,
        PENDING_SOURCE_ID,
        SourceSelector,
    )
    from horde_model_reference.text_backend_names import (
        get_model_name_variants,
        has_legacy_text_backend_prefix,
        strip_backend_prefix,
    )

    KNOWN_TAGS: set[str]
    horde_model_reference_paths: HordeModelReferencePaths
    horde_model_reference_settings: HordeModelReferenceSettings
    ai_horde_ci_settings: HordeModelReferenceSettings
    ai_horde_worker_settings: HordeModelReferenceSettings

__all__ = [
    "ANY_SOURCE",
    "COMPONENT_PURPOSE_FOLDERS",
    "DEFAULT_SHOWCASE_FOLDER_NAME",
    "HORDE_SOURCE_ID",
    "KNOWN_IMAGE_GENERATION_BASELINE",
    "KNOWN_TAGS",
    "MODEL_CLASSIFICATION_LOOKUP",
    "MODEL_DOMAIN",
    "MODEL_PURPOSE",
    "MODEL_REFERENCE_CATEGORY",
    "MODEL_STYLE",
    "PENDING_SOURCE_ID",
    "AudioFields",
    "BaselineCapabilities",
    "BaselineDescriptor",
    "BlipFields",
    "CategoryDescriptor",
    "ClipFields",
    "CodeformerFields",
    "ControlNetFields",
    "DownloadOutcome",
    "EsrganFields",
    "FieldRef",
    "GenericFields",
    "GfpganFields",
    "HordeBaselinePolicy",
    "ImageBaselineCatalog",
    "ImageBaselineChangeSet",
    "ImageBaselineRecord",
    "ImageFields",
    "ImageGenerationQuery",
    "LicenseAssignment",
    "LicenseDefinition",
    "LicenseEvidence",
    "LicenseObligation",
    "LicensedAsset",
    "LicensedAssetKind",
    "LoraModelRecord",
    "MiscellaneousFields",
    "ModelClassification",
    "ModelLicensing",
    "ModelProvider",
    "ModelProviderRegistry",
    "ModelQuery",
    "ModelReferenceManager",
    "OrderSpec",
    "PendingModelProvider",
    "PermissionStatus",
    "PopularModelResult",
    "Predicate",
    "PrefetchStrategy",
    "PresenceSummary",
    "SafetyCheckerFields",
    "SourceSelector",
    "StaticModelProvider",
    "TextFields",
    "TextModelQuery",
    "TextualInversionModelRecord",
    "VideoFields",
    "build_image_query",
    "build_text_query",
    "category_folder",
    "component_relative_path",
    "download_file",
    "download_record_files",
    "false",
    "file_paths_for",
    "free_bytes_for",
    "get_all_registered_baselines",
    "get_all_registered_categories",
    "get_baseline_descriptor",
    "get_category_descriptor",
    "get_known_tags",
    "get_model_name_variants",
    "get_record_type_for_category",
    "get_weights_marker_folders",
    "has_legacy_text_backend_prefix",
    "horde_model_reference_paths",
    "is_present",
    "md5_of",
    "presence_summary",
    "register_category",
    "register_image_baseline",
    "register_image_baselines_from_catalog",
    "register_record_type",
    "resolve_weights_root",
    "sha256_of",
    "strip_backend_prefix",
    "true",
    "unknown_model_licensing",
]


if not TYPE_CHECKING:  # type checkers see the names above, and tell of any other

    def __getattr__(name: str) -> object:
        """Load a public name; it is there for good from then on."""
        # The names are listed elsewhere, since a list of modules is no part of what this module offers.
        from horde_model_reference.client.public_names import load

        try:
            value = load(name)
        except LookupError:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """Return the public names too."""
        return sorted({*globals(), *__all__})
