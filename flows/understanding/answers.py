"""Answers to the question that was asked: digits in all spellings, yes and no, "done", changes of mind."""

from dataclasses import dataclass

from flows.understanding.reading import Awaiting, Intent, Urgency
from flows.understanding.surroundings import Surroundings

DANGER = (Awaiting.CHECK_IN, Awaiting.RED_FLAGS, Awaiting.DYE_ALLERGY, Awaiting.SYMPTOM_DETAIL)  # a yes is bad news
MEASURED = (Awaiting.TEMPERATURE, Awaiting.PAIN_SCALE)
DIGITS = {"1": 1, "2": 2, "3": 3, "one": 1, "two": 2, "three": 3, "uno": 1, "dos": 2, "tres": 3, "una": 1, "won": 1}
NOT_COUNTED = frozenset("as is was yes".split())
PAIN_URGENT = 4  # of 10

_YES = {Awaiting.CHECK_IN: Urgency.URGENT, Awaiting.RED_FLAGS: Urgency.EMERGENCY, Awaiting.DYE_ALLERGY: Urgency.REVIEW}
_NO = {Awaiting.DISCHARGE_PRESENT: Urgency.REVIEW, Awaiting.BANDAGE: Urgency.NONE}
_TWO = {
    **_YES, **_NO, Awaiting.SQUEEZING: Urgency.REVIEW, Awaiting.SKIN_PRODUCTS: Urgency.REVIEW, Awaiting.CLOTHING: Urgency.NONE,
    Awaiting.SYMPTOM_DETAIL: Urgency.REVIEW, Awaiting.CALLED_DOCTOR: Urgency.REVIEW,
}  # fmt: skip
_THREE = {
    Awaiting.CHECK_IN: Urgency.REVIEW, Awaiting.RED_FLAGS: Urgency.URGENT, Awaiting.DYE_ALLERGY: Urgency.REVIEW,
    Awaiting.DISCHARGE_PRESENT: Urgency.REVIEW, Awaiting.SYMPTOM_DETAIL: Urgency.REVIEW,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a text answers, if it does. `number` is its digit (3 also for "not sure")."""

    intent: Intent | None = None
    number: int | None = None
    corrects: bool = False
    urgency: Urgency = Urgency.NONE
    why: str = ""


def answer(view: Surroundings, awaiting: Awaiting) -> Answer:
    """Read a text as an answer to the question that is open."""
    words = view.text.words
    if not words:
        return Answer()
    corrects = bool(view.around.get("around.corrects"))
    if awaiting is Awaiting.PAIN_SCALE and (scale := _pain_scale(words)) is not None:
        level = Urgency.NONE if scale == 0 else Urgency.REVIEW if scale < PAIN_URGENT else Urgency.URGENT
        return Answer(Intent.ANSWER_NUMBER, None, corrects, level, words[0])
    number = _digit(view, corrects)
    if number is not None and awaiting not in MEASURED:
        level = {1: {}, 2: _TWO, 3: _THREE}[number].get(awaiting, Urgency.NONE)
        return Answer(Intent.ANSWER_NUMBER, number, corrects, level, str(number))
    said = _said(view, awaiting)
    level = Urgency.NONE
    if said is Intent.ANSWER_YES:
        level = _YES.get(awaiting, Urgency.NONE)
    elif said is Intent.ANSWER_NO:
        level = _NO.get(awaiting, Urgency.NONE)
    elif said is Intent.UNCLEAR:  # "not sure"
        return Answer(said, 3, corrects, _THREE.get(awaiting, Urgency.NONE), words[0])
    return Answer(said, None, corrects, level, words[0] if said else "")


def _pain_scale(words: tuple[str, ...]) -> int | None:
    names = "zero one two three four five six seven eight nine ten".split()
    for word in words:
        if word.isdigit() and int(word[:4]) <= 10:
            return int(word)
        if word in names:
            return names.index(word)
    return None


def _digit(view: Surroundings, corrects: bool) -> int | None:
    """The digit that a text answers with, or None: "11" and "3 pads" are none."""
    words = view.text.words
    places = [at for at, word in enumerate(words) if word in DIGITS]
    if corrects and places:
        kept = [at for at in places if not (at and words[at - 1] in ("not", "no", "of", "said", "put", "dije", "puse", "sent", "replied", "typed", "wrote"))]
        return DIGITS[words[(kept or places)[-1]]]
    if not places or any(word.isdigit() and word not in DIGITS for word in words):
        return None
    if len({DIGITS[words[at]] for at in places}) > 1:
        return None
    at = places[0]
    if any(not view.has(before, "polite") and words[before] != "#" for before in range(at)):
        return None
    return DIGITS[words[at]] if _stands_alone(view, at) else None


def _stands_alone(view: Surroundings, at: int) -> bool:
    """Whether a digit is an answer and does not count something ("2 days", "3 pads")."""
    words = view.text.words
    after = at + 1
    if after == len(words) or not view.same_clause(at, after) or view.has(after, "contrast"):
        return True
    if all(view.has(rest, "polite") or view.has(rest, "fine") or view.has(rest, "yes") or view.has(rest, "no_word") for rest in range(after, len(words))):
        return True
    if not words[at].isdigit() or view.has(after, "counted"):
        return False
    return not words[after].endswith("s") or words[after] in NOT_COUNTED


def _said(view: Surroundings, awaiting: Awaiting) -> Intent | None:
    """Yes, no, done, or UNCLEAR for "not sure"; None when the text says none of them first."""
    size = len(view.text.words)
    at = 0
    while at < size and view.text.words[at] in POLITE_OPENING and at + 1 < size:
        at += 1
    if awaiting is Awaiting.TEST_DONE or (awaiting is Awaiting.NONE and size <= 6):
        if view.around.get("around.not_done") and awaiting is Awaiting.TEST_DONE:
            return Intent.ANSWER_NO
        if view.around.get("around.done") and not any(view.denied):
            return Intent.ANSWER_DONE
    if view.has(at, "unsure"):
        return Intent.UNCLEAR
    only_ok = all(view.has(word, "okay") or view.has(word, "polite") for word in range(size)) and any(view.has(word, "okay") for word in range(size))
    if only_ok:
        return None
    danger = awaiting in DANGER
    fine = any(view.has(word, "fine") and not view.denied[word] for word in range(at, size))
    if view.has(at, "yes"):
        if danger and view.text.words[at] == "thumbsup":
            return None
        if danger and size > 1 and (fine or any(view.has(word, "no_word") for word in range(at + 1, size))):
            return Intent.ANSWER_NO
        return Intent.ANSWER_YES
    if view.has(at, "no_word"):
        return None if awaiting is Awaiting.SQUEEZING and size - at <= 2 else Intent.ANSWER_NO
    if fine and size <= 12 and awaiting is not Awaiting.NONE:
        return Intent.ANSWER_NO if danger else Intent.ANSWER_YES
    return None


POLITE_OPENING = frozenset("hi hello hey um uh so well oh please thanks thank you i think my answer is the its it im ok okay hola pues bueno este ay doctor nurse senorita".split())
