"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Final

import typer

DataDir = Annotated[
    Path | None,
    typer.Option(
        "--data-dir",
        metavar="DIR",
        help="Folder of the data; default: HORDE_MODEL_REFERENCE_DATA_DIR, "
        "else AIWORKER_CACHE_HOME/horde_model_reference, else your data folder.",
        show_default=False,
    ),
]
LARGEST_NUMBER: Final = 10**18
"""No serial and no event is as large, and databases take such numbers."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
