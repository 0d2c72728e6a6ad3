"""Which files of a folder hold the records of which category, in either format (spec 01 §1, spec 02 §1)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import cast

from horde_model_reference.domain.categories import (
    BUILT_IN_CATEGORIES,
    Category,
    legacy_file_name,
    v2_file_name,
)
from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.conversion import FileConversion, Refusal
from horde_model_reference.formats.json_text import parse_json_object
from horde_model_reference.formats.legacy import convert_legacy_file
from horde_model_reference.formats.text_csv import convert_models_csv
from horde_model_reference.formats.text_legacy import convert_db_json
from horde_model_reference.formats.v2 import read_v2_file

DB_JSON = "db.json"


class FileFormat(StrEnum):
    """The two formats of reference files."""

    v2 = "v2"
    legacy = "legacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceFile:
    """A file with the records of one category."""

    category: Category
    path: Path
    format: FileFormat


def find_reference_files(folder: Path, file_format: FileFormat | None = None) -> list[ReferenceFile]:
    """Return the files of a folder, in category order; an empty list where there is none.

    Without a format the folder tells: `image/`, `text/` or `models.csv` are the legacy layout, as are
    records with `config.files`. Files of a legacy repository may also lie in the folder itself.
    """
    chosen = file_format or _format_of(folder)
    return [
        ReferenceFile(category=category, path=path, format=chosen)
        for category in Category
        if (path := _path(folder, category, chosen)) is not None
    ]


def legacy_path(category: Category) -> Path:
    """Return where a category's file lies in the legacy layout; raise KeyError where it has none."""
    descriptor = BUILT_IN_CATEGORIES[category]
    file_name = legacy_file_name(category)
    if descriptor.github_source is None or file_name is None:
        raise KeyError(category)
    return Path(descriptor.github_source) / file_name


def read_reference_file(file: ReferenceFile) -> FileConversion:
    """Read the records of a file; a file that makes no sense as a whole is refused with one reason."""
    try:
        text = file.path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return FileConversion(refusals=(Refusal(key=None, reason=f"not UTF-8 at byte {error.start}"),))
    except OSError as error:
        return FileConversion(refusals=(Refusal(key=None, reason=error.strerror or str(error)),))
    try:
        return _converted(file, text)
    except InvalidRecordError as error:
        return FileConversion(refusals=(Refusal(key=None, reason=str(error)),))


def _converted(file: ReferenceFile, text: str) -> FileConversion:
    if file.format is FileFormat.v2:
        return read_v2_file(file.category, text)
    if file.category is not Category.text_generation:
        return convert_legacy_file(file.category, text)
    if file.path.name == DB_JSON:
        return convert_db_json(text)
    return convert_models_csv(text)


def _path(folder: Path, category: Category, file_format: FileFormat) -> Path | None:
    if file_format is FileFormat.v2:
        candidates = [Path(v2_file_name(category))]
    elif BUILT_IN_CATEGORIES[category].github_source is None:
        return None
    else:
        candidates = list(_legacy_candidates(category))
    return next((folder / candidate for candidate in candidates if (folder / candidate).exists()), None)


def _legacy_candidates(category: Category) -> Iterator[Path]:
    place = legacy_path(category)
    names = [place.name, DB_JSON] if category is Category.text_generation else [place.name]
    for parent in (place.parent, Path()):
        yield from (parent / name for name in names)


def _format_of(folder: Path) -> FileFormat:
    if any((folder / name).exists() for name in ("image", "text", "models.csv", DB_JSON)):
        return FileFormat.legacy
    files = (folder / v2_file_name(category) for category in Category)
    return FileFormat.legacy if any(_looks_legacy(path) for path in files) else FileFormat.v2


def _looks_legacy(path: Path) -> bool:
    try:
        records = parse_json_object(path.read_bytes()).members
    except (OSError, InvalidRecordError):
        return False
    return any("files" in _mapping(_mapping(record).get("config")) for record in records.values())


def _mapping(value: object) -> Mapping[str, object]:
    return cast(Mapping[str, object], value) if isinstance(value, dict) else {}
