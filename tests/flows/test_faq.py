"""Questions are answered with approved words only where those words are about her day."""

import pytest

from flows import faq
from flows.effects import AddTask, Say
from flows.understanding import Topic


@pytest.mark.parametrize(
    ("after_test", "said"),
    [(False, (Say("faq_medication"),)), (True, (Say("no_answer"), AddTask("question")))],
    ids=["before", "after"],
)
def test_what_is_said_of_medicines_is_about_the_day_of_the_test(after_test: bool, said: tuple[object, ...]) -> None:
    assert faq.answer([Topic.MEDICATION], after_test=after_test) == said


def test_beside_it_another_question_is_still_answered() -> None:
    said = faq.answer([Topic.MEDICATION, Topic.RESULTS], after_test=True)
    assert said == (Say("faq_results"), Say("no_answer"), AddTask("question"))
