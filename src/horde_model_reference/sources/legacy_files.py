"""Categories from the legacy repositories on GitHub, or from legacy files left in the folder (spec 30 §7)."""

import time
from collections.abc import Callable, Mapping

from horde_model_reference.domain.categories import Category
from horde_model_reference.domain.errors import InvalidRecordError, SourceUnavailableError
from horde_model_reference.formats.conversion import FileConversion
from horde_model_reference.formats.legacy import convert_legacy_file
from horde_model_reference.formats.text_csv import convert_models_csv
from horde_model_reference.formats.text_legacy import convert_db_json
from horde_model_reference.sources.copies import CategoryCopy, Origin
from horde_model_reference.sources.copy_folder import CopyFolder
from horde_model_reference.sources.http import (
    RETRYABLE_STATUS_CODES,
    HttpConnection,
    SourceUnreachableError,
    copy_of_conversion,
)


class GitHubSource:
    """Fetches legacy files, keeps them in the folder as they are, and converts them."""

    def __init__(
        self,
        urls: Mapping[str, str],
        folder: CopyFolder | None,
        *,
        timeout_seconds: float = 10.0,
        unix_clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask nothing yet.

        Args:
            urls: By category: where its legacy file is.
            folder: Where fetched files are kept; None keeps them nowhere.
            timeout_seconds: Longest wait for an answer.
            unix_clock: Tells the time.
        """
        self._urls = urls
        self._folder = folder
        self._connection = HttpConnection(timeout_seconds=timeout_seconds, follow_redirects=True)
        self._unix_clock = unix_clock
        self._last: dict[str, tuple[str, CategoryCopy]] = {}

    def fetch_copy(
        self, category: str, known: CategoryCopy | None, *, max_age_seconds: float = 0.0
    ) -> CategoryCopy | None:
        """Return a category as it is now, whatever the age allowed; None where it is in neither repository.

        Raises:
            SourceUnreachableError: GitHub doesn't answer.
            SourceUnavailableError: It answered with something that can't be used.
        """
        del known, max_age_seconds
        url = self._urls.get(category)
        if url is None:
            return None
        etag, last = self._last.get(category, (None, None))
        answer = self._connection.get(url, {"if-none-match": etag} if etag else {})
        if answer.status == 304 and last is not None:
            return last.confirmed(at=self._unix_clock())
        if answer.status != 200:
            problem = f"{url} gave status {answer.status}"
            is_in_trouble = answer.status in RETRYABLE_STATUS_CODES
            raise SourceUnreachableError(problem) if is_in_trouble else SourceUnavailableError(problem)
        conversion = convert_legacy_text(category, answer.content)
        copy = copy_of_conversion(category, conversion, origin=Origin.github, checked_at=self._unix_clock())
        if self._folder is not None:
            self._folder.write_legacy(category, answer.content)
        if new_etag := answer.headers.get("etag"):
            self._last[category] = (new_etag, copy)
        return copy

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()


def read_legacy_copy(folder: CopyFolder, category: str) -> CategoryCopy | None:
    """Return a category from the legacy file in the folder; None without one.

    Raises:
        SourceUnavailableError: The file can't be read or converted.
    """
    try:
        path = folder.legacy_path(category)
    except KeyError:
        return None
    if path is None:
        return None
    try:
        content = path.read_bytes()
        changed_at = path.stat().st_mtime
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SourceUnavailableError(f"{path}: {error.strerror or error}") from error
    if not content.strip():  # other releases leave empty files for categories without a source
        return None
    conversion = convert_legacy_text(category, content)
    return copy_of_conversion(category, conversion, origin=Origin.legacy_file, checked_at=changed_at)


def convert_legacy_text(category: str, content: bytes) -> FileConversion:
    """Return the records of a legacy file; for text models either of its two forms.

    Raises:
        SourceUnavailableError: It is not UTF-8, or no such file.
    """
    try:
        text = content.decode("utf-8-sig")
        if category != Category.text_generation:
            return convert_legacy_file(category, text)
        if text.lstrip().startswith("{"):
            return convert_db_json(text)
        return convert_models_csv(text)
    except (InvalidRecordError, UnicodeDecodeError) as error:
        raise SourceUnavailableError(f"the legacy file of {category} can't be read: {error}") from error
