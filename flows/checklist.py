"""The questions up to the test: the checklist, which walks from one to the next, the visit, and "is your test over?"."""

from datetime import datetime

from flows.effects import AddTask, MarkDone, MarkNotDone, Place, Say, Step
from flows.questions import FINE, NOT_SURE, PROBLEM, Question, ask
from flows.understanding.reading import Awaiting

DYE = (Say("dye_noted"), AddTask("dye_allergy"))
NO_DISCHARGE = (Say("discharge_noted"), AddTask("discharge_gone"))
PREP_PROBLEM = (Say("prep_noted"), AddTask("prep_problem"))
TASKS = frozenset(effect for effect in (*DYE, *NO_DISCHARGE, *PREP_PROBLEM) if isinstance(effect, AddTask))
"""Tasks in which a nurse reads her text before the test."""

LIST_LATER = (Say("medicine_list_later"),)
ALL_ANSWERED = Say("checklist_done")

CHECKLIST: dict[str, Question] = {
    Awaiting.DYE_ALLERGY.value: Question(
        text="ask_dye_allergy",
        yes=PROBLEM,
        causes={FINE: (), PROBLEM: DYE, NOT_SURE: DYE},
        before_test=True,
    ),
    Awaiting.DISCHARGE_PRESENT.value: Question(
        text="ask_discharge_present",
        yes=FINE,
        causes={FINE: (), PROBLEM: NO_DISCHARGE, NOT_SURE: NO_DISCHARGE},
        before_test=True,
    ),
    Awaiting.MEDICINE_LIST.value: Question(
        text="ask_medicine_list",
        yes=FINE,
        done=FINE,
        causes={FINE: (Say("medicine_list_ready"),), PROBLEM: LIST_LATER, NOT_SURE: LIST_LATER},
        before_test=True,
    ),
}

VISIT: dict[str, Question] = {
    Awaiting.CONFIRM_VISIT.value: Question(
        text="confirm_visit",
        yes=FINE,
        causes={
            FINE: (Say("visit_confirmed"),),
            PROBLEM: (Say("change_visit"), AddTask("reschedule")),
            NOT_SURE: (Say("confirm_unsure"), AddTask("confirm_unsure")),
        },
        before_test=True,
    ),
    # Stays open into aftercare: aftercare also starts when nobody answered this, and then a late answer still counts.
    Awaiting.TEST_DONE.value: Question(
        text="ask_test_done",
        yes=FINE,
        done=FINE,
        causes={
            FINE: (MarkDone(), Say("test_done_noted")),
            PROBLEM: (MarkNotDone(), Say("test_not_done_noted")),  # a task comes with the mark
            NOT_SURE: (AddTask("test_unconfirmed"), Say("test_unsure_noted")),
        },
    ),
}


def walk_on(place: Place, now: datetime) -> Step:
    """Ask the first question of the checklist that has no answer yet, or say that all have one."""
    for key, question in CHECKLIST.items():
        if key not in place.answers and question.text:
            return ask(place, key, question.text, now)
    return Step(place, (ALL_ANSWERED,))
