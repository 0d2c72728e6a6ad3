"""``models.csv``: the text models as a table (spec 02 §4, §5).

A row keeps its cells as they were read, so that a row nobody changed is written with the same spelling.
"""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from io import StringIO
from typing import Any, Final

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.conversion import ConvertedRecord, FileConversion, Refusal
from horde_model_reference.formats.json_text import parse_json_object, unusable_values
from horde_model_reference.formats.text_documents import (
    CLAIM_FIELDS,
    checked_claim,
    checked_settings,
    text_document,
    typed_document,
)
from horde_model_reference.formats.text_names import has_backend_prefix

UPSTREAM_COLUMNS: Final[tuple[str, ...]] = (
    "name",
    "parameters_bn",
    "display_name",
    "url",
    "baseline",
    "description",
    "style",
    "tags",
    "instruct_format",
    "settings",
)
"""The columns that every ``models.csv`` has."""

COLUMNS: Final[tuple[str, ...]] = (*UPSTREAM_COLUMNS, *CLAIM_FIELDS)
"""The columns that are always written, in order."""

_TEXT_COLUMNS: Final[tuple[str, ...]] = (
    "display_name",
    "url",
    "baseline",
    "description",
    "style",
    "version",
    "instruct_format",
)
_JSON_COLUMNS: Final[tuple[str, ...]] = ("settings", *CLAIM_FIELDS)
_PER_BILLION: Final = 10**9
_MOST_PARAMETERS: Final = 2**63 - 1
_END_OF_FILE: Final = "\x04"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRow:
    """A row that is a usable record."""

    line: int
    """The line of the file on which the row begins; the first is 1."""
    name: str
    cells: Mapping[str, str]
    """Column to text as read, unknown columns included."""
    values: Mapping[str, Any]
    """The v2 fields that the cells mean."""
    issues: tuple[str, ...] = ()
    """What an editor should look at, one clause each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvRefusal:
    """A row that can't be used."""

    line: int
    name: str
    reason: str
    cells: Mapping[str, str]
    """As in `CsvRow`, so that the row can be written back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvDocument:
    """A table as read: the usable rows, repeated names included, and the others."""

    columns: tuple[str, ...]
    rows: tuple[CsvRow, ...]
    refusals: tuple[CsvRefusal, ...]

    @property
    def lines_by_name(self) -> dict[str, list[int]]:
        """The lines on which each name stands."""
        lines: dict[str, list[int]] = {}
        for row in self.rows:
            lines.setdefault(row.name, []).append(row.line)
        return lines


def read_models_csv(text: str) -> CsvDocument:
    """Read a table whose first row names the columns, in any order (spec 02 §4.1).

    Raises:
        InvalidRecordError: the first row is unreadable or has no column ``name``.
    """
    records = _records(text)
    header = next(records, None)
    columns = tuple(header.cells) if header else ()
    if header and (header.problem or "name" not in columns):
        raise InvalidRecordError(f"line {header.line}: {header.problem or 'no column is called name'}")
    rows: list[CsvRow] = []
    refusals: list[CsvRefusal] = []
    for record in records:
        cells = dict(zip(columns, record.cells, strict=False))
        name = cells.get("name", "").strip()
        try:
            rows.append(_read_row(record, name, cells, surplus=len(record.cells) - len(columns)))
        except InvalidRecordError as error:
            refusals.append(CsvRefusal(line=record.line, name=name, reason=str(error), cells=cells))
    return CsvDocument(columns=columns, rows=tuple(rows), refusals=tuple(refusals))


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]
    problem: str | None = None


def _records(text: str) -> Iterator[_Record]:
    """Yield the rows of a text that aren't blank.

    A quote that is never closed would swallow the rest of the file unseen. So a mark is put behind the text:
    where it does not come back as a row of its own, the last row has swallowed it.
    """
    lines = [*StringIO(text.removeprefix("\ufeff"), newline=""), "\n", _END_OF_FILE]
    reader = csv.reader(lines)
    line = 1
    while True:
        problem, cells = None, []
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            problem = f"not readable as CSV: {error}"
        if reader.line_num == len(lines) and not problem:
            if cells == [_END_OF_FILE]:
                return
            problem = "a quote is opened and never closed, so everything behind it is unreadable"
            cells[-1] = cells[-1].removesuffix("\n" + _END_OF_FILE)
        if cells or problem:
            yield _Record(line, cells, problem)
        line = reader.line_num + 1


def _read_row(record: _Record, name: str, cells: Mapping[str, str], *, surplus: int) -> CsvRow:
    if record.problem:
        raise InvalidRecordError(record.problem)
    if not name:
        raise InvalidRecordError("the name is blank")
    if has_backend_prefix(name):
        raise InvalidRecordError("names with a backend prefix are made from the plain name and can't be rows")
    issues: list[str] = []
    if surplus > 0:
        issues.append(f"{surplus} more cells than columns; they are ignored")
    billions = cells.get("parameters_bn", "").strip()
    if not billions:
        issues.append("parameters_bn is empty and counts as 0")
    values: dict[str, Any] = {column: cells.get(column, "") for column in _TEXT_COLUMNS}
    values["parameters"] = exact_parameters(billions) if billions else 0
    values["nsfw"] = cells.get("nsfw", "").strip().lower() == "true"
    values["tags"] = split_tags(cells.get("tags", ""))
    for column in _JSON_COLUMNS:
        values[column] = _json_value(column, cells.get(column, "").strip())
    return CsvRow(line=record.line, name=name, cells=cells, values=values, issues=tuple(issues))


def exact_parameters(billions: str) -> int:
    """Return the number of parameters that a text of billions means, to the last one: ``4.1`` is 4100000000.

    Raises:
        InvalidRecordError: not a finite number, or more than 64 bits hold.
    """
    try:
        value = Decimal(billions.strip())
    except InvalidOperation:
        raise InvalidRecordError(f"parameters_bn {billions!r} is not a number") from None
    if not value.is_finite() or value.copy_abs() > _MOST_PARAMETERS // _PER_BILLION:
        raise InvalidRecordError(f"parameters_bn {billions!r} is not a number of parameters")
    exact = Context(prec=60)  # not the caller's, which may round to anything
    return int(value.scaleb(9, exact).to_integral_value(context=exact))


def split_tags(text: str) -> list[str]:
    """Return the tags of a comma-separated text, trimmed, without empty ones, in their order."""
    return [tag for part in text.split(",") if (tag := part.strip())]


def _json_value(column: str, cell: str) -> dict[str, Any] | None:
    if not cell or (column == "settings" and cell == "null"):
        return None
    try:
        members = parse_json_object(cell).members
    except InvalidRecordError as error:
        raise InvalidRecordError(f"{column}: {error}") from error
    if reasons := unusable_values(members):
        raise InvalidRecordError(f"{column}: {'; '.join(reasons)}")
    return checked_settings(members) if column == "settings" else checked_claim(column, members)


def csv_row_to_v2(row: CsvRow) -> dict[str, Any]:
    """Return the v2 document that a row means (spec 02 §5)."""
    return text_document(row.name, row.values)


def convert_models_csv(text: str) -> FileConversion:
    """Read the text models of a ``models.csv``; each record keeps its cells as ``legacy``.

    Where a name is repeated the last good row counts, in the place of the first.

    Raises:
        InvalidRecordError: as `read_models_csv`.
    """
    table = read_models_csv(text)
    lines = table.lines_by_name
    last_rows = {row.name: row for row in table.rows}
    return FileConversion(
        records=tuple(
            ConvertedRecord(
                key=row.name,
                document=csv_row_to_v2(row),
                legacy=row.cells,
                issues=(*row.issues, *_repeated(lines[row.name])),
            )
            for row in last_rows.values()
        ),
        refusals=tuple(
            Refusal(key=refused.name, reason=f"line {refused.line}: {refused.reason}")
            for refused in table.refusals
        ),
    )


def _repeated(lines: list[int]) -> Iterator[str]:
    if len(lines) > 1:
        yield f"the name stands on lines {', '.join(map(str, lines))}; the last one counts"


def cells_from_v2(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the row of a v2 text document: `COLUMNS`, then ``version`` and ``nsfw`` if not empty or false.

    A comma inside a tag splits it, since the table has no other form for tags.

    Raises:
        InvalidRecordError: it is no text record.
    """
    told = typed_document(document)
    cells: dict[str, str] = dict.fromkeys(COLUMNS, "")
    for column in (*_TEXT_COLUMNS, "name"):
        cells[column] = told.get(column) or ""
    cells["parameters_bn"] = _billions(told.get("parameters"))
    cells["tags"] = ",".join(told.get("tags") or ())
    for column in _JSON_COLUMNS:
        cells[column] = _json_cell(told.get(column))
    if not cells["version"]:
        del cells["version"]
    if told.get("nsfw"):
        cells["nsfw"] = "true"
    return cells


