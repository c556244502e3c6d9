"""The questions after the test: how she is, and, once something is wrong, whether it is an emergency."""

from flows.effects import Effect, Replan, Say
from flows.procedure import Procedure
from flows.questions import FINE, NOT_SURE, PROBLEM, Question
from flows.understanding.reading import Awaiting, Urgency

CHECK_IN: dict[str, Question] = {
    # What is said to a 2 or a 3 follows from its urgency, like any other danger answer.
    Awaiting.CHECK_IN.value: Question(
        text=None,
        yes=PROBLEM,
        causes={FINE: (Say("check_in_fine"), Replan()), PROBLEM: (Replan(),), NOT_SURE: (Replan(),)},
        alarms={PROBLEM: Urgency.URGENT, NOT_SURE: Urgency.REVIEW},
    ),
    Awaiting.RED_FLAGS.value: Question(
        text="red_flags",
        yes=PROBLEM,
        causes={FINE: (Say("red_flags_none"),), PROBLEM: (), NOT_SURE: ()},
        alarms={PROBLEM: Urgency.EMERGENCY, NOT_SURE: Urgency.URGENT},
    ),
}
LAST_FINE: tuple[Effect, ...] = (Say("closing"), Replan())


def asks_last(text: str, procedure: Procedure) -> bool:
    """Whether this text asks the journey's last check-in: a "fine" to it gets the closing words."""
    asking = [step.text for step in procedure.steps if step.asks == Awaiting.CHECK_IN]
    return asking[-1:] == [text]


def text_to_repeat(asked: str, procedure: Procedure) -> str:
    """The text that asks a check-in again: of one that went joined with aftercare, the question alone."""
    joins = {step.joined_text: step.joins for step in procedure.steps if step.joined_text}
    alone = {step.key: step.text for step in procedure.steps}
    return alone.get(joins.get(asked) or "", asked)
