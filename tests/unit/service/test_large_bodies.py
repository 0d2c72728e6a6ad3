"""How large bodies are cut."""

import asyncio

import pytest
from starlette.types import Message

from horde_model_reference.service.large_bodies import LARGE_BODY_BYTES, PIECE_BYTES, in_pieces


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
