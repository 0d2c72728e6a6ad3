"""What a browser sends for a form: texts by name, several where boxes are ticked."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Self

from horde_model_reference.domain.changes import InvalidRequestError

MAX_ROWS: Final = 500
"""Rows of one list; more than any record has, and few enough to be drawn again at once."""
_MAX_ROW_DIGITS: Final = 6
_MAX_INPUT_NAME: Final = 300
"""Characters of the name of an input; the longest that a form has is a third of that."""
_MAX_INPUT_DEPTH: Final = 12
"""Parts of such a name; the deepest input is at six."""
_MAX_NAME: Final = 1_000
"""Characters of what names a model, or is a part of its name, beyond which nobody looks at it."""


class Submitted:
    """The texts of a form by the name of their input, such as ``config.download.0.file_url``."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._texts: dict[str, list[str]] = defaultdict(list)
        for name, text in pairs:
            self._texts[name].append(text)
        self._rows: dict[str, set[int]] = defaultdict(set)
        for name in self._texts:
            for rows_name, number in _rows_in(name):
                self._rows[rows_name].add(number)

    @classmethod
    def checked(cls, pairs: Iterable[tuple[str, str]]) -> Self:
        """Return what was sent; raise InvalidRequestError for what no form of ours would send.

        That is a list of too many rows, the name of an input that none has, and the name of a model that is
        far too long to be one.
        """
        given = list(pairs)
        _check_lengths(given)
        submitted = cls(given)
        submitted.check_rows()
        return submitted

    def check_rows(self) -> None:
        """Raise InvalidRequestError where a list has more rows than a form can be sent with."""
        for name, numbers in self._rows.items():
            if len(numbers) > MAX_ROWS:
                told = f"{name} has more than {MAX_ROWS} rows, too many for a form"
                raise InvalidRequestError(f"{told}: propose it through the API.")

    def text(self, name: str) -> str:
        """Return the text of an input; that of the last one where several have the name."""
        return self._texts[name][-1] if name in self._texts else ""

    def texts(self, name: str) -> list[str]:
        """Return the texts of all inputs of a name."""
        return list(self._texts.get(name, ()))

    def rows(self, name: str) -> list[int]:
        """Return the numbers of the rows below a name, rising."""
        return sorted(self._rows.get(name, ()))

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Return every input and its text."""
        for name, texts in self._texts.items():
            for text in texts:
                yield name, text

    def with_row(self, rows_name: str) -> "Submitted":
        """Return the form with one more row, empty, at the end of a list."""
        number = max(self.rows(rows_name), default=-1) + 1
        return Submitted([*self.pairs(), (f"{rows_name}.{number}._new", "")])

    def with_texts(self, texts: Mapping[str, str]) -> "Submitted":
        """Return the form with some inputs changed."""
        return Submitted([*(pair for pair in self.pairs() if pair[0] not in texts), *texts.items()])

    def without(self, prefix: str) -> "Submitted":
        """Return the form without everything below a name."""
        return Submitted([pair for pair in self.pairs() if not pair[0].startswith(f"{prefix}.")])


def _check_lengths(pairs: Iterable[tuple[str, str]]) -> None:
    # Whoever takes these apart spends much more time on twice as much.
    for name, text in pairs:
        if len(name) > _MAX_INPUT_NAME:
            raise InvalidRequestError(f"The name of an input has more than {_MAX_INPUT_NAME} characters.")
        if name.count(".") >= _MAX_INPUT_DEPTH:
            raise InvalidRequestError(f"The name of an input has more than {_MAX_INPUT_DEPTH} parts.")
        if (name == "name" or name.startswith("_part.")) and len(text) > _MAX_NAME:
            raise InvalidRequestError(f"The name of the model has more than {_MAX_NAME} characters.")


def _rows_in(name: str) -> Iterator[tuple[str, int]]:
    parts = name.split(".")
    for place, part in enumerate(parts[:-1]):
        if place and part.isascii() and part.isdigit() and len(part) <= _MAX_ROW_DIGITS:
            yield ".".join(parts[:place]), int(part)
