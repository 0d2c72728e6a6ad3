"""`generate-guidance-reference`, from files and from a server."""

import json
from pathlib import Path
from typing import Any

import pytest
from file_server import Reply, always
from file_server import serving as serving_files
from hmr import script as run
from markdown_elements import elements_of

COMMAND = "generate-guidance-reference"

CONTRACT: dict[str, Any] = {
    "kind": "prompt_contract",
    "profile_id": "chatml",
    "display_name": "ChatML",
    "summary": "Turns between markers.",
    "aliases": ["chat-ml"],
    "interaction_modes": ["chat"],
    "accepted_roles": ["system", "user"],
    "role_markers": {"user": "<|im_start|>user\n"},
    "stop_sequences": ["<|im_end|>"],
    "user": {"overview": "One.\n\nTwo.", "use_cases": [], "tips": ["Be brief."], "caveats": []},
    "templates": [
        {
            "template_id": "t",
            "name": "Plain",
            "syntax": "jinja2",
            "template": "```\n{{ prompt }}\n```",
            "variables": [{"name": "prompt", "description": "What to ask", "required": True}],
        }
    ],
    "examples": [
        {
            "title": "Greeting",
            "messages": [{"role": "user", "content": "Hello"}],
            "rendered_prompt": "<|im_start|>user\nHello",
        }
    ],
    "recommended_settings": {"top_p": 0.9, "temperature": 1},
    "ai_horde_examples": [
        {"title": "Short", "prompt": "Hi", "parameters": {"max_length": 80}, "notes": "Fast."}
    ],
    "sources": [{"url": "https://example.org/chatml", "title": "Where it is from", "note": "see below"}],
}
RECIPE: dict[str, Any] = {
    "kind": "usage_recipe",
    "profile_id": "rp",
    "display_name": "Roleplay",
    "summary": "Stories.",
    "deprecated": True,
    "capability": "tool_calling",
}
ASSIGNMENT: dict[str, Any] = {
    "model_name": "Org/A_b",
    "primary_profile_id": "chatml",
    "supplemental_profile_ids": ["rp"],
}


def an_export(*profiles: dict[str, Any], assignments: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "metadata": {"schema_version": 1, "revision": 3, "updated_at": None},
        "profiles": {each["profile_id"]: each for each in profiles},
        "assignments": {each["model_name"]: each for each in assignments or []},
    }


FULL = an_export(RECIPE, CONTRACT, assignments=[ASSIGNMENT])


def a_file(folder: Path, content: Any) -> Path:
    path = folder / "export.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def page_of(folder: Path, export: dict[str, Any]) -> str:
    """Return the page that is made of an export."""
    page = folder / "new" / "guidance.md"
    done = run(COMMAND, "--input", a_file(folder, export), "--output", page)
    assert done.status == 0, done.err
    return page.read_text("utf-8")


def test_the_help_has_an_example_and_the_exit_codes() -> None:
    shown = run(COMMAND, "--help")

    assert shown.status == 0
    assert "generate-guidance-reference --input export.json --output guidance.md" in shown.out
    assert "4 this is no guidance export" in " ".join(shown.out.replace("│", " ").split())