def _billions(parameters: int | None) -> str:
    if parameters is None:
        return ""
    whole, rest = divmod(abs(parameters), _PER_BILLION)
    sign = "-" if parameters < 0 else ""
    return f"{sign}{whole}" + (f".{rest:09d}".rstrip("0") if rest else "")


def _json_cell(value: Mapping[str, Any] | None) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ": "))


def merge_cells(
    old_cells: Mapping[str, str], old_document: Mapping[str, Any], new_document: Mapping[str, Any]
) -> dict[str, str]:
    """Return a row's cells after a change of its document: what means the same keeps its spelling.

    Columns that the program doesn't know stay as they are.
    """
    before, after = cells_from_v2(old_document), cells_from_v2(new_document)
    columns = dict.fromkeys((*before, *after))
    changed = {column: after.get(column, "") for column in columns if before.get(column) != after.get(column)}
    return {**old_cells, **changed}


def write_models_csv(rows: Iterable[Mapping[str, str]]) -> str:
    """Return the text of a table: `COLUMNS`, then any other column that some row fills (spec 02 §4.2)."""
    table = list(rows)
    others = {column: None for row in table for column, cell in row.items() if cell and column not in COLUMNS}
    columns = (*COLUMNS, *others)
    lines = [columns, *([row.get(column, "") for column in columns] for row in table)]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines)


def _quoted(cell: str) -> str:
    """Quote what needs it; the standard writer's idea of that differs between versions of Python."""
    if any(mark in cell for mark in ',"\r\n'):
        return '"' + cell.replace('"', '""') + '"'
    return cell
