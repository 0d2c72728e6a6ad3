"""Answers to the recorded queries where ours is another one on purpose; tests/differences.md says why."""

from collections.abc import Mapping
from typing import Any

_QUANTISED = [
    "coder3101/gemma-4-E4B-it-qat-q4_0-unquantized-heretic",
    "google/gemma-4-12B-it-qat-q4_0-unquantized",
    "google/gemma-4-26B-A4B-it-qat-q4_0-unquantized",
    "google/gemma-4-31B-it-qat-q4_0-unquantized",
    "google/gemma-4-E2B-it-qat-q4_0-unquantized",
    "google/gemma-4-E4B-it-qat-q4_0-unquantized",
    "lizpreciatior/lzlv_70b_fp16_hf",
    "SicariusSicariiStuff/Tenebra_30B_Alpha01_FP16",
]
_SIZES_OF_GEMMA = ("12B", "26B-A4B", "31B", "E2B", "E4B")

BETTER_ANSWERS: Mapping[str, Any] = {
    "q072-text-helper": _QUANTISED,
    "q073-text-helper": 719 - len(_QUANTISED),
    "q077-text-helper": {
        "gemma-4-it-qat-unquantized-heretic": ["coder3101/gemma-4-E4B-it-qat-q4_0-unquantized-heretic"],
        "gemma-4-it-qat-unquantized": [
            f"google/gemma-4-{size}-it-qat-q4_0-unquantized" for size in _SIZES_OF_GEMMA
        ],
        "gemma-4-it": [f"google/gemma-4-{size}-it" for size in _SIZES_OF_GEMMA],
        "gemma-4": [f"google/gemma-4-{size}" for size in _SIZES_OF_GEMMA],
        "G4-MeroMero": ["zerofata/G4-MeroMero-26B-A4B"],
    },
    "q078-text-helper": 397,
}