@pytest.mark.parametrize(
    "part",
    [
        "2 profiles and 1 models that have some, at revision 3 of the catalogue.\n",
        "| [ChatML](#profile-chatml) | prompt contract | Turns between markers. | 1 |\n",
        "| [Roleplay](#profile-rp) (deprecated) | usage recipe | Stories. | 1 |\n",
        '<a id="profile-chatml"></a>\n\n### ChatML\n\nTurns between markers.\n',
        "- other names: chat-ml\n- modes: chat\n- roles: system, user\n",
        '- marker of user: `"<|im_start|>user\\n"`\n- stops at: `"<|im_end|>"`\n',
        "#### For users\n\nOne.\n\nTwo.\n\nTips:\n\n- Be brief.\n",
        "#### Template: Plain\n\nWritten in jinja2.\n\n````jinja2\n```\n{{ prompt }}\n```\n````\n",
        "\n````\n\n- prompt: What to ask\n",
        "#### Example: Greeting\n\nuser:\n\n```text\nHello\n```\n\nAs a prompt:\n",
        "#### Recommended settings\n\n- temperature: `1`\n- top\\_p: `0.9`\n",
        "#### Request to the AI-Horde: Short\n\n```text\nHi\n```\n",
        "\n\nParameters:\n\n- max\\_length: `80`\n\nFast.\n",
        "#### Sources\n\n- [Where it is from](https://example.org/chatml): see below\n",
        "#### Models\n\n- Org/A\\_b\n",
        "- asks for: tool calling\n",
        "| Org/A\\_b | [ChatML](#profile-chatml) | [Roleplay](#profile-rp) |\n",
    ],
)
def test_the_page_shows_all_of_an_export(tmp_path: Path, part: str) -> None:
    assert part in page_of(tmp_path, FULL)


def test_the_order_of_an_export_makes_no_difference(tmp_path: Path) -> None:
    turned = FULL | {"profiles": dict(reversed(FULL["profiles"].items()))}

    assert page_of(tmp_path, turned) == page_of(tmp_path, FULL)


def test_an_empty_catalogue_makes_a_page(tmp_path: Path) -> None:
    assert "0 profiles and 0 models" in page_of(tmp_path, an_export())


def test_an_assignment_of_a_profile_that_is_gone_has_no_link(tmp_path: Path) -> None:
    assert "| Org/A\\_b | chatml | rp |" in page_of(tmp_path, an_export(assignments=[ASSIGNMENT]))


@pytest.mark.parametrize("text", ["# heading", "[a](https://b)", "x | y", "*bold*", "a\n- b", "<b x", "`x`"])
def test_names_are_no_markup(tmp_path: Path, text: str) -> None:
    profile = CONTRACT | {"display_name": text, "summary": text}

    page = page_of(tmp_path, an_export(profile))

    harmless = page_of(tmp_path, an_export(CONTRACT | {"display_name": "x", "summary": "x"}))
    assert elements_of(page) == elements_of(harmless)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<html>", "not JSON at line 1"),
        ({"metadata": {"revision": 1}, "licenses": [], "assets": []}, "profiles, assignments missing"),
        (an_export(CONTRACT | {"kind": "poem"}), "profiles.chatml"),
        (an_export() | {"profiles": {"other": CONTRACT}}, "what is under 'other' has another name"),
    ],
)
def test_what_is_no_export_is_refused_and_the_old_page_stays(
    tmp_path: Path, content: Any, reason: str
) -> None:
    page = tmp_path / "guidance.md"
    page.write_text("old", encoding="utf-8")

    done = run(COMMAND, "--input", a_file(tmp_path, content), "--output", page)

    assert done.status == 4
    assert "no text_guidance export: " in done.error
    assert reason in done.error
    assert page.read_text("utf-8") == "old"


def test_exactly_one_source_is_needed(tmp_path: Path) -> None:
    done = run(COMMAND, "--output", tmp_path / "guidance.md")

    assert (done.status, done.error) == (2, "give exactly one of --primary-api-url and --input")


def test_a_registry_is_asked_for_its_export(tmp_path: Path) -> None:
    page = tmp_path / "guidance.md"
    with serving_files(always(Reply(200, json.dumps(FULL).encode()))) as server:
        done = run(COMMAND, "--primary-api-url", f"{server.url}/api", "--output", page)

    assert (done.status, done.out) == (0, "")
    assert [asked.path for asked in server.asked] == [
        "/api/model_references/v2/text_generation/guidance/export"
    ]
    assert page.read_text("utf-8") == page_of(tmp_path, FULL)


def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    done = run(COMMAND, "--input", a_file(tmp_path, FULL), "--output", "/dev/null/guidance.md")

    assert done.status == 1
    assert done.error
