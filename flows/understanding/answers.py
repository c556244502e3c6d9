"""Answers to the question that was asked: digits in all spellings, yes and no, "done", changes of mind."""

from dataclasses import dataclass
from itertools import groupby

from flows.understanding.plain_no import is_plain_no
from flows.understanding.reading import Awaiting, Intent, Urgency
from flows.understanding.surroundings import Surroundings

DANGER = (Awaiting.CHECK_IN, Awaiting.RED_FLAGS, Awaiting.DYE_ALLERGY, Awaiting.SYMPTOM_DETAIL)  # a yes is bad news
NUMBERS = (
    ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"),
)
MEASURED = (Awaiting.TEMPERATURE, Awaiting.PAIN_SCALE)
DIGITS = {"1": 1, "2": 2, "3": 3, "one": 1, "two": 2, "three": 3, "uno": 1, "dos": 2, "tres": 3, "una": 1, "won": 1}
PAIN_URGENT, WORST_PAIN = 4, 10
# What may follow "I have", "it is" where these answer; what else does begins a statement: "I have a question", "I am at work".
AFTER_YES = (
    "since", "now", "still", "too", "some", "one", "both", "all", "those", "that", "them", "it", "sometimes", "today", "yes", "have", "the",
    "please", "thanks", "thank", "confirm",
)  # fmt: skip
TENS = ("hundred", "ninety", "thirty", "forty", "cien", "ciento", "noventa", "treinta", "cuarenta")
POINTS = ("point", "dot", "punto", "coma", "y")
JUST_ANSWERING = ("polite", "fine", "yes", "agreed", "no_word", "okay", "plain_no", "done")
SHORT_NAME = 5  # words in which "the throat one" names a sign
SHORT_ANSWER = 8  # words in which "never had one" is a no

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
_NAMED = {
    Awaiting.RED_FLAGS: ((("throat", "airway", "breathe", "face", "bleeding"), Urgency.EMERGENCY),),
    Awaiting.CHECK_IN: ((("hot", "red", "swollen", "lump", "lump_solid", "trouble"), Urgency.URGENT), (("sore",), Urgency.REVIEW)),
}
# Words that are a yes to one question: what was asked for is there.
_MEANS_YES = {
    Awaiting.DISCHARGE_PRESENT: ("leak", "discharge_prep"), Awaiting.FOOD_DRINK: ("has_eaten",), Awaiting.MEDICINE_LIST: ("wrote_down",),
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
    named, why = _named(view, awaiting)
    number = _digit(view, corrects)
    if number is not None and awaiting not in MEASURED:
        level = {1: {}, 2: _TWO, 3: _THREE}[number].get(awaiting, Urgency.NONE)
        if awaiting in DANGER and not is_plain_no(view):
            level = max(level, Urgency.REVIEW)
        return Answer(Intent.ANSWER_NUMBER, number, corrects, max(level, named), str(number))
    said = _said(view, awaiting)
    open_still = said is Intent.ANSWER_NO or _is_short_telling(view, said)
    if awaiting in DANGER and open_still and (_several_digits(words) or not is_plain_no(view)):
        return Answer(None, None, corrects, max(Urgency.REVIEW, named), why or " ".join(words[:SHORT_ANSWER]))
    level = Urgency.NONE
    if said is Intent.ANSWER_YES:
        level = _YES.get(awaiting, Urgency.NONE)
    elif said is Intent.ANSWER_NO:
        level = _NO.get(awaiting, Urgency.NONE)
    elif said is Intent.UNCLEAR:  # "not sure"
        return Answer(said, 3, corrects, _THREE.get(awaiting, Urgency.NONE), words[0])
    if named > level:
        return Answer(said or Intent.ANSWER_YES, None, corrects, named, why)
    return Answer(said, None, corrects, level, words[0] if said else "")


def _names_somebody(view: Surroundings, start: int) -> bool:
    """ "(I'm not) Maria", "(no) soy la paciente": says who writes, answers nothing."""
    near = range(start, min(start + 3, len(view.text.words)))
    return any(view.same_clause(start, at) and (view.has(at, "who") or view.has(at, "patient_word")) for at in near)


def _is_short_telling(view: Surroundings, said: Intent | None) -> bool:
    """ "Meh", "could be better": says neither yes nor no, and asks nothing."""
    return said is None and len(view.text.words) <= SHORT_NAME and not view.asked


def _several_digits(words: tuple[str, ...]) -> bool:
    """ "1/2", "1 or 2"."""
    return len({DIGITS[word] for word in words if word.isdecimal() and word in DIGITS}) > 1


def _named(view: Surroundings, awaiting: Awaiting) -> tuple[Urgency, str]:
    """A sign that the question lists, named bare: "the throat one", "just a little warm there"."""
    words = view.text.words
    if (
        view.asked
        or len(words) > SHORT_NAME
        or view.names("gone")
        or (awaiting is Awaiting.RED_FLAGS and (view.names("fine") or view.names("negator")))
    ):
        return Urgency.NONE, ""
    for names, level in _NAMED.get(awaiting, ()):
        for name in names:
            for at in view.stated(name):
                return level, words[at]
    return Urgency.NONE, ""


def _number(word: str) -> int | None:
    if word.isdecimal():
        return int(word[:4])
    return next((names.index(word) for names in NUMBERS if word in names), None)


def _pain_scale(words: tuple[str, ...]) -> int | None:
    """A number from 0 to 10; not one beside a larger one: "10:30", "4/12/1966"."""
    if not set(TENS).isdisjoint(words):
        return None
    for _, run in groupby((word for word in words if word not in POINTS), str.isdecimal):
        told = [number for number in map(_number, run) if number is not None]
        if told and max(told) <= WORST_PAIN:
            return told[0]
    return None


def _digit(view: Surroundings, corrects: bool) -> int | None:
    """The digit that a text answers with, or None: "11" and "3 pads" are none."""
    words = view.text.words
    places = [at for at, word in enumerate(words) if word in DIGITS]
    if len(places) == 1 and words[: places[0]] == ("no",) and _stands_alone(view, places[0]):
        return DIGITS[words[places[0]]]  # "No. 2"
    if corrects and places:
        turned = places[-1] if len(places) > 1 and _turns_to(view, places[-1]) else None
        kept = [at for at in places if at == turned or not (at and view.has(at - 1, "taken_back"))]
        return DIGITS[words[(kept or places)[-1]]]
    if not places or any(word.isdecimal() and word not in DIGITS for word in words):
        return None
    if len({DIGITS[words[at]] for at in places}) > 1:
        return None
    at = places[0]
    if any(not view.has(before, "polite") and words[before] != "#" for before in range(at)):
        return None
    return DIGITS[words[at]] if _stands_alone(view, at) else None


def _turns_to(view: Surroundings, at: int) -> bool:
    """ "1 wait no 2", "1, no 2"; not "it was 1 no 2"."""
    words = view.text.words
    return words[at - 1] == "no" and not (words[at - 2] in DIGITS and view.same_clause(at - 2, at))


def _stands_alone(view: Surroundings, at: int) -> bool:
    """Whether a digit is an answer and does not count something ("2 days", "3 pads")."""
    words = view.text.words
    after = at + 1
    if after == len(words) or not view.same_clause(at, after) or view.has(after, "contrast"):
        return True
    if _only(view, after, ("polite", "fine", "yes", "no_word", "okay")):
        return True
    if not words[at].isdecimal() or view.has(after, "counted"):
        return False
    return not words[after].endswith("s")


def _only(view: Surroundings, start: int, names: tuple[str, ...], *, fillers_too: bool = False) -> bool:
    """Whether nothing but words and phrases of these lists, and perhaps fillers, stands from here on."""
    numbers = view.words.numbers_of(names)
    at = start
    while at < len(view.text.words):
        here = view.board.at[at]
        length = max((here[number] for number in numbers if number in here), default=0)
        length = length or int(fillers_too and view.text.words[at] in view.words.fillers)
        if not length:
            return False
        at += length
    return True


def says_no_more(view: Surroundings) -> bool:
    """Whether a text is made of answering and politeness alone: "no thanks", "yes everything is ok"; not "no feeling left"."""
    fillers_too = any(view.names(name) for name in ("fine", "plain_no", "done"))
    return _only(view, 0, JUST_ANSWERING, fillers_too=fillers_too)


def _said(view: Surroundings, awaiting: Awaiting) -> Intent | None:
    """Yes, no, done, or UNCLEAR for "not sure"; None when the text says none of them first."""
    size = len(view.text.words)
    if awaiting is Awaiting.TEST_DONE or (awaiting is Awaiting.NONE and size <= 6):
        if view.around.get("around.not_done") and awaiting is Awaiting.TEST_DONE:
            return Intent.ANSWER_NO
        if view.around.get("around.done") and not any(view.denied):
            return Intent.ANSWER_DONE
    danger = awaiting in DANGER
    thumb = view.text.words[0] == "thumbsup" and awaiting is not Awaiting.NONE and not danger
    if _only(view, 0, ("okay", "polite")) and view.names("okay") and not _feels_fine(view) and not thumb:
        return None
    if not view.asked and _says_yes(view, awaiting):
        return Intent.ANSWER_YES
    fine = any(view.has(at, "fine") and not view.denied[at] for at in range(size))
    for at in range(size):
        said = _word_said(view, awaiting, at, fine)
        if said is not None:
            return said
        if not view.has(at, "before_an_answer"):
            break
    if awaiting is Awaiting.NONE or size > SHORT_ANSWER:
        return None
    if fine:
        return Intent.ANSWER_NO if danger else Intent.ANSWER_YES
    denies = any(not _names_somebody(view, at + 1) for at in view.places("negator"))
    return Intent.ANSWER_NO if denies and awaiting is not Awaiting.SQUEEZING else None


def _says_yes(view: Surroundings, awaiting: Awaiting) -> bool:
    """ "Still leaking", "had my eggs", "I haven't touched it", each to its own question."""
    if awaiting is Awaiting.SQUEEZING:
        return any(view.denied[at] for at in view.places("squeezed"))
    return any(view.stated(name) for name in _MEANS_YES.get(awaiting, ()))


def _feels_fine(view: Surroundings) -> bool:
    """ "I'm ok", not a mere "ok"."""
    number = view.words.lists["fine"]
    return any(view.board.at[at][number] > 1 for at in view.board.places.get(number, ()))


def _word_said(view: Surroundings, awaiting: Awaiting, at: int, fine: bool) -> Intent | None:
    """What the word or phrase at this place answers."""
    words, danger = view.text.words, awaiting in DANGER
    if view.has(at, "unsure"):
        return Intent.UNCLEAR
    if not danger and view.has(at, "agreed"):
        return Intent.ANSWER_YES
    if view.has(at, "yes") and not (words[at] in ("ya", "y") and len(words) > 1):
        if danger and words[at] == "thumbsup":
            return None
        if danger and len(words) > 1 and (fine or any(view.has(later, "no_word") for later in range(at + 1, len(words)))):
            return Intent.ANSWER_NO
        return Intent.ANSWER_YES
    if awaiting is not Awaiting.NONE and at == 0 and _is_yes_phrase(view) and not view.names("negator"):
        return Intent.ANSWER_YES
    if words[at] in ("not", "no") and _names_somebody(view, at + 1):
        return None
    if view.has(at, "no_word") or (awaiting is not Awaiting.NONE and view.has(at, "no_phrase")):
        return None if awaiting is Awaiting.SQUEEZING and len(words) - at <= 2 else Intent.ANSWER_NO
    return None


def _is_yes_phrase(view: Surroundings) -> bool:
    """ "I do", "I have since this morning"; not "I have a question"."""
    size = view.board.at[0].get(view.words.lists["yes_phrase"], 0)
    return size > 0 and (size == len(view.text.words) or not view.same_clause(0, size) or view.text.words[size] in AFTER_YES)
