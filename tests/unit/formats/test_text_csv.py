"""The table of text models: reading, meaning, writing."""

import json
from collections.abc import Mapping
from csv import field_size_limit
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from listed_differences import is_listed, listed_cases
from shared_data import shared_path

from horde_model_reference.domain.errors import InvalidRecordError
from horde_model_reference.formats.text_csv import (
    COLUMNS,
    cells_from_v2,
    convert_models_csv,
    csv_row_to_v2,
    exact_parameters,
    merge_cells,
    read_models_csv,
    write_models_csv,
)
from horde_model_reference.formats.text_names import suggested_group

_HEADER = ",".join(COLUMNS) + "\n"


def _cells(**cells: str) -> dict[str, str]:
    return {"name": "A/M-7B", "parameters_bn": "7", **cells}


def _document(**cells: str) -> dict[str, Any]:
    return convert_models_csv(write_models_csv([_cells(**cells)])).records[0].document


def _refusals(**cells: str) -> list[str]:
    return [refusal.reason for refusal in read_models_csv(write_models_csv([_cells(**cells)])).refusals]


# Reading


def test_an_empty_text_is_an_empty_table() -> None:
    assert read_models_csv("").rows == ()


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert read_models_csv("\ufeffname,parameters_bn\nA,1\n").rows[0].name == "A"


@pytest.mark.parametrize("text", ["model,size\nA,1\n", '"name\nA,1\n'])
def test_a_table_without_names_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecordError, match="line 1"):
        read_models_csv(text)


def test_columns_may_stand_in_any_order_and_be_unknown() -> None:
    row = read_models_csv("junk,parameters_bn,name\nzzz,7, A \n").rows[0]

    assert row.name == "A"
    assert row.cells == {"junk": "zzz", "parameters_bn": "7", "name": " A "}


def test_rows_know_the_line_on_which_they_begin() -> None:
    table = read_models_csv('name,parameters_bn,description\n\nA,1,"two\nlines"\r\nB,2,\n,3,\n')

    assert [row.line for row in table.rows] == [3, 5]
    assert [refusal.line for refusal in table.refusals] == [6]


def test_a_short_row_has_empty_cells() -> None:
    assert read_models_csv(_HEADER + "A,1\n").rows[0].values["description"] == ""


def test_cells_without_a_column_are_reported() -> None:
    assert "1 more cells" in read_models_csv("name,parameters_bn\nA,1,b\n").rows[0].issues[0]


def test_an_empty_count_is_zero_and_reported() -> None:
    row = read_models_csv(write_models_csv([_cells(parameters_bn=" ")])).rows[0]

    assert row.values["parameters"] == 0
    assert row.issues == ("parameters_bn is empty and counts as 0",)


@pytest.mark.parametrize(
    ("billions", "parameters"),
    [
        ("4.1", 4_100_000_000),
        ("0.56", 560_000_000),
        (" 7 ", 7_000_000_000),
        ("1e2", 100_000_000_000),
        ("-1", -1_000_000_000),
        ("0.000000001", 1),
        ("4.09999999999", 4_100_000_000),
        ("1e-99999999", 0),
    ],
)
def test_counts_are_exact_to_the_last_parameter(billions: str, parameters: int) -> None:
    assert exact_parameters(billions) == parameters


@pytest.mark.parametrize("billions", ["seven", "inf", "nan", "sNaN", "1e999999999", "9223372037", "7B", ""])
def test_what_is_no_count_of_parameters_is_refused(billions: str) -> None:
    with pytest.raises(InvalidRecordError, match="parameters_bn"):
        exact_parameters(billions)


