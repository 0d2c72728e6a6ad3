"""What tests of the library share: folders of reference files, and a process without a manager."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from reference_servers import v2_body
from shared_data import shared_path

from horde_model_reference.client.manager import ModelReferenceManager
from horde_model_reference.domain.categories import v2_file_name
from horde_model_reference.formats.reference_files import (
    FileFormat,
    find_reference_files,
    read_reference_file,
)
from horde_model_reference.formats.v2 import dump_v2_file


@pytest.fixture
def no_manager() -> Iterator[None]:
    """Begin and end without a manager, and leave the environment's one alone."""
    ModelReferenceManager.reset()
    yield
    ModelReferenceManager.reset()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two categories, three records in all."""
    (tmp_path / "blip.json").write_bytes(v2_body("one", "two"))
    controlnet = {"control_qr_xl": {"name": "control_qr_xl", "controlnet_style": "control_qr_xl"}}
    (tmp_path / "controlnet.json").write_text(json.dumps(controlnet))
    return tmp_path


@pytest.fixture(scope="session")
def real_v2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real legacy data converted to v2 files, as a replica keeps them."""
    folder = tmp_path_factory.mktemp("real-v2")
    for file in find_reference_files(shared_path("reference-data", "legacy"), FileFormat.legacy):
        documents = read_reference_file(file).documents
        (folder / v2_file_name(file.category)).write_text(dump_v2_file(documents), encoding="utf-8")
    return folder
