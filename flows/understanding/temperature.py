"""Temperatures in a text: Fahrenheit and Celsius, bare, mistyped, impossible."""

from enum import Enum, auto

from flows.understanding.answers import NUMBERS
from flows.understanding.reading import Awaiting, Urgency
from flows.understanding.surroundings import AFTER, Surroundings

URGENT_F, REVIEW_F = 100.4, 99.5
URGENT_C, REVIEW_C = 38.0, 37.5
COLDEST_F, HOTTEST_F = 94.0, 109.0
COLDEST_C, HOTTEST_C = 34.0, 43.0
_ONES = (*NUMBERS, ("oh", "un"), ("o",))
_SPOKEN = {word: value for words in _ONES for value, word in enumerate(words)} | {
    "thirty": 30, "forty": 40, "ninety": 90, "hundred": 100, "treinta": 30, "cuarenta": 40, "noventa": 90, "cien": 100, "ciento": 100,
}  # fmt: skip
_POINTS = ("point", "dot", "punto", "coma", "con")
_HALVES = ("half", "medio", "media")
_LINKS = frozenset((*_POINTS, *_HALVES, "and", "n", "y", "a"))  # between the words of one number
# Words beside a number that is told alone: "its 39", "39 y medio".
_ALONE = frozenset(
    (
        *_SPOKEN,
        *_POINTS,
        "and",
        "n",
        "even",
        "a",
        "half",
        "y",
        "medio",
        "its",
        "it",
        "is",
        "es",
        "c",
        "please",
        "thanks",
        "gracias",
        "estoy",
    )
)
HOW_SHE_IS = (Awaiting.NONE, Awaiting.CHECK_IN, Awaiting.RED_FLAGS, Awaiting.SYMPTOM_DETAIL)
DIALLED = 3  # numbers in a row
NEAR = 6  # words between a number and the word that makes it a temperature


class Warmth(Enum):
    """What a number says as a body temperature."""

    NORMAL = auto()
    RAISED = auto()  # a person reads it
    FEVER = auto()
    IMPOSSIBLE = auto()


URGENCY = {Warmth.NORMAL: Urgency.NONE, Warmth.RAISED: Urgency.REVIEW, Warmth.FEVER: Urgency.URGENT, Warmth.IMPOSSIBLE: Urgency.REVIEW}


def degrees(written: str) -> float:
    """Read a number as a temperature is written: "101.3", "38,6", and "1013" for 101.3.

    >>> degrees("38,6"), degrees("1013"), degrees("986")
    (38.6, 101.3, 98.6)
    """
    digits = written.replace(",", ".")
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    if "." not in digits and len(digits) in (3, 4):
        tenth = int(digits) / 10
        if not COLDEST_F <= int(digits) <= HOTTEST_F and (COLDEST_F <= tenth <= HOTTEST_F or COLDEST_C <= tenth <= HOTTEST_C):
            return tenth
    return float(digits) if len(digits) < 12 else float("inf")


def spoken(words: tuple[str, ...]) -> float | None:
    """Read a temperature that is written in words, or None.

    >>> spoken(("one", "oh", "two", "point", "one")), spoken(("treinta", "y", "ocho", "y", "medio"))
    (102.1, 38.5)
    >>> spoken(("ninety", "nine", "four")), spoken(("treinta", "y", "ocho", "con", "seis"))
    (99.4, 38.6)
    """
    point = next((at for at, word in enumerate(words) if word in _POINTS), len(words))
    whole = [_SPOKEN[word] for word in words[:point] if word in _SPOKEN]
    if not whole:
        return None
    tenths = next((_SPOKEN[word] for word in words[point:] if word in _SPOKEN), 5 if {*_HALVES} & {*words} else 0)
    if len(whole) > 1 and max(whole) < 10:
        return degrees("".join(map(str, whole))) + tenths / 10  # "one oh two", "one oh two four"
    if whole[1:2] == [100]:
        del whole[0]  # "one hundred and one"
    if len(whole) > 2 and max(whole[-2:]) < 10:
        tenths = whole.pop()  # "ninety nine four"
    return sum(whole) + tenths / 10


def warmth(value: float) -> Warmth:
    """Judge a body temperature; Celsius and Fahrenheit can't be confused, their ranges lie apart.

    >>> [warmth(v).name for v in (98.6, 99.5, 100.4, 37.9, 38.0, 60)]
    ['NORMAL', 'RAISED', 'FEVER', 'RAISED', 'FEVER', 'IMPOSSIBLE']
    """
    if COLDEST_F <= value <= HOTTEST_F:
        urgent, review = URGENT_F, REVIEW_F
    elif COLDEST_C <= value <= HOTTEST_C:
        urgent, review = URGENT_C, REVIEW_C
    else:
        return Warmth.IMPOSSIBLE
    if value >= urgent:
        return Warmth.FEVER
    return Warmth.RAISED if value >= review else Warmth.NORMAL