@given(st.integers(min_value=-9_223_372_036 * 10**9, max_value=9_223_372_036 * 10**9))
def test_any_count_survives_being_written_in_billions(parameters: int) -> None:
    cells = cells_from_v2({"name": "A", "parameters": parameters})

    assert exact_parameters(cells["parameters_bn"]) == parameters


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"name": "  "}, "the name is blank"),
        ({"name": "aphrodite/A/M"}, "backend prefix"),
        ({"name": "koboldcpp/M"}, "backend prefix"),
        ({"parameters_bn": "x"}, "parameters_bn 'x' is not a number"),
        ({"settings": "{"}, "settings: not JSON"),
        ({"settings": "[1]"}, "settings: the text is a list"),
        ({"settings": '{"a": {}}'}, "settings: a must be"),
        ({"settings": '{"a": null}'}, "settings: a must be"),
        ({"settings": '{"a": [[1]]}'}, "settings: a must be"),
        ({"settings": '{"a": [1, "b"]}'}, "settings: a must be"),
        ({"settings": '{"a": NaN}'}, "settings: a: not a finite number"),
        ({"settings": '{"a": 1e999}'}, "settings: a: not a finite number"),
        ({"settings": '{"a": ' + "[" * 9000}, "settings: "),
        ({"context_window": "null"}, "context_window: "),
        ({"context_window": "{}"}, "context_window.maximum_tokens: "),
        ({"context_window": '{"maximum_tokens": 0}'}, "context_window.maximum_tokens: "),
        ({"context_window": '{"maximum_tokens": 1, "x": 1}'}, "context_window.x: "),
        ({"interaction_modes": '{"shouting": {"status": "supported"}}'}, "interaction_modes.shouting"),
        ({"capabilities": '{"tool_calling": {"status": "perhaps"}}'}, "capabilities.tool_calling.status: "),
        ({"description": "x" * 200_000}, "not readable as CSV"),
    ],
)
def test_a_bad_row_is_refused_with_its_reason(cells: dict[str, str], reason: str) -> None:
    assert any(reason in refusal for refusal in _refusals(**cells))


def test_a_bad_row_is_refused_alone_and_keeps_its_cells() -> None:
    table = read_models_csv("name,parameters_bn\nA,1\nB,two\nC,3\n")

    assert [row.name for row in table.rows] == ["A", "C"]
    assert [(refusal.line, refusal.name) for refusal in table.refusals] == [(3, "B")]
    assert table.refusals[0].cells == {"name": "B", "parameters_bn": "two"}


def test_a_quote_that_is_never_closed_is_reported_and_not_taken_for_text() -> None:
    table = read_models_csv('name,parameters_bn,description\nA,1,\nB,2,"oops\nC,3,\n')

    assert [row.name for row in table.rows] == ["A"]
    assert "never closed" in table.refusals[0].reason
    assert table.refusals[0].cells["description"] == "oops\nC,3,\n"


@pytest.mark.parametrize("beyond", [-1, 0, 1, 2])
def test_an_open_quote_around_the_longest_cell_is_reported(beyond: int) -> None:
    text = "x" * (field_size_limit() + beyond)

    table = read_models_csv(f'name,parameters_bn,description\nA,1,\nB,2,"{text}')

    assert [row.name for row in table.rows] == ["A"]
    assert len(table.refusals) >= 1


def test_a_number_that_a_document_spells_as_a_text_is_written_as_a_number() -> None:
    cells = cells_from_v2({"name": "A", "parameters": "7500000000", "nsfw": "no"})

    assert (cells["parameters_bn"], cells.get("nsfw")) == ("7.5", None)


# Meaning


def test_a_full_row_becomes_a_document_in_the_order_of_the_data_model() -> None:
    row = read_models_csv(
        write_models_csv(
            [
                {
                    "name": "A/Llama-3-8B-Chat",
                    "parameters_bn": "8",
                    "display_name": " Llama ",
                    "url": "https://u",
                    "baseline": "Llama 3",
                    "description": "two\nlines",
                    "style": "chat",
                    "tags": "b, a ,,a",
                    "instruct_format": "ChatML",
                    "settings": '{"temperature": 0.7, "sampler_order": [6, 0]}',
                    "context_window": '{"maximum_tokens": 4096, "sources": [{"url": "https://a"}]}',
                    "interaction_modes": '{"chat": {"status": "supported"}}',
                    "capabilities": '{"tool_calling": {"status": "unknown"}}',
                    "version": "2",
                    "nsfw": "TRUE",
                }
            ]
        )
    ).rows[0]

    document = csv_row_to_v2(row)

    assert list(document.items()) == [
        ("record_type", "text_generation"),
        ("name", "A/Llama-3-8B-Chat"),
        ("description", "two\nlines"),
        ("version", "2"),
        ("metadata", {"schema_version": "2.1.0"}),
        ("config", {"download": []}),
        ("model_classification", {"domain": "text", "purpose": "generation"}),
        ("baseline", "Llama 3"),
        ("parameters", 8_000_000_000),
        ("nsfw", True),
        ("style", "chat"),
        ("display_name", " Llama "),
        ("url", "https://u"),
        ("tags", ["b", "a", "a"]),
        ("instruct_format", "ChatML"),
        ("settings", {"temperature": 0.7, "sampler_order": [6, 0]}),
        ("text_model_group", "Llama-3"),
        ("context_window", {"maximum_tokens": 4096, "sources": [{"url": "https://a/"}]}),
        ("interaction_modes", {"chat": {"status": "supported", "sources": []}}),
        ("capabilities", {"tool_calling": {"status": "unknown", "sources": []}}),
    ]


