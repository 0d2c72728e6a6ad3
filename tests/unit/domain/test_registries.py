import logging
import tracemalloc

import pytest
from log_records import records_of

from horde_model_reference.domain import registries as registries_module
from horde_model_reference.domain.registries import (
    MOST_REPORTED,
    Registries,
    is_known_image_baseline,
    shared_registries,
)


def test_a_new_registry_knows_the_built_in_values() -> None:
    registries = Registries()

    assert len(registries.model_styles) == 6
    assert len(registries.controlnet_styles) == 19
    assert len(registries.image_schedulers) == 11
    assert len(registries.tags) == 18
    assert registries.text_backends == {"aphrodite", "koboldcpp"}


def test_registries_do_not_share_their_sets() -> None:
    Registries().tags.add("glass")

    assert "glass" not in Registries().tags


def test_a_process_has_one_registry() -> None:
    assert shared_registries() is shared_registries()


def test_an_alternative_name_is_a_known_baseline() -> None:
    assert is_known_image_baseline("SDXL")


def test_an_unknown_value_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    registries = Registries()

    with caplog.at_level(logging.DEBUG):
        registries.report_unknown("image_generation", "baseline", "lumen")
        registries.report_unknown("image_generation", "baseline", "lumen")
        registries.report_unknown("image_generation", "baseline", "umbra")

    told = records_of(caplog, registries_module)
    assert [record.levelname for record in told] == ["WARNING", "DEBUG", "WARNING"]


def test_unknown_values_without_end_fill_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    registries = Registries()
    many = range(2 * MOST_REPORTED)

    with caplog.at_level(logging.CRITICAL):
        tracemalloc.start()
        for number in many:
            registries.report_unknown("image_generation", "baseline", f"{number:010000}")
        memory = tracemalloc.take_snapshot()
        tracemalloc.stop()

    # Without what threads of earlier tests take meanwhile.
    ours = [tracemalloc.Filter(True, file) for file in (__file__, registries_module.__file__)]
    remembered_bytes = sum(trace.size for trace in memory.filter_traces(ours).traces)
    assert 0 < remembered_bytes < 1_000_000
