"""Real texts, read and answered: the two halves fit."""

import pytest

from flows.effects import Place
from tests.support.conversation import AFTERCARE, CHECKLIST, CONFIRM, DAY_1, DAY_OF, PREP, Event, play

Story = tuple[Place, list[Event | list[str]]]
STORIES: dict[str, Story] = {
    "the checklist, with second thoughts and a question": (
        PREP,
        [
            CHECKLIST,
            *("No", ["ask_discharge_present"]),
            *("sorry I meant 2", ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
            *("can I eat breakfast?", ["faq_food_drink", "ask_discharge_present"]),
            *("yes", ["ask_medicine_list"]),
            *("1", ["medicine_list_ready", "checklist_done"]),
        ],
    ),
    "a reaction long ago": (
        PREP,
        [CHECKLIST, "Never had a reaction except hives with a CT scan", ["dye_noted", "+dye_allergy", "ask_discharge_present"]],
    ),
    "another day": (PREP, [CONFIRM, "can I come on Friday instead?", ["change_visit", "+reschedule"]]),
    "CANCEL, then START": (
        PREP,
        [
            *("Cancel", ["StopMessages asked", "opted_out", "+opted_out", "+meant_visit"]),
            *("what should I wear?", []),
            *("START", ["ResumeMessages", "opted_in"]),
        ],
    ),
    "the test is over": (DAY_OF, ["it's done", ["ask_test_done"], "yes", ["MarkDone", "test_done_noted"]]),
    "fine, then not fine": (
        AFTERCARE,
        [
            DAY_1,
            *("no problems", ["check_in_fine", "Replan"]),
            *("actually 2", ["urgent!", "page urgent other_symptom", "Replan", "red_flags"]),
            *("no", ["red_flags_none"]),
            *("does it normally hurt?", ["same_day", "+review"]),
        ],
    ),
    "free text outranks its digit": (AFTERCARE, [DAY_1, "1 but my lips are puffy", ["emergency!", "page emergency allergy swelling"]]),
    "a sign after STOP": (
        AFTERCARE,
        [
            *("STOP", ["StopMessages asked", "opted_out", "+opted_out"]),
            *("I have a fever of 101", ["urgent!", "page urgent fever"]),
        ],
    ),
    "in Spanish from here on": (PREP, [CHECKLIST, "en español por favor", ["SetLanguage es", "language_changed", "ask_dye_allergy"]]),
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    start, told = STORIES[name]
    _, heard = play(start, [event for event in told if not isinstance(event, list)])
    assert heard == [event for event in told if isinstance(event, list)]
