"""Register values in this process and ask for them: the functions that programs call (spec 30 §3)."""

from collections.abc import Callable

from horde_model_reference.domain.baseline_catalog import ImageBaselineCatalog
from horde_model_reference.domain.baselines import BaselineDescriptor
from horde_model_reference.domain.categories import CategoryDescriptor
from horde_model_reference.domain.record_parts import ModelClassification
from horde_model_reference.domain.registries import shared_registries


def register_category(name: str, descriptor: CategoryDescriptor) -> None:
    """Add a category to this process; raise ValueError when it is there already."""
    shared_registries().categories.register(name, descriptor)


def get_all_registered_categories() -> dict[str, CategoryDescriptor]:
    """Return a copy of all categories of this process."""
    return shared_registries().categories.all()


def get_model_classification(category: str) -> ModelClassification:
    """Return domain and purpose of a category; raise KeyError when it is unknown."""
    descriptor = shared_registries().categories.get(category)
    return ModelClassification(domain=descriptor.domain, purpose=descriptor.purpose)


def get_weights_marker_folders() -> tuple[str, ...]:
    """Return the folders that a weights root must hold to be recognised, in registration order."""
    return tuple(
        descriptor.on_disk_folder_name
        for descriptor in get_all_registered_categories().values()
        if descriptor.weights_marker and descriptor.on_disk_folder_name
    )


def register_image_baseline(name: str, descriptor: BaselineDescriptor) -> None:
    """Add an image baseline to this process; raise ValueError when it is there already."""
    shared_registries().baselines.register(name, descriptor)


def register_image_baselines_from_catalog(catalog: ImageBaselineCatalog) -> None:
    """Add the baselines of a served catalog to this process, replacing those of the same main name."""
    shared_registries().baselines.overlay(catalog.descriptors())


def get_baseline_descriptor(name: str) -> BaselineDescriptor:
    """Return the descriptor of a baseline's main name; raise KeyError when it is unknown."""
    return shared_registries().baselines.get(name)


def get_all_registered_baselines() -> dict[str, BaselineDescriptor]:
    """Return a copy of all image baselines of this process."""
    return shared_registries().baselines.all()


def get_baseline_native_resolution(name: str) -> int:
    """Return the native side of a baseline in pixels; raise KeyError unless it is a main name with one."""
    return shared_registries().baselines.native_resolution(name)


def get_baselines_by_resolution(native_resolution: int) -> list[str]:
    """Return the main names of all baselines with that native side in pixels."""
    return shared_registries().baselines.with_resolution(native_resolution)


def get_known_tags() -> list[str]:
    """Return the known tags, sorted."""
    return sorted(shared_registries().tags)


def get_github_image_categories() -> list[str]:
    """Return the categories kept in the legacy repository for images."""
    return _categories_where(lambda descriptor: descriptor.github_source == "image")


def get_github_text_categories() -> list[str]:
    """Return the categories kept in the legacy repository for text."""
    return _categories_where(lambda descriptor: descriptor.github_source == "text")


def get_no_legacy_format_categories() -> list[str]:
    """Return the categories that exist in the v2 format only."""
    return _categories_where(lambda descriptor: not descriptor.has_legacy_format)


def get_categories_managed_elsewhere() -> list[str]:
    """Return the categories whose records are kept by other programs."""
    return _categories_where(lambda descriptor: descriptor.managed_elsewhere)


def _categories_where(holds: Callable[[CategoryDescriptor], bool]) -> list[str]:
    return [name for name, descriptor in get_all_registered_categories().items() if holds(descriptor)]


def register_model_domain(name: str) -> None:
    """Add a domain to those known in this process; a known one stays as it is."""
    shared_registries().model_domains.add(str(name))


def is_known_model_domain(name: str) -> bool:
    """Return whether a domain is known in this process."""
    return name in shared_registries().model_domains


def register_model_purpose(name: str) -> None:
    """Add a purpose to those known in this process; a known one stays as it is."""
    shared_registries().model_purposes.add(str(name))


def is_known_model_purpose(name: str) -> bool:
    """Return whether a purpose is known in this process."""
    return name in shared_registries().model_purposes


def register_model_style(name: str) -> None:
    """Add an image style to those known in this process; a known one stays as it is."""
    shared_registries().model_styles.add(str(name))


def is_known_model_style(name: str) -> bool:
    """Return whether an image style is known in this process."""
    return name in shared_registries().model_styles


def register_tag(name: str) -> None:
    """Add a tag to those known in this process; a known one stays as it is."""
    shared_registries().tags.add(str(name))


def is_known_tag(name: str) -> bool:
    """Return whether a tag is known in this process."""
    return name in shared_registries().tags


def register_controlnet_style(name: str) -> None:
    """Add a controlnet style to those known in this process; a known one stays as it is."""
    shared_registries().controlnet_styles.add(str(name))


def is_known_controlnet_style(name: str) -> bool:
    """Return whether a controlnet style is known in this process."""
    return name in shared_registries().controlnet_styles


def register_image_scheduler(name: str) -> None:
    """Add an image scheduler to those known in this process; a known one stays as it is."""
    shared_registries().image_schedulers.add(str(name))


def is_known_image_scheduler(name: str) -> bool:
    """Return whether an image scheduler is known in this process."""
    return name in shared_registries().image_schedulers


def register_text_backend(name: str) -> None:
    """Add a text backend to those known in this process; a known one stays as it is."""
    shared_registries().text_backends.add(str(name))


def is_known_text_backend(name: str) -> bool:
    """Return whether a text backend is known in this process."""
    return name in shared_registries().text_backends