def test_empty_cells_are_empty_texts_and_absent_objects() -> None:
    document = _document()

    assert document["style"] == document["version"] == document["url"] == ""
    assert document["tags"] == []
    assert document["nsfw"] is False
    assert not {"instruct_format", "settings", "context_window"} & document.keys()


@pytest.mark.parametrize(("cell", "settings"), [("{}", {}), ("null", None)])
def test_an_empty_object_of_settings_stays_and_null_does_not(cell: str, settings: object) -> None:
    assert _document(settings=cell).get("settings") == settings


def test_only_true_means_not_safe_for_work() -> None:
    understood = {cell: _document(nsfw=cell)["nsfw"] for cell in ("true", "True", "yes", "1")}

    assert understood == {"true": True, "True": True, "yes": False, "1": False}


def test_of_a_repeated_name_the_last_row_counts_in_the_first_place() -> None:
    conversion = convert_models_csv("name,parameters_bn,baseline\nA,7,x\nB,7,y\nA,8,z\n")

    baselines = [(record.key, record.document["baseline"]) for record in conversion.records]
    assert baselines == [("A", "z"), ("B", "y")]
    assert conversion.records[0].issues == ("the name stands on lines 2, 4; the last one counts",)


def test_a_refused_repetition_leaves_the_good_row() -> None:
    conversion = convert_models_csv("name,parameters_bn\nA,7\nA,eight\n")

    assert conversion.documents["A"]["parameters"] == 7_000_000_000
    assert conversion.refusals[0].reason.startswith("line 3: ")


# Writing


def test_the_table_has_its_columns_in_order_and_line_feeds() -> None:
    assert write_models_csv([_cells(tags="a,b")]) == _HEADER + 'A/M-7B,7,,,,,,"a,b",,,,,\n'


def test_other_columns_are_written_only_when_a_row_fills_them() -> None:
    text = write_models_csv([_cells(junk="", version=""), _cells(nsfw="true", mine="x")])

    assert text.splitlines()[0] == _HEADER.strip() + ",nsfw,mine"


def test_a_document_becomes_a_row() -> None:
    cells = cells_from_v2(
        {
            "name": "A",
            "parameters": 12_500_000_000,
            "description": None,
            "tags": ["b", "a"],
            "settings": {"temperature": 0.7, "stop_sequence": ["é"]},
            "version": "2",
            "nsfw": True,
        }
    )

    assert list(cells) == [*COLUMNS, "version", "nsfw"]
    filled = {column: cell for column, cell in cells.items() if cell}
    assert filled == {
        "name": "A",
        "parameters_bn": "12.5",
        "tags": "b,a",
        "settings": '{"temperature": 0.7,"stop_sequence": ["é"]}',
        "version": "2",
        "nsfw": "true",
    }


def test_a_change_keeps_the_spelling_of_every_other_cell() -> None:
    old = _cells(parameters_bn="4.10", tags="b, a", settings='{ "top_p":1 }', junk="zzz", style="old")
    document = _document(**old)

    merged = merge_cells(old, document, {**document, "style": "new", "version": "2"})

    assert merged == {**old, "style": "new", "version": "2"}


def test_a_change_can_empty_a_cell() -> None:
    old = _cells(nsfw="TRUE", version="3", settings="{}")
    document = _document(**old)
    emptied = {key: value for key, value in document.items() if key != "settings"}

    merged = merge_cells(old, document, {**emptied, "nsfw": False, "version": ""})

    assert merged == {**old, "nsfw": "", "version": "", "settings": ""}


