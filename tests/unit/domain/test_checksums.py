import pytest

from horde_model_reference.domain.checksums import UNKNOWN_SHA256, canonical_sha256, is_sha256, same_sha256

A_SUM = "0d79b3b7c41478b5fe55c35b73ca6f3525a09708289371c6c0fac641e588287e"


def test_a_sum_is_the_same_in_either_case() -> None:
    assert same_sha256(A_SUM.upper(), f" {A_SUM}\n")


def test_different_sums_are_not_the_same() -> None:
    assert not same_sha256(A_SUM, A_SUM[::-1])


@pytest.mark.parametrize("unknown", [UNKNOWN_SHA256, "fixme", "", "abc", None])
def test_an_unknown_sum_equals_nothing_not_even_itself(unknown: str | None) -> None:
    assert not same_sha256(unknown, unknown)
    assert not same_sha256(A_SUM, unknown)
    assert not same_sha256(unknown, A_SUM)


def test_the_unknown_sum_keeps_its_spelling() -> None:
    assert canonical_sha256(" fixme ") == UNKNOWN_SHA256


@pytest.mark.parametrize("text", [A_SUM[:-1], A_SUM + "0", "g" * 64, UNKNOWN_SHA256])
def test_a_sum_has_64_hexadecimal_digits(text: str) -> None:
    assert not is_sha256(text)
    assert is_sha256(A_SUM)
