"""Where the library keeps its files (spec 30 §9)."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

from horde_model_reference.client.shared_settings import HordeModelReferenceSettings, shared_settings
from horde_model_reference.domain.categories import (
    get_category_descriptor,
    legacy_file_name,
    shared_categories,
    v2_file_name,
)
from horde_model_reference.settings import FOLDER_NAME, SideStoreSettings

PACKAGE_NAME: Final = FOLDER_NAME
LEGACY_REFERENCE_FOLDER_NAME: Final = "legacy"
DEFAULT_SHOWCASE_FOLDER_NAME: Final = "showcase"
META_FOLDER_NAME: Final = "meta"

SideStore = Literal["audit", "pending_queue", "licensing", "text_guidance", "image_baselines"]

_Category = str


def resolve_side_store_path(
    store: SideStore, data_root: Path, settings: HordeModelReferenceSettings | None = None
) -> Path:
    """Return the folder of a side store: the one set for it, else the one within the data folder."""
    chosen = settings or shared_settings()
    groups: dict[SideStore, SideStoreSettings] = {
        "audit": chosen.audit,
        "pending_queue": chosen.pending_queue,
        "licensing": chosen.licensing,
        "text_guidance": chosen.text_guidance,
        "image_baselines": chosen.image_baselines,
    }
    group = groups[store]
    return group.root_path_override or data_root / group.relative_subdir


def resolve_audit_path(data_root: Path) -> Path:
    """Return the folder of audit files for a data folder."""
    return resolve_side_store_path("audit", data_root)


def resolve_pending_queue_path(data_root: Path) -> Path:
    """Return the folder of queue files for a data folder."""
    return resolve_side_store_path("pending_queue", data_root)


def resolve_licensing_path(data_root: Path) -> Path:
    """Return the folder of licence files for a data folder."""
    return resolve_side_store_path("licensing", data_root)


def resolve_text_guidance_path(data_root: Path) -> Path:
    """Return the folder of guidance files for a data folder."""
    return resolve_side_store_path("text_guidance", data_root)


def resolve_image_baseline_path(data_root: Path) -> Path:
    """Return the folder of the baseline catalog for a data folder."""
    return resolve_side_store_path("image_baselines", data_root)


class HordeModelReferencePaths:
    """The paths below one folder; nothing is created unless it is asked for."""

    def __init__(self, base_path: Path | None = None) -> None:
        """Take a folder; None is the one that the settings name."""
        self.base_path = shared_settings().library_folder if base_path is None else Path(base_path)

    @property
    def log_folder(self) -> Path:
        """Where programs around the library put their logs."""
        return shared_settings().logs_folder

    @property
    def legacy_path(self) -> Path:
        """The folder of legacy files."""
        return self.base_path / LEGACY_REFERENCE_FOLDER_NAME

    @property
    def showcase_path(self) -> Path:
        """The folder of showcase pictures."""
        return self.base_path / DEFAULT_SHOWCASE_FOLDER_NAME

    @property
    def meta_path(self) -> Path:
        """The folder of what is known about the files."""
        return self.base_path / META_FOLDER_NAME

    @property
    def meta_legacy_path(self) -> Path:
        """The folder of the bookkeeping of legacy files."""
        return self.meta_path / "legacy"

    @property
    def meta_v2_path(self) -> Path:
        """The folder of the bookkeeping of v2 files."""
        return self.meta_path / "v2"

    @property
    def audit_path(self) -> Path:
        """The folder of audit files."""
        return resolve_audit_path(self.base_path)

    @property
    def pending_queue_path(self) -> Path:
        """The folder of queue files."""
        return resolve_pending_queue_path(self.base_path)

    @property
    def licensing_path(self) -> Path:
        """The folder of licence files."""
        return resolve_licensing_path(self.base_path)

    @property
    def text_guidance_path(self) -> Path:
        """The folder of guidance files."""
        return resolve_text_guidance_path(self.base_path)

    @property
    def image_baseline_path(self) -> Path:
        """The folder of the baseline catalog."""
        return resolve_image_baseline_path(self.base_path)

    @property
    def group_schemas_path(self) -> Path:
        """The file of the naming schemas of text groups."""
        return self.base_path / "text_generation_group_schemas.json"

    @property
    def group_aliases_path(self) -> Path:
        """The file of the aliases of text groups."""
        return self.base_path / "text_generation_group_aliases.json"

    @property
    def group_families_path(self) -> Path:
        """The file of the families of text groups."""
        return self.base_path / "text_generation_group_families.json"

    @property
    def model_reference_filenames(self) -> dict[_Category, str]:
        """The v2 file name of every category."""
        return {category: v2_file_name(category) for category in shared_categories().all()}

    @property
    def legacy_model_reference_filenames(self) -> dict[_Category, str]:
        """The legacy file name of every category that has one."""
        names = ((category, legacy_file_name(category)) for category in shared_categories().all())
        return {category: name for category, name in names if name is not None}

    @property
    def legacy_image_model_github_urls(self) -> dict[_Category, str]:
        """The address of the legacy file of every category in the image repository."""
        return dict(legacy_urls(shared_settings(), "image"))

    @property
    def legacy_text_model_github_urls(self) -> dict[_Category, str]:
        """The address of the legacy file of every category in the text repository."""
        return dict(legacy_urls(shared_settings(), "text"))

    def get_model_reference_filename(
        self, category: str, *, base_path: str | Path | None = None
    ) -> str | Path:
        """Return the v2 file name of a category; with ``base_path`` the whole path."""
        name = v2_file_name(category)
        return name if base_path is None else Path(base_path) / name

    def get_model_reference_file_path(self, category: str, *, base_path: str | Path | None = None) -> Path:
        """Return where the v2 file of a category lies."""
        return self._root(base_path) / v2_file_name(category)

    def get_all_model_reference_file_paths(
        self, *, base_path: str | Path | None = None
    ) -> dict[_Category, Path | None]:
        """Return where the v2 file of each category lies; None where it is missing."""
        paths = {
            category: self.get_model_reference_file_path(category, base_path=base_path)
            for category in shared_categories().all()
        }
        return {category: path if path.exists() else None for category, path in paths.items()}

    def get_legacy_model_reference_file_path(
        self, category: str, *, base_path: str | Path | None = None
    ) -> Path:
        """Return where the legacy file of a category lies, or would lie."""
        name = legacy_file_name(category) or f"{category}.json"
        return self._root(base_path) / LEGACY_REFERENCE_FOLDER_NAME / name

    def get_legacy_metadata_file_path(self, category: str, *, base_path: str | Path | None = None) -> Path:
        """Return where the bookkeeping of a category's legacy file lies."""
        return self._root(base_path) / META_FOLDER_NAME / "legacy" / f"{category}_metadata.json"

    def get_v2_metadata_file_path(self, category: str, *, base_path: str | Path | None = None) -> Path:
        """Return where the bookkeeping of a category's v2 file lies."""
        return self._root(base_path) / META_FOLDER_NAME / "v2" / f"{category}_metadata.json"

    def make_all_model_reference_folders(self) -> None:
        """Create the folders."""
        for folder in (self.base_path, self.legacy_path, self.meta_legacy_path, self.meta_v2_path):
            folder.mkdir(parents=True, exist_ok=True)

    def _root(self, base_path: str | Path | None) -> Path:
        return self.base_path if base_path is None else Path(base_path)


@cache
def shared_paths() -> HordeModelReferencePaths:
    """Return the paths of this process, made by the first call."""
    return HordeModelReferencePaths()


def legacy_urls(
    settings: HordeModelReferenceSettings, source: Literal["image", "text"]
) -> Mapping[_Category, str]:
    """Return by category the address of its file in one of the legacy repositories."""
    return {
        category: settings.github_url(source, name)
        for category in shared_categories().all()
        if get_category_descriptor(category).github_source == source
        and (name := legacy_file_name(category)) is not None
    }
