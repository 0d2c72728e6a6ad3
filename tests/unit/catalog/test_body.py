"""Bytes to hand out, made once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from zlib import compress

import pytest

from horde_model_reference.catalog.body import Body


def test_equal_content_has_an_equal_tag() -> None:
    assert Body(b"{}").etag() == Body(b"{}").etag()
    assert Body(b"{}").etag() != Body(b"{ }").etag()


def test_a_tag_is_strong_and_quoted() -> None:
    etag = Body(b"{}").etag()

    assert etag.startswith('"')
    assert etag.endswith('"')


def test_each_coding_has_a_tag_of_its_own() -> None:
    body = Body(b"{}")

    assert len({body.etag(), body.etag("gzip"), body.etag("zstd")}) == 3


@pytest.mark.parametrize("form", ["{}", "W/{}", " {} ", '"other", {}', "{}, W/{}"])
def test_a_header_matches_that_names_the_content(form: str) -> None:
    body = Body(b"{}")

    assert body.matches(form.replace("{}", body.etag()))
    assert body.matches(form.replace("{}", body.etag("gzip")))


@pytest.mark.parametrize("header", ["", '"other"', "other", '""', '"', ",,"])
def test_a_header_does_not_match_that_names_something_else(header: str) -> None:
    assert not Body(b"{}").matches(header)


def test_a_star_matches_everything() -> None:
    assert Body(b"").matches(" * ")


def test_a_compressed_form_is_made_once_though_many_ask_at_once() -> None:
    body = Body(b"x" * 1_000)
    made: list[int] = []
    barrier = Barrier(4)

    def slow_compress(content: bytes) -> bytes:
        made.append(len(content))
        return compress(content)

    def ask(_number: int) -> bytes:
        barrier.wait()
        return body.encoded("deflate", slow_compress)

    with ThreadPoolExecutor(4) as pool:
        answers = set(pool.map(ask, range(4)))

    assert made == [1_000]
    assert answers == {compress(b"x" * 1_000)}


def test_only_a_form_that_was_made_is_ready() -> None:
    body = Body(b"x")

    assert body.ready("deflate") is None
    body.encoded("deflate", compress)
    assert body.ready("deflate") == compress(b"x")


def test_a_compression_that_failed_is_tried_again() -> None:
    body = Body(b"x")

    def fail(_content: bytes) -> bytes:
        raise MemoryError

    with pytest.raises(MemoryError):
        body.encoded("deflate", fail)

    assert body.encoded("deflate", compress) == compress(b"x")
