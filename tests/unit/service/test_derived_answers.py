"""Derived answers are remembered within bounds."""

from horde_model_reference.service.derived_answers import DerivedAnswers


def test_what_clients_sent_counts_as_memory_like_the_answer_does() -> None:
    answers = DerivedAnswers(max_bytes=10_000)
    queries = [("search", f"{number:04}" + "x" * 1_000) for number in range(100)]

    for query in queries:
        answers.body(query, lambda: [])

    remembered = [query for query in queries if answers.find(query) is not None]
    assert 0 < len(remembered) < 10
    assert remembered == queries[-len(remembered) :]


def test_an_answer_to_a_query_that_is_larger_than_the_memory_is_given_but_not_kept() -> None:
    answers = DerivedAnswers(max_bytes=100)

    body = answers.body("x" * 200, lambda: ["found"])

    assert body.content == b'["found"]'
    assert answers.find("x" * 200) is None
