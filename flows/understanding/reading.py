"""What a text was understood to mean: the shape of a reading, and of what surrounds the text."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Urgency(IntEnum):
    """How soon a person must act. They compare, because the highest of several wins."""

    NONE = 0
    REVIEW = 1  # a person reads it today
    URGENT = 2  # a nurse is paged now
    EMERGENCY = 3  # 911 now

    @property
    def word(self) -> str:
        """The word for it outside the program, `urgent`."""
        return self.name.lower()


class Kind(StrEnum):
    """The kinds of warning sign."""

    LUMP = "lump"
    ALLERGY = "allergy"
    HEAT = "heat"
    SWELLING = "swelling"
    PAIN = "pain"
    FEVER = "fever"
    CHILLS = "chills"
    BLEEDING = "bleeding"
    DISCHARGE = "discharge"
    BREATHING = "breathing"
    FAINTING = "fainting"
    SELF_HARM = "self_harm"
    OTHER_SYMPTOM = "other_symptom"


class Intent(StrEnum):
    """What the text asks for or does, beside any warning sign in it."""

    ANSWER_YES = "answer_yes"
    ANSWER_NO = "answer_no"
    ANSWER_NUMBER = "answer_number"
    ANSWER_DONE = "answer_done"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    HELP = "help"
    FAQ = "faq"
    RESCHEDULE = "reschedule"
    CANCEL_PROCEDURE = "cancel_procedure"
    WRONG_NUMBER = "wrong_number"
    THANKS = "thanks"
    GREETING = "greeting"
    LANGUAGE_SWITCH = "language_switch"
    HUMAN_PLEASE = "human_please"
    SYMPTOM_REPORT = "symptom_report"
    UNCLEAR = "unclear"
    NOT_PATIENT = "not_patient"
    ALLERGY_DISCLOSURE = "allergy_disclosure"
    PREP_PROBLEM = "prep_problem"


class Topic(StrEnum):
    """What a question is about."""

    FOOD_DRINK = "food_drink"
    MEDICATION = "medication"
    DEODORANT_LOTION = "deodorant_lotion"
    CLOTHING = "clothing"
    SQUEEZING = "squeezing"
    DURATION = "duration"
    PAIN = "pain"
    WHAT_HAPPENS = "what_happens"
    RISKS = "risks"
    BANDAGE = "bandage"
    ACTIVITIES = "activities"
    RESULTS = "results"
    CONTRAST_ALLERGY = "contrast_allergy"
    WHY = "why"
    LOCATION_TIME = "location_time"
    COST = "cost"
    DRIVING = "driving"
    BREASTFEEDING = "breastfeeding"
    OTHER = "other"


class Stage(StrEnum):
    """Where the patient is: before the test, on its day, after it, or at the end of the texts."""

    PREP = "prep"
    DAY_OF = "day_of"
    AFTERCARE = "aftercare"
    DONE = "done"


class Awaiting(StrEnum):
    """The question that was asked last, which a bare answer belongs to."""

    NONE = "none"
    OPT_IN = "opt_in"
    CONFIRM_VISIT = "confirm_visit"
    DYE_ALLERGY = "dye_allergy"
    DISCHARGE_PRESENT = "discharge_present"
    MEDICINE_LIST = "medicine_list"
    SQUEEZING = "squeezing"
    SKIN_PRODUCTS = "skin_products"
    CLOTHING = "clothing"
    FOOD_DRINK = "food_drink"
    TEST_DONE = "test_done"
    CHECK_IN = "check_in"
    RED_FLAGS = "red_flags"
    TEMPERATURE = "temperature"
    PAIN_SCALE = "pain_scale"
    BANDAGE = "bandage"
    SYMPTOM_DETAIL = "symptom_detail"
    CALLED_DOCTOR = "called_doctor"
    RESULTS_TALKED = "results_talked"


ASKED_AFTER_TEST = frozenset((Awaiting.TEST_DONE, Awaiting.CHECK_IN, Awaiting.RED_FLAGS))  # who is asked this may have had it


@dataclass(frozen=True, slots=True)
class Context:
    """What is known when a text arrives. `media` counts the pictures that came with it."""

    language: str = "en"
    stage: Stage = Stage.AFTERCARE
    awaiting: Awaiting = Awaiting.NONE
    media: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, understood.

    `kinds` are the signs it reports, in the order of `Kind`. `intent` is what it mainly does and `also`
    what it does beside that ("fever, and stop texting me" reports and opts out). `topics` are the questions
    in it, `faq_topic` the first. `number` is the digit it answers with (1, 2 or 3 where one was asked for),
    `language` the one a switch asks for, `corrects` tells a change of mind about the answer before.
    `unsure` is how urgent it would be if a sign is meant that the text leaves in doubt: a joke, a story, the past.
    `why` names the words that decided.
    """

    urgency: Urgency = Urgency.NONE
    kinds: tuple[Kind, ...] = ()
    intent: Intent = Intent.UNCLEAR
    also: frozenset[Intent] = frozenset()
    topics: tuple[Topic, ...] = ()
    number: int | None = None
    language: str | None = None
    corrects: bool = False
    unsure: Urgency = Urgency.NONE
    bare_keyword: str | None = None  # the carrier keyword that the whole text is: "stop", "cancel", "help", ...
    why: tuple[str, ...] = ()

    @property
    def faq_topic(self) -> Topic | None:
        """The first question in it."""
        return self.topics[0] if self.topics else None

    def does(self, intent: Intent) -> bool:
        """Whether the text does this, mainly or beside something else."""
        return self.intent is intent or intent in self.also
