"""What went wrong, in words first."""

import pytest

from core.backoffice import errors_in_words


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        ("", ""),
        ("OperationalError: server closed the connection", "The database did not answer."),
        (
            "StepUnderWay: x",
            "A step of this journey is running this moment. Look again in half a minute.",
        ),
        ("OddError: 42", errors_in_words.UNKNOWN),
        ("The process died during the last try.", "The process died during the last try."),
    ],
)
def test_kinds(kept, words):
    import core.sagas.services  # noqa: F401 (its refusals are known by their names)

    assert errors_in_words.of(kept) == words
