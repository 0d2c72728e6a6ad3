"""The files that an export writes say what the exports over HTTP say."""

import json
from pathlib import Path

import pytest
from licensing_client import EDITOR, a_definition, an_asset, edit
from review_client import V2, MakeReview, Review

from horde_model_reference.bootstrap import open_store
from horde_model_reference.formats.reference_files import FileFormat
from horde_model_reference.settings import load_settings
from horde_model_reference.store.exporting import export_files

_CHANGE = {"operation": "upsert", "name": "umbra", "record": {"name": "umbra"}}
_PROFILE = {
    "kind": "prompt_contract",
    "profile_id": "chatml",
    "display_name": "ChatML",
    "summary": "s",
    "interaction_modes": ["chat"],
}


@pytest.fixture
def registry(make_review: MakeReview) -> Review:
    """A registry in which every catalogue was changed that has an export."""
    registry = make_review(licensing={"editor_ids": ["2002"]})
    edit(registry, "POST", "/licenses", a_definition(), key=EDITOR)
    edit(registry, "POST", "/assets", an_asset(), key=EDITOR)
    profile = {"operation": "create", "profile_id": "chatml", "profile": _PROFILE}
    for path, body in (
        ("image_generation/baselines", {"title": "t", "changes": [_CHANGE]}),
        ("text_generation/guidance", {"title": "t", "profile_changes": [profile]}),
    ):
        change_id = registry.send("POST", f"{V2}/{path}/change-sets", body).json()["change_id"]
        registry.approve(change_id)
        assert registry.apply(change_id).status_code == 200
    return registry


def test_files_of_catalogues_are_their_exports(registry: Review, tmp_path: Path) -> None:
    store = open_store(load_settings(replicate_mode="PRIMARY", data_dir=tmp_path))
    list(export_files(store, tmp_path / "out", FileFormat.v2))
    store.close()

    for file, path in (
        ("licensing", "licensing/export"),
        ("baselines", "image_generation/baselines/export"),
        ("text_guidance", "text_generation/guidance/export"),
    ):
        written = json.loads((tmp_path / "out" / file / "export.json").read_text())
        assert written == registry.get(f"{V2}/{path}").json(), file