_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_FLOATS = st.floats(allow_nan=False, allow_infinity=False)
_NUMBER = st.integers(-(2**63), 2**63) | st.booleans() | _FLOATS
_SETTING = _NUMBER | _TEXT | st.lists(_NUMBER) | st.lists(_TEXT)
_SETTINGS = st.dictionaries(_TEXT, _SETTING, max_size=3)
_DOCUMENT_FIELDS = st.fixed_dictionaries(
    {
        "parameters": st.integers(0, 2**53),
        "description": _TEXT,
        "version": _TEXT,
        "baseline": _TEXT,
        "style": _TEXT,
        "display_name": _TEXT,
        "url": _TEXT,
        "nsfw": st.booleans(),
        "tags": st.lists(_TEXT.map(lambda tag: tag.replace(",", "").strip()).filter(bool), max_size=3),
    },
    optional={"settings": _SETTINGS, "instruct_format": _TEXT.filter(bool)},
)


@given(st.dictionaries(st.from_regex(r"[A-Z]/[\w-]{1,9}", fullmatch=True), _DOCUMENT_FIELDS, max_size=4))
def test_documents_written_as_a_table_are_read_back_equal(models: dict[str, dict[str, Any]]) -> None:
    text = write_models_csv(cells_from_v2({"name": name, **fields}) for name, fields in models.items())

    conversion = convert_models_csv(text)

    assert conversion.refusals == ()
    documents = conversion.documents
    read_back = {key: {field: documents[key][field] for field in models[key]} for key in documents}
    assert read_back == models


@given(st.lists(st.dictionaries(st.sampled_from((*COLUMNS, "junk")), _TEXT), max_size=4))
def test_any_cells_survive_being_written_and_read(rows: list[dict[str, str]]) -> None:
    table = read_models_csv(write_models_csv(rows))

    cells_by_line = {row.line: row.cells for row in table.rows}
    cells_by_line |= {refusal.line: refusal.cells for refusal in table.refusals}
    read_back = [cells_by_line[line] for line in sorted(cells_by_line)]
    assert [_filled(cells) for cells in read_back] == [_filled(cells) for cells in rows]


def _filled(cells: Mapping[str, str]) -> dict[str, str]:
    return {column: cell for column, cell in cells.items() if cell}


@given(st.text(st.sampled_from('a1,"\r\n \x04\0')) | st.text())
def test_any_text_below_a_header_can_be_read(text: str) -> None:
    assert read_models_csv("name,parameters_bn\n" + text).columns == ("name", "parameters_bn")


# Recorded answers and the real table


def _real_table() -> str:
    path = shared_path("reference-data", "legacy", "text", "models.csv")
    return path.read_bytes().decode("utf-8")


def _recorded_v2() -> dict[str, dict[str, Any]]:
    path = shared_path("golden", "v2", "text_generation.json")
    recorded: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    names = listed_cases("text-names/")
    for name, document in recorded.items():
        del document["licensing"], document["guidance"]
        document["metadata"] = {"schema_version": document["metadata"]["schema_version"]}
        if is_listed(name, names):
            document["text_model_group"] = suggested_group(name)
    return recorded


def test_the_real_table_means_what_is_recorded() -> None:
    conversion = convert_models_csv(_real_table())

    assert conversion.refusals == ()
    assert json.dumps(conversion.documents) == json.dumps(_recorded_v2())


def test_the_real_table_keeps_its_cells_when_written_again() -> None:
    records = convert_models_csv(_real_table()).records

    again = convert_models_csv(write_models_csv(record.legacy or {} for record in records)).records

    assert [dict.fromkeys(COLUMNS, "") | dict(record.legacy or {}) for record in records] == [
        record.legacy for record in again
    ]


def test_the_real_documents_are_the_same_after_a_table_made_from_them() -> None:
    documents = convert_models_csv(_real_table()).documents

    text = write_models_csv(map(cells_from_v2, documents.values()))

    assert convert_models_csv(text).documents == documents


def _recorded_cases() -> list[Any]:
    path = shared_path("golden", "conversion-cases.json")
    cases = json.loads(path.read_text(encoding="utf-8"))
    return [case for case in cases if case["kind"] == "csv_to_v1_and_v2"]


def test_the_recorded_tables_mean_what_is_recorded() -> None:
    cases = _recorded_cases()

    for case in cases:
        expected = case["output"]["v2"]["v2"]
        if case["id"] == "csv-numbers":
            expected["N/d"]["parameters"] = 4_100_000_000
        assert json.dumps(convert_models_csv(case["input"]).documents) == json.dumps(expected), case["id"]
    assert len(cases) >= 6
