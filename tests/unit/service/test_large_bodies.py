"""How large bodies are cut."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from starlette.types import Message, Send

from horde_model_reference.service.large_bodies import LARGE_BODY_BYTES, PIECE_BYTES, PartsResponse, in_pieces


def sent_for(message: Message) -> list[Message]:
    sent: list[Message] = []

    async def send(piece: Message) -> None:
        sent.append(piece)

    async def cut() -> None:
        await in_pieces(send)(message)

    asyncio.run(cut())
    return sent


def test_a_body_that_is_not_large_stays_one_object() -> None:
    body = bytes(LARGE_BODY_BYTES)

    sent = sent_for({"type": "http.response.body", "body": body})

    assert len(sent) == 1
    assert sent[0]["body"] is body


@pytest.mark.parametrize("extra", [1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1])
@pytest.mark.parametrize("more_body", [False, True])
def test_a_large_body_comes_out_whole(extra: int, more_body: bool) -> None:
    body = bytes(range(256)) * ((LARGE_BODY_BYTES + extra) // 256) + b"end"

    sent = sent_for({"type": "http.response.body", "body": body, "more_body": more_body})

    assert b"".join(piece["body"] for piece in sent) == body
    assert all(0 < len(piece["body"]) <= PIECE_BYTES for piece in sent)
    assert [piece["more_body"] for piece in sent] == [True] * (len(sent) - 1) + [more_body]


def test_others_have_their_turn_between_the_pieces() -> None:
    order: list[str] = []

    async def send(_piece: Message) -> None:
        order.append("piece")

    async def others() -> None:
        for _ in range(5):
            order.append("other")
            await asyncio.sleep(0)

    async def both() -> None:
        message = {"type": "http.response.body", "body": bytes(LARGE_BODY_BYTES + 1)}
        await asyncio.gather(in_pieces(send)(message), others())

    asyncio.run(both())

    assert order[:8] == ["piece", "other"] * 4


def _in_parts(send: Send) -> Awaitable[None]:
    parts = [bytes(64 * 1024)] * 32
    return PartsResponse(parts, headers={}, media_type="text/plain")({"type": "http"}, _never, send)


def _in_one(send: Send) -> Awaitable[None]:
    return in_pieces(send)({"type": "http.response.body", "body": bytes(LARGE_BODY_BYTES + 1)})


async def _never() -> Message:
    raise AssertionError("nobody receives here")


@pytest.mark.parametrize("sending", [_in_parts, _in_one])
def test_others_have_far_more_turns_than_there_are_pieces(
    sending: Callable[[Send], Awaitable[None]],
) -> None:
    pieces, turns = 0, 0

    async def send(_piece: Message) -> None:
        nonlocal pieces
        pieces += 1

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def both() -> None:
        busy = asyncio.create_task(others())
        await sending(send)
        busy.cancel()

    asyncio.run(both())

    assert turns > 3 * pieces