def temperatures(view: Surroundings, awaiting: Awaiting) -> list[tuple[Warmth, str]]:
    """Return every temperature that the text tells, with its words."""
    words = view.text.words
    found = []
    for at, word in enumerate(words):
        if word[0].isdecimal() and not _is_something_else(view, at, at + 1, awaiting):
            judged = _judge(view, at, degrees(word), awaiting)
            if judged is not None:
                found.append((judged, word))
    if _SPOKEN.keys().isdisjoint(words) or any(word[0].isdecimal() for word in words):
        return found
    return _spoken_temperatures(view, awaiting)


def _spoken_temperatures(view: Surroundings, awaiting: Awaiting) -> list[tuple[Warmth, str]]:
    """Temperatures written in words: asked for, told alone, or beside a word that makes them one."""
    words = view.text.words
    asked = awaiting is Awaiting.TEMPERATURE
    alone = awaiting in HOW_SHE_IS and view.stage in AFTER and _ALONE.issuperset(words)
    found = []
    end = 0
    for at, word in enumerate(words):
        if at < end or word not in _SPOKEN:
            continue
        end = next((after for after in range(at + 1, len(words)) if words[after] not in _SPOKEN and words[after] not in _LINKS), len(words))
        value = spoken(words[at:end])
        if value is None or value <= COLDEST_C or _is_something_else(view, at, end, awaiting):
            continue
        fever = warmth(value) is Warmth.FEVER
        if asked or (alone and fever) or (warmth(value) is not Warmth.IMPOSSIBLE and _said(view, at, end)):
            found.append((warmth(value), f"{value:g}"))
    return found


def _is_something_else(view: Surroundings, start: int, end: int, awaiting: Awaiting) -> bool:
    """A dose, an hour, a price, the weather; somebody else's; a limit ("over 101"), a denied one, a figure of speech."""
    words = view.text.words
    if end < len(words) and view.has(end, "counted_unit"):
        return True
    if start and view.has(start - 1, "before_a_number"):
        return True
    if any(view.has(at, "other_measure") for at in range(max(0, start - 3), start)):
        return True
    if words[start][0].isdecimal() and _is_dialled(words, start):
        return True
    if view.names("weather") and awaiting is not Awaiting.TEMPERATURE:
        return True
    answers = awaiting is Awaiting.TEMPERATURE and start == 0
    if not answers and view.owner(start, end, emergency=False) is not None:
        return True
    limit = any(view.has(near, "if_word") for near in range(max(0, start - 5), start))
    return limit or bool(view.denied[start]) or view.figure[start]


def _is_dialled(words: tuple[str, ...], at: int) -> bool:
    """Whether a number is part of a telephone number, a date: three numbers in a row, not all of them warm."""
    start = end = at
    while start and at - start < DIALLED and words[start - 1].isdecimal():
        start -= 1
    while end < len(words) and end - at < DIALLED and words[end].isdecimal():
        end += 1
    return end - start >= DIALLED and any(warmth(degrees(word)) is Warmth.IMPOSSIBLE for word in words[start:end])


def _judge(view: Surroundings, at: int, value: float, awaiting: Awaiting) -> Warmth | None:
    """What a number says, or None when nothing makes it a temperature."""
    words = view.text.words
    judged = warmth(value)
    alone = len(words) <= 2
    in_celsius = view.stage in AFTER and awaiting in HOW_SHE_IS and _ALONE.issuperset({*words} - {words[at]})
    asked = awaiting is Awaiting.TEMPERATURE
    unit = at + 1 < len(words) and view.has(at + 1, "unit_of_warmth")
    if judged is Warmth.IMPOSSIBLE:
        named = any(view.has(near, "temperature") for near in range(max(0, at - 2), at))
        return judged if named or (asked and alone) or (unit and value > 12) else None
    if unit or asked or _said(view, at, at + 1):
        return judged
    with_tenths = "." in words[at] or "," in words[at]
    mistyped = not with_tenths and value != float(words[at])
    if alone and (value >= COLDEST_F or with_tenths or mistyped):
        return judged
    if in_celsius and judged is Warmth.FEVER:
        return judged
    return judged if with_tenths and value >= REVIEW_C else None


def _said(view: Surroundings, start: int, end: int) -> bool:
    """Whether a word near it makes a number a temperature."""
    near = range(max(0, start - NEAR), min(len(view.text.words), end + 3))
    names = ("fever", "temperature", "thermometer", "degree_word")
    return any(view.has(place, name) and view.text.sentence[place] == view.text.sentence[start] for place in near for name in names)
