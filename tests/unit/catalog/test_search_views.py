"""Cursors, and the states of the data that they go through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from search_catalog import ChangingSource, catalog_of, image_document

from horde_model_reference.catalog.cursor import SearchCursor, read_cursor
from horde_model_reference.catalog.search_errors import InvalidSearchError
from horde_model_reference.catalog.search_views import SearchViews
from horde_model_reference.domain.categories import Category

IMAGES = Category.image_generation


@given(st.text(max_size=20), st.integers(0), st.text(max_size=20), st.integers(0, 10**9))
def test_a_cursor_survives_its_token(data: str, revision: int, asked: str, offset: int) -> None:
    if revision >= 2**63:
        revision = 2**63 - 1
    cursor = SearchCursor(data=data, revision=revision, asked=asked, offset=offset)

    assert read_cursor(cursor.token()) == cursor


@pytest.mark.parametrize("token", ["x", "é", "bm90aGluZw", "WzFd", "WyJhIiwxLCJiIiwtMV0", "W10", "=" * 9])
def test_another_text_is_no_cursor(token: str) -> None:
    with pytest.raises(InvalidSearchError, match="no cursor"):
        read_cursor(token)


def test_a_state_is_found_after_the_data_changed() -> None:
    source = ChangingSource()
    catalog = catalog_of(source, {"a": image_document()})
    views = SearchViews(catalog)
    before = views.current(IMAGES), views.current(None)

    source.set(IMAGES, {"b": image_document()})
    catalog.refresh()

    assert views.current(IMAGES).table.column("name") == ["b"]
    assert views.find(IMAGES, before[0].data) is before[0]
    assert views.find(None, before[1].data) is before[1]


def test_a_state_is_kept_though_nobody_searched_while_it_was_the_present_one() -> None:
    source = ChangingSource()
    catalog = catalog_of(source, {"a": image_document()})
    views, data = SearchViews(catalog), catalog.snapshot(IMAGES)
    assert data is not None

    source.set(IMAGES, {"b": image_document()})
    catalog.refresh()

    found = views.find(IMAGES, data.v2.tag)
    assert found is not None
    assert found.table.column("name") == ["a"]


def test_old_states_go_when_they_take_too_much_memory() -> None:
    source = ChangingSource()
    catalog = catalog_of(source, {"a": image_document(description="x" * 1000)})
    views = SearchViews(catalog, most_old_bytes=1000)
    before = views.current(IMAGES)

    source.set(IMAGES, {"b": image_document()})
    catalog.refresh()

    assert views.find(IMAGES, before.data) is None


def test_unchanged_data_is_one_state() -> None:
    catalog = catalog_of(ChangingSource(), {"a": image_document()})
    views = SearchViews(catalog)

    assert views.current(IMAGES) is views.current(IMAGES)
    catalog.refresh()
    assert views.current(None) is views.current(None)


def test_a_category_that_nothing_is_known_of_is_empty() -> None:
    views = SearchViews(catalog_of(ChangingSource(), {}))

    assert len(views.current(Category.lora).table) == 0
