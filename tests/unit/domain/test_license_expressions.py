import subprocess
import sys

import pytest

from horde_model_reference.domain.license_expressions import (
    NOASSERTION,
    license_identifiers,
    spdx_identifiers,
)


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
    "expression",
    [
        "",
        " ",
        "()",
        "MIT AND",
        "(MIT",
        "some words",
        "MIT, BSD",
        "MIT OR NOASSERTION",
        "MIT WITH MIT WITH MIT",
        "MIT\0",
    ],
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


def test_an_expression_that_nests_too_deeply_for_its_reader_is_refused() -> None:
    def read_below(frames: int) -> None:
        if frames:
            read_below(frames - 1)
        else:
            # Nobody else reads this one: what was read once is remembered.
            license_identifiers("(Deep OR(B AND" * 110 + " C" + "))" * 110)

    with pytest.raises(ValueError, match="is not a licence expression"):
        read_below(sys.getrecursionlimit() - 300)


def test_an_expression_that_is_too_long_is_refused_unread() -> None:
    with pytest.raises(ValueError, match="at most 2000 characters"):
        license_identifiers(" OR ".join(f"L{number}" for number in range(1000)))


def test_the_spdx_list_holds_licences_exceptions_and_what_was_replaced_and_nothing_else() -> None:
    known = spdx_identifiers()

    assert {"MIT", "CC-BY-NC-SA-4.0", "Classpath-exception-2.0", "GPL-3.0", "GPL-3.0-only"} <= known
    assert not {"OpenRAIL-M", "mit", "NOASSERTION", "LicenseRef-scancode-other-permissive"} & known
