import subprocess
import sys

import pytest

from horde_model_reference.domain.license_expressions import NOASSERTION, license_identifiers


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("MIT", ("MIT",)),
        ("MIT OR Apache-2.0", ("MIT", "Apache-2.0")),
        ("MIT AND (MIT OR BSD-3-Clause)", ("MIT", "BSD-3-Clause")),
        ("LicenseRef-S-Lab-1.0", ("LicenseRef-S-Lab-1.0",)),
        ("OpenRAIL++-M", ("OpenRAIL++-M",)),
        ("GPL-2.0-only WITH Classpath-exception-2.0", ("GPL-2.0-only", "Classpath-exception-2.0")),
        (NOASSERTION, ()),
    ],
)
def test_an_expression_names_its_licences(expression: str, named: tuple[str, ...]) -> None:
    assert license_identifiers(expression) == named


@pytest.mark.parametrize(
    "expression", ["", " ", "MIT AND", "(MIT", "some words", "MIT, BSD", "MIT OR NOASSERTION"]
)
def test_a_broken_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match="is not a licence expression"):
        license_identifiers(expression)


def test_the_parser_is_not_loaded_for_models_that_nobody_reviewed() -> None:
    code = (
        "import sys; from horde_model_reference.domain.licensing import unknown_model_licensing as unknown;"
        "unknown(); print('license_expression' in sys.modules)"
    )

    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
