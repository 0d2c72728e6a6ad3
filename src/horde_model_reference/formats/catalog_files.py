"""Which file of a folder holds which catalogue of side resources; the library keeps them so, too."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, Final

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.domain.resources import CatalogName
from horde_model_reference.formats.json_text import read_json_object

CATALOG_PATHS: Final[Mapping[CatalogName, PurePosixPath]] = MappingProxyType(
    {
        CatalogName.image_baselines: PurePosixPath("baselines/export.json"),
        CatalogName.licensing: PurePosixPath("licensing/export.json"),
        CatalogName.text_guidance: PurePosixPath("text_guidance/export.json"),
        CatalogName.text_aliases: PurePosixPath("text_generation_group_aliases.json"),
        CatalogName.text_families: PurePosixPath("text_generation_group_families.json"),
        CatalogName.text_name_schemas: PurePosixPath("text_generation_group_schemas.json"),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogFile:
    """A file with a catalogue."""

    catalog: CatalogName
    path: Path


def find_catalog_files(folder: Path) -> list[CatalogFile]:
    """Return the files of catalogues that a folder holds."""
    return [
        CatalogFile(catalog=name, path=folder / path)
        for name, path in CATALOG_PATHS.items()
        if (folder / path).exists()
    ]


def read_catalog_file(file: CatalogFile) -> dict[str, Any]:
    """Return the JSON object of a file.

    Raises:
        InvalidRecordError: it can't be read, or is no JSON object without doubts.
    """
    try:
        content = file.path.read_bytes()
    except OSError as error:
        raise InvalidRecordError(error.strerror or str(error)) from error
    return read_json_object(content)
