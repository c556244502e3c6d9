"""How well texts are read: labelled texts → figures, tables and the texts that were misread.

A row is one JSON object: `text`, what is known (`language`, `stage`, `awaiting`, `media`, each with the default of
`Context`), and the labels `urgency`, `intent`, `faq_topic` (`tests/corpus/README.md`). A label that a row doesn't give is not judged;
`urgency_ok`, `intent_ok` and `faq_topic_ok` name further values that are right.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

from flows.understanding.reading import Awaiting, Context, Intent, Reading, Stage, Urgency

Row = Mapping[str, Any]
Reader = Callable[[str, Context], Reading]

SHORTENED = {
    "you": "u", "your": "ur", "are": "r", "to": "2", "too": "2", "for": "4", "because": "bc", "with": "w", "and": "n", "please": "pls",
    "que": "q", "porque": "xq", "por": "x", "tambien": "tmb", "esta": "ta", "estoy": "toy", "para": "pa", "tomorrow": "tmrw",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One row and how it was read."""

    row: Row
    reading: Reading

    def right(self, label: str, said: str | None) -> bool:
        """Whether what was said is a right value of a label."""
        return said in {self.row[label], *self.row.get(f"{label}_ok", ())}

    @property
    def is_sign(self) -> bool:
        """Whether somebody must act now."""
        return self.row.get("urgency") in ("urgent", "emergency")

    @property
    def is_raised(self) -> bool:
        """Whether it was read so."""
        return self.reading.urgency >= Urgency.URGENT


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure: what it is called, which cases it is about, and which of these count."""

    name: str
    about: Callable[[Case], bool]
    counts: Callable[[Case], bool]
    wanted: bool = True  # what does not count is a miss; else what counts is one

    def of(self, cases: Iterable[Case]) -> tuple[int, int]:
        """How many count, of how many."""
        judged = [case for case in cases if self.about(case)]
        return sum(map(self.counts, judged)), len(judged)

    def misses(self, cases: Iterable[Case]) -> list[Case]:
        """The cases that were misread."""
        return [case for case in cases if self.about(case) and self.counts(case) is not self.wanted]


def is_harmless(case: Case) -> bool:
    """Whether nobody may be paged for it."""
    return case.row.get("urgency") == "none" and not {"urgent", "emergency"} & {*case.row.get("urgency_ok", ())}


def _asks_to_stop(case: Case) -> bool:
    return case.row.get("intent") == Intent.OPT_OUT and not case.row.get("intent_ok")


def _may_stop(case: Case) -> bool:
    return Intent.OPT_OUT in (case.row.get("intent"), *case.row.get("intent_ok", ()))


MEASURES = (
    Measure("emergencies read as such", lambda c: c.row.get("urgency") == "emergency", lambda c: c.reading.urgency is Urgency.EMERGENCY),
    Measure("signs raised", lambda c: c.is_sign, lambda c: c.is_raised),
    Measure("false alarms", is_harmless, lambda c: c.is_raised, wanted=False),
    Measure("reviews seen by a person", lambda c: c.row.get("urgency") == "review", lambda c: c.reading.urgency >= Urgency.REVIEW),
    Measure("urgency", lambda c: "urgency" in c.row, lambda c: c.right("urgency", c.reading.urgency.word)),
    Measure("intent", lambda c: "intent" in c.row, lambda c: c.right("intent", c.reading.intent)),
    Measure("topic of a question", lambda c: bool(c.row.get("faq_topic")), lambda c: c.right("faq_topic", c.reading.faq_topic)),
    Measure("opt-outs heard", _asks_to_stop, lambda c: c.reading.does(Intent.OPT_OUT)),
    Measure("of opt-outs heard, meant", lambda c: "intent" in c.row and c.reading.does(Intent.OPT_OUT), _may_stop),
)


def context_of(row: Row) -> Context:
    """What is known when the text of a row arrives."""
    return Context(
        row.get("language", "en"), Stage(row.get("stage", "aftercare")), Awaiting(row.get("awaiting", "none")), row.get("media", 0)
    )


def read_all(rows: Iterable[Row], reader: Reader) -> list[Case]:
    """Read every row."""
    return [Case(row, reader(row["text"], context_of(row))) for row in rows]


def confusion(cases: Iterable[Case]) -> Counter[tuple[str, str]]:
    """How often each urgency was read as each."""
    return Counter((case.row["urgency"], case.reading.urgency.word) for case in cases if "urgency" in case.row)


def noisy(text: str, seed: str) -> str:
    """The text as somebody in a hurry would type it: shortened words, letters lost, doubled or changed, marks left out.

    About one word in six is hurt; the same seed hurts the same words.

    >>> noisy("My breast is swollen and really hot today.", "7")
    'my breast is swollen n really hot today'
    """
    words = re.sub(r"[!¡¿;]|[.,:](?!\d)", "", text.lower()).split(" ")
    return " ".join(_typed(word, crc32(f"{seed} {at} {word}".encode())) for at, word in enumerate(words))


def _typed(word: str, chance: int) -> str:
    if word in SHORTENED and chance % 2:
        return SHORTENED[word]
    if len(word) < 4 or not word.isalpha() or chance % 6:
        return word
    slip, at = divmod(chance // 6, len(word) - 2)
    at += 1  # the first and the last letter stay
    return (
        word[:at] + word[at + 1 :],
        word[:at] + word[at] * 2 + word[at + 1 :],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + "aeiou"[slip // 4 % 5] + word[at + 1 :],
    )[slip % 4]
