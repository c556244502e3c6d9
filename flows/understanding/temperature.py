"""Temperatures in a text: Fahrenheit and Celsius, bare, mistyped, impossible."""

from enum import Enum, auto

from flows.understanding.reading import Awaiting, Urgency
from flows.understanding.surroundings import Surroundings

URGENT_F, REVIEW_F = 100.4, 99.5
URGENT_C, REVIEW_C = 38.0, 37.5
COLDEST_F, HOTTEST_F = 94.0, 109.0
COLDEST_C, HOTTEST_C = 34.0, 43.0
NEAR = 6  # words between a number and the word that makes it a temperature
CONTEXT = ("fever", "temperature", "degrees", "high_temperature")
NOT_AFTER = frozenset(
    "mg ml mcg lbs lb pounds pound percent % dollars bpm am pm minutes minute mins min hours hour hrs hr days day weeks week months month years year "
    "miles times pages people st street ave road old oz cc iu units kg kilos libras dias dia horas hora semanas meses anos minutos veces pesos th".split()
)
NOT_BEFORE = frozenset("$ # room apt suite bp pressure pulse age channel highway route page at since a las".split())


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
        if not word[0].isdigit():
            continue
        if (at + 1 < len(words) and words[at + 1] in NOT_AFTER) or (at and words[at - 1] in NOT_BEFORE):
            continue
        judged = _judge(view, at, degrees(word), awaiting)
        if judged is not None and not view.imagined[at] and not view.figure[at]:
            found.append((judged, word))
    return found


def _judge(view: Surroundings, at: int, value: float, awaiting: Awaiting) -> Warmth | None:
    words = view.text.words
    judged = warmth(value)
    alone = len(words) <= 2
    unit = at + 1 < len(words) and words[at + 1] in ("f", "c", "degrees", "degree", "grados", "fahrenheit", "celsius", "centigrade", "centigrados", "farenheit")
    said = unit or _said(view, at)
    if judged is not Warmth.IMPOSSIBLE:
        precise = "." in words[at] or "," in words[at] or value != float("".join(c for c in words[at] if c.isdigit()) or 0)
        likely = value >= COLDEST_F or precise
        if said or (awaiting is Awaiting.TEMPERATURE) or (alone and likely) or (precise and "/" not in words and value >= 37):
            return judged
        return None
    asked = awaiting is Awaiting.TEMPERATURE and alone
    named = at and (view.has(at - 1, "temperature") or (at > 1 and view.has(at - 2, "temperature")))
    return Warmth.IMPOSSIBLE if asked or named or (unit and value > 12) else None


def _said(view: Surroundings, at: int) -> bool:
    first, last = max(0, at - NEAR), min(len(view.text.words), at + 4)
    return any(
        view.has(near, name) and view.text.sentence[near] == view.text.sentence[at]
        for near in range(first, last)
        for name in ("fever", "temperature", "thermometer", "degree_word")
    )
