"""What the answer memory keeps, and for how long."""

import pytest

from horde_model_reference.service.answer_memory import AnswerMemory, AnswerOffer, RememberedAnswer


def an_answer(*, cost_bytes: int = 10) -> RememberedAnswer:
    return RememberedAnswer(
        target=b"/",
        status=200,
        header_lines=b"",
        body=b"body",
        cost_bytes=cost_bytes,
        client=None,
        peer_host=None,
    )


def an_offer(memory: AnswerMemory, key: bytes) -> AnswerOffer:
    return memory.offer(key, peer=None, is_bound_to_peer=False)


def test_a_kept_answer_is_found_by_its_request() -> None:
    memory = AnswerMemory()
    answer = an_answer()

    memory.keep(an_offer(memory, b"one"), answer)

    assert memory.find(b"one") is answer
    assert memory.find(b"two") is None


def test_the_oldest_answer_goes_when_there_are_too_many() -> None:
    memory = AnswerMemory(max_entries=2)

    for key in (b"one", b"two", b"three"):
        memory.keep(an_offer(memory, key), an_answer())

    assert memory.find(b"one") is None
    assert len(memory) == 2


def test_the_oldest_answers_go_when_they_are_too_large_together() -> None:
    memory = AnswerMemory(max_bytes=100)

    for key in (b"one", b"two", b"three"):
        memory.keep(an_offer(memory, key), an_answer(cost_bytes=45))

    assert memory.find(b"one") is None
    assert memory.held_bytes == 90


def test_an_answer_larger_than_the_memory_displaces_nothing() -> None:
    memory = AnswerMemory(max_bytes=100)
    memory.keep(an_offer(memory, b"one"), an_answer())

    was_kept = memory.keep(an_offer(memory, b"two"), an_answer(cost_bytes=101))

    assert not was_kept
    assert memory.find(b"one") is not None


def test_the_same_request_again_replaces_its_answer() -> None:
    memory = AnswerMemory()
    newer = an_answer(cost_bytes=7)

    memory.keep(an_offer(memory, b"one"), an_answer())
    memory.keep(an_offer(memory, b"one"), newer)

    assert memory.find(b"one") is newer
    assert memory.held_bytes == 7


def test_forgetting_leaves_nothing_behind() -> None:
    memory = AnswerMemory()
    memory.keep(an_offer(memory, b"one"), an_answer())

    memory.forget_all()

    assert memory.find(b"one") is None
    assert (len(memory), memory.held_bytes) == (0, 0)


@pytest.mark.parametrize("times", [1, 2])
def test_an_offer_from_before_forgetting_is_void(times: int) -> None:
    memory = AnswerMemory()
    offer = an_offer(memory, b"one")

    for _ in range(times):
        memory.forget_all()

    assert not memory.keep(offer, an_answer())
    assert memory.find(b"one") is None


def test_one_answer_is_forgotten_alone() -> None:
    memory = AnswerMemory()
    answer, other = an_answer(), an_answer()
    memory.keep(an_offer(memory, b"one"), answer)
    memory.keep(an_offer(memory, b"two"), other)

    memory.forget(b"one", answer)

    assert memory.find(b"one") is None
    assert memory.find(b"two") is other
    assert memory.held_bytes == 10


def test_an_answer_in_the_place_of_a_forgotten_one_stays() -> None:
    memory = AnswerMemory()
    older, newer = an_answer(), an_answer()
    memory.keep(an_offer(memory, b"one"), older)
    memory.keep(an_offer(memory, b"one"), newer)

    memory.forget(b"one", older)

    assert memory.find(b"one") is newer
