from horde_model_reference.domain.errors import FieldProblem, InvalidRecordError


def test_the_path_of_a_problem_can_be_read_aloud() -> None:
    problem = FieldProblem(location=("config", "download", 0, "file_name"), message="must not be empty")

    assert problem.path == "config.download.0.file_name"


def test_an_invalid_record_holds_its_problems() -> None:
    problem = FieldProblem(location=("name",), message="must not be empty")

    assert InvalidRecordError("no", problems=[problem]).problems == (problem,)
