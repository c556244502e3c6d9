"""Stories: each text as it was read, with all that it brings about, in order. Saved and reloaded between any two turns."""

import pytest

from flows.effects import Place
from flows.understanding.reading import Intent, Kind, Topic, Urgency
from tests.support.conversation import (
    AFTERCARE,
    BACK,
    CHECKLIST,
    CONFIRM,
    DAY_1,
    DAY_7,
    DAY_OF,
    DONE,
    FEVER,
    HUH,
    NO,
    PREP,
    STOP,
    TEST_DONE,
    YES,
    Event,
    Later,
    Sent,
    Stage,
    digit,
    does,
    play,
    question,
    sign,
)

PAGE = "page urgent other_symptom"
RED_FLAGS = ["urgent!", PAGE, "Replan", "red_flags"]

Story = tuple[Place, list[Event | list[str]]]
STORIES: dict[str, Story] = {
    "checklist, all fine": (
        PREP,
        [
            CHECKLIST,
            *(digit(1), ["ask_discharge_present"]),
            *(YES, ["ask_medicine_list"]),
            *(DONE, ["medicine_list_ready", "checklist_done"]),
        ],
    ),
    "checklist, all of it for the team": (
        PREP,
        [
            CHECKLIST,
            *(YES, ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
            *(NO, ["discharge_noted", "+discharge_gone", "ask_medicine_list"]),
            *(NO, ["medicine_list_later", "checklist_done"]),
        ],
    ),
    "checklist, not sure": (
        PREP,
        [
            CHECKLIST,
            *(digit(3), ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
            *(digit(3), ["discharge_noted", "+discharge_gone", "ask_medicine_list"]),
            *(digit(3), ["medicine_list_later", "checklist_done"]),
        ],
    ),
    "what she told unasked is not asked again": (
        PREP,
        [
            *(does(Intent.ALLERGY_DISCLOSURE, urgency=Urgency.REVIEW), ["dye_noted", "+dye_allergy"]),
            Sent("ask_discharge_present", "discharge_present"),
            *(digit(1), ["ask_medicine_list"]),
            *(digit(1), ["medicine_list_ready", "checklist_done"]),
        ],
    ),
    "'no, except hives with a CT scan' is a yes, and needs one task": (
        PREP,
        [
            CHECKLIST,
            *(
                does(Intent.ANSWER_NO, Intent.ALLERGY_DISCLOSURE, urgency=Urgency.REVIEW, kinds=(Kind.ALLERGY,)),
                ["dye_noted", "+dye_allergy", "ask_discharge_present"],
            ),
        ],
    ),
    "a change of mind with a number is about the answer before": (
        PREP,
        [
            CHECKLIST,
            *(digit(1), ["ask_discharge_present"]),
            *(digit(2, corrects=True), ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
            *(digit(1), ["ask_medicine_list"]),
        ],
    ),
    "a change of mind back to fine leaves the task and says so": (
        PREP,
        [
            CHECKLIST,
            *(digit(2), ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
            *(digit(1, corrects=True), ["answer_changed", "ask_discharge_present"]),
        ],
    ),
    "a change of mind without a number asks again, then walks on": (
        PREP,
        [
            CHECKLIST,
            *(digit(1), ["ask_discharge_present"]),
            *(does(Intent.UNCLEAR, corrects=True), ["ask_dye_allergy"]),
            *(digit(2), ["dye_noted", "+dye_allergy", "ask_discharge_present"]),
        ],
    ),
    "with nothing open, a digit soon after changes the last answer": (
        PREP,
        [
            CONFIRM,
            digit(1),
            ["visit_confirmed"],
            digit(2),
            ["change_visit", "+reschedule"],
            digit(1),
            ["visit_confirmed"],
            digit(1),
            ["thanks"],
        ],
    ),
    "a digit long after the last question changes nothing": (
        PREP,
        [CONFIRM, digit(1), ["visit_confirmed"], Later(13), digit(2), ["same_day", "+review"], digit(1), ["thanks"]],
    ),
    "the visit": (PREP, [CONFIRM, digit(3), ["confirm_unsure", "+confirm_unsure"]]),
    "a wish for another date answers the confirmation": (
        PREP,
        [CONFIRM, does(Intent.RESCHEDULE, number=2), ["change_visit", "+reschedule"], does(Intent.THANKS), ["thanks"]],
    ),
    "a late 1 is asked again and then counts": (
        PREP,
        [CHECKLIST, Later(13), digit(1), ["asked_again", "ask_dye_allergy"], digit(1), ["ask_discharge_present"]],
    ),
    "a late no to the dye is a late 1, a late yes counts": (
        PREP,
        [
            CHECKLIST,
            Later(13),
            NO,
            ["asked_again", "ask_dye_allergy"],
            Later(13),
            YES,
            ["dye_noted", "+dye_allergy", "ask_discharge_present"],
        ],
    ),
    "a late 3 counts": (PREP, [CHECKLIST, Later(99), digit(3), ["dye_noted", "+dye_allergy", "ask_discharge_present"]]),
    "what was asked before the test is closed after it": (PREP, [CHECKLIST, Stage("aftercare"), digit(2), ["same_day", "+review"]]),
    "test done": (DAY_OF, [TEST_DONE, digit(1), ["MarkDone", "test_done_noted"], digit(2), ["same_day", "+review"]]),
    "'done' needs no asking again": (DAY_OF, [TEST_DONE, Later(20), DONE, ["MarkDone", "test_done_noted"]]),
    "test not done": (DAY_OF, [TEST_DONE, NO, ["MarkNotDone", "test_not_done_noted"]]),
    "not sure about the test": (DAY_OF, [TEST_DONE, digit(3), ["+test_unconfirmed", "test_unsure_noted"]]),
    "'it's done', unasked": (DAY_OF, [DONE, ["ask_test_done"], YES, ["MarkDone", "test_done_noted"]]),
    "aftercare began unconfirmed: the question still counts": (
        DAY_OF,
        [TEST_DONE, Stage("aftercare"), digit(2), ["MarkNotDone", "test_not_done_noted"]],
    ),
    "a clear change of mind takes back that the test was done": (
        DAY_OF,
        [
            TEST_DONE,
            *(digit(1), ["MarkDone", "test_done_noted"]),
            *(digit(2, corrects=True), ["MarkNotDone", "test_not_done_noted"]),
        ],
    ),
    "check-ins, all fine": (AFTERCARE, [DAY_1, NO, ["check_in_fine", "Replan"], DAY_7, digit(1), ["closing", "Replan"]]),
    "a problem pages before anything is asked": (
        AFTERCARE,
        [DAY_1, digit(2), RED_FLAGS, digit(1), ["red_flags_none"], digit(2), ["emergency!", "page emergency other_symptom"]],
    ),
    "a bare yes to a check-in, then to the red flags": (
        AFTERCARE,
        [DAY_1, YES, RED_FLAGS, YES, ["emergency!", "page emergency other_symptom"]],
    ),
    "not sure about the red flags stays urgent": (AFTERCARE, [DAY_1, digit(2), RED_FLAGS, digit(3), ["urgent!", PAGE]]),
    "not sure how she is": (AFTERCARE, [DAY_1, digit(3), ["same_day", "+review", "Replan"]]),
    "fine, then not": (AFTERCARE, [DAY_1, digit(1), ["check_in_fine", "Replan"], digit(2), RED_FLAGS]),
    "'sorry, I meant 1' calls no nurse off": (
        AFTERCARE,
        [DAY_1, digit(2), RED_FLAGS, digit(1, corrects=True), ["answer_changed", "Replan", "red_flags"], digit(1), ["red_flags_none"]],
    ),
    "the last check-in taken back still ends with the closing words": (
        AFTERCARE,
        [DAY_7, digit(3), ["same_day", "+review", "Replan"], digit(1), ["answer_changed", "closing", "Replan"]],
    ),
    "a check-in that went with aftercare is asked again alone": (
        AFTERCARE,
        [Sent("aftercare_day_1", "check_in"), does(Intent.GREETING), ["hello", "check_in_day_1"], digit(1), ["check_in_fine", "Replan"]],
    ),
    "a sign beside a 2 is one case": (
        AFTERCARE,
        [DAY_1, sign(Urgency.URGENT, Kind.FEVER, number=2), ["urgent!", "page urgent fever", "Replan", "red_flags"]],
    ),
    "free text outranks the digit, and the question stays open": (
        AFTERCARE,
        [
            DAY_1,
            *(sign(Urgency.EMERGENCY, Kind.ALLERGY, number=1), ["emergency!", "page emergency allergy"]),
            *(sign(Urgency.REVIEW, Kind.PAIN, number=1), ["same_day", "+review"]),
            *(digit(1), ["check_in_fine", "Replan"]),
        ],
    ),
    "a sign in free text asks for the red flags, once": (
        AFTERCARE,
        [FEVER, ["urgent!", "page urgent fever", "red_flags"], FEVER, ["urgent!", "page urgent fever"], digit(1), ["red_flags_none"]],
    ),
    "the red flags outrank 'is your test over?': the 2 is about them": (
        DAY_OF,
        [
            TEST_DONE,
            Stage("aftercare"),
            *(FEVER, ["urgent!", "page urgent fever", "red_flags"]),
            *(digit(2), ["emergency!", "page emergency other_symptom"]),
        ],
    ),
    "the red flags outrank a check-in: the 1 is no 'no problems'": (
        AFTERCARE,
        [DAY_1, FEVER, ["urgent!", "page urgent fever", "red_flags"], digit(1), ["red_flags_none"]],
    ),
    "'it's done' leaves the red flags open": (
        DAY_OF,
        [
            TEST_DONE,
            *(FEVER, ["urgent!", "page urgent fever", "red_flags"]),
            *(DONE, ["unclear_question", "+review", "red_flags"]),
            *(digit(2), ["emergency!", "page emergency other_symptom"]),
        ],
    ),
    "a check-in that leaves right after the red flags does not take their 2": (
        AFTERCARE,
        [FEVER, ["urgent!", "page urgent fever", "red_flags"], DAY_1, digit(2), ["emergency!", "page emergency other_symptom"]],
    ),
    "nor their 1": (AFTERCARE, [FEVER, ["urgent!", "page urgent fever", "red_flags"], DAY_1, digit(1), ["red_flags_none"]]),
    "red flags of yesterday make room for the check-in": (
        AFTERCARE,
        [FEVER, ["urgent!", "page urgent fever", "red_flags"], Later(13), DAY_1, digit(1), ["check_in_fine", "Replan"]],
    ),
    "before the test a sign asks nothing": (PREP, [FEVER, ["urgent!", "page urgent fever"]]),
    "the checklist waits while there is danger": (
        PREP,
        [
            CHECKLIST,
            sign(Urgency.URGENT, Kind.FEVER, number=2),
            ["urgent!", "page urgent fever"],
            digit(2),
            ["dye_noted", "+dye_allergy", "ask_discharge_present"],
        ],
    ),
    "blood-stained discharge beside a yes: a person reads it, the checklist goes on": (
        PREP,
        [
            Sent("ask_discharge_present", "discharge_present"),
            *(does(Intent.ANSWER_YES, urgency=Urgency.REVIEW, kinds=(Kind.BLEEDING,)), ["same_day", "+review", "ask_dye_allergy"]),
        ],
    ),
    "self-harm": (PREP, [sign(Urgency.EMERGENCY, Kind.SELF_HARM), ["crisis!", "page emergency self_harm"]]),
    "self-harm and bleeding": (
        PREP,
        [sign(Urgency.EMERGENCY, Kind.BLEEDING, Kind.SELF_HARM), ["crisis!", "emergency!", "page emergency bleeding self_harm"]],
    ),
    "an opt-out holds until START": (
        AFTERCARE,
        [
            DAY_1,
            *(STOP, ["StopMessages asked", "opted_out", "+opted_out"]),
            *(STOP, []),
            *(does(Intent.THANKS), []),
            *(does(Intent.OPT_IN), ["+call_patient"]),
            *(sign(Urgency.REVIEW, Kind.PAIN), ["+review"]),
            *(HUH, ["+unclear"]),
            *(question(Topic.DRIVING), ["+question"]),
            *(FEVER, ["urgent!", "page urgent fever"]),
            *(BACK, ["ResumeMessages", "opted_in", "check_in_day_1"]),
            *(digit(1), ["check_in_fine", "Replan"]),
        ],
    ),
    "a 2 after the opt-out still pages": (
        AFTERCARE,
        [DAY_1, STOP, ["StopMessages asked", "opted_out", "+opted_out"], digit(2), ["urgent!", PAGE, "Replan"]],
    ),
    "an opt-out beside a sign": (
        AFTERCARE,
        [
            sign(Urgency.URGENT, Kind.FEVER, also=frozenset({Intent.OPT_OUT})),
            ["urgent!", "page urgent fever", "StopMessages asked", "+opted_out"],
        ],
    ),
    "an opt-out beside soreness": (
        AFTERCARE,
        [sign(Urgency.REVIEW, Kind.PAIN, also=frozenset({Intent.OPT_OUT})), ["StopMessages asked", "opted_out", "+opted_out", "+review"]],
    ),
    "a bare CANCEL ends the texts and may mean the visit": (
        PREP,
        [does(Intent.OPT_OUT, bare_keyword="cancel"), ["StopMessages asked", "opted_out", "+opted_out", "+meant_visit"]],
    ),
    "after the journey nobody needs to phone who opts out": (Place(stage="done"), [STOP, ["StopMessages asked", "opted_out"]]),
    "a wrong number": (PREP, [does(Intent.WRONG_NUMBER, Intent.OPT_OUT), ["StopMessages wrong_number", "wrong_number", "+fix_number"]]),
    "danger after the journey": (
        Place(stage="done"),
        [sign(Urgency.EMERGENCY, Kind.BREATHING), ["emergency!", "page emergency breathing"]],
    ),
    "her questions, then back to ours": (
        PREP,
        [
            CHECKLIST,
            *(question(Topic.FOOD_DRINK), ["faq_food_drink", "ask_dye_allergy"]),
            *(question(Topic.CLOTHING, Topic.DRIVING), ["faq_clothing", "no_answer", "+question", "ask_dye_allergy"]),
            *(question(), ["no_answer", "+question", "ask_dye_allergy"]),
            *(question(Topic.FOOD_DRINK, Topic.WHY, Topic.RISKS), ["faq_food_drink", "faq_why", "+question", "ask_dye_allergy"]),
            *(does(Intent.FAQ, Intent.ANSWER_NO, topics=(Topic.CLOTHING,)), ["faq_clothing", "ask_discharge_present"]),
        ],
    ),
    "does it hurt, before and after": (
        PREP,
        [
            question(Topic.PAIN),
            ["faq_pain"],
            Stage("aftercare"),
            question(Topic.PAIN, Topic.RESULTS),
            ["same_day", "+review", "faq_results"],
        ],
    ),
    "a sign is never answered with an approved answer": (
        AFTERCARE,
        [sign(Urgency.REVIEW, Kind.DISCHARGE, also=frozenset({Intent.FAQ}), topics=(Topic.BANDAGE,)), ["same_day", "+review"]],
    ),
    "a worry with a question, before the test": (
        PREP,
        [does(Intent.FAQ, topics=(Topic.PAIN,), urgency=Urgency.REVIEW), ["same_day", "+review", "faq_pain"]],
    ),
    "dye on the pad, and again": (
        AFTERCARE,
        [
            DAY_1,
            *(sign(Urgency.NONE, Kind.DISCHARGE), ["leak", "check_in_day_1"]),
            *(sign(Urgency.NONE, topics=(Topic.BANDAGE,)), ["leak", "+leak_again", "check_in_day_1"]),
        ],
    ),
    "discharge before the test is no leak": (PREP, [sign(Urgency.NONE, Kind.DISCHARGE), ["thanks"]]),
    "squeezed before the test, told after it": (
        PREP,
        [
            CHECKLIST,
            *(does(Intent.PREP_PROBLEM, urgency=Urgency.REVIEW), ["prep_noted", "+prep_problem", "ask_dye_allergy"]),
            Stage("aftercare"),
            *(does(Intent.PREP_PROBLEM), ["same_day", "+review"]),
            *(does(Intent.ALLERGY_DISCLOSURE), ["same_day", "+dye_allergy"]),
        ],
    ),
    "the visit, a person, help, a carer": (
        PREP,
        [
            *(does(Intent.CANCEL_PROCEDURE, Intent.HUMAN_PLEASE), ["change_visit", "+cancel_visit", "human", "+call_patient"]),
            *(does(Intent.HELP), ["help"]),
            *(does(Intent.NOT_PATIENT, urgency=Urgency.REVIEW, kinds=(Kind.PAIN,)), ["same_day", "+review", "carer"]),
        ],
    ),
    "another language, with the question asked again": (
        PREP,
        [CHECKLIST, does(Intent.LANGUAGE_SWITCH, language="es"), ["SetLanguage es", "language_changed", "ask_dye_allergy"]],
    ),
    "danger in another language is answered in it": (
        PREP,
        [
            sign(Urgency.URGENT, Kind.FEVER, also=frozenset({Intent.LANGUAGE_SWITCH}), language="es"),
            ["SetLanguage es", "urgent!", "page urgent fever"],
        ],
    ),
    "a language without texts needs a person": (PREP, [does(Intent.LANGUAGE_SWITCH, language="fr"), ["human", "+call_patient"]]),
    "two unclear texts in a row": (
        PREP,
        [
            CHECKLIST,
            *(HUH, ["unclear_question", "ask_dye_allergy"]),
            *(HUH, ["unclear_passed", "+unclear"]),
            *(does(Intent.THANKS), ["thanks", "ask_dye_allergy"]),
            *(digit(7), ["unclear_question", "ask_dye_allergy"]),
        ],
    ),
    "not understood after the test: a person reads it at once": (
        AFTERCARE,
        [HUH, ["unclear", "+review"], HUH, ["unclear_passed", "+unclear"]],
    ),
    "the 2 that 'we did not understand' asks for": (PREP, [HUH, ["unclear"], digit(2), ["same_day", "+review"]]),
    "nor is that 2 about the visit": (PREP, [CONFIRM, YES, ["visit_confirmed"], HUH, ["unclear"], digit(2), ["same_day", "+review"]]),
    "after a check-in it is as urgent as ever": (
        AFTERCARE,
        [DAY_1, NO, ["check_in_fine", "Replan"], HUH, ["unclear", "+review"], digit(2), RED_FLAGS],
    ),
    "words that no question asked for, before the test": (
        PREP,
        [YES, ["thanks"], NO, ["thanks"], DONE, ["thanks"], digit(1), ["thanks"], digit(3), ["unclear"]],
    ),
    "words that no question asked for, after it": (
        AFTERCARE,
        [YES, ["same_day", "+review"], NO, ["thanks"], digit(3), ["same_day", "+review"], digit(1), ["thanks"]],
    ),
    "a picture": (AFTERCARE, [does(Intent.UNCLEAR, urgency=Urgency.REVIEW, why=("picture",)), ["photo", "+photo"]]),
    "a picture with a sign": (AFTERCARE, [sign(Urgency.REVIEW, Kind.PAIN, why=("picture", "sore")), ["same_day", "+review"]]),
}


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    start, told = STORIES[name]
    _, heard = play(start, [event for event in told if not isinstance(event, list)])
    assert heard == [event for event in told if isinstance(event, list)]
