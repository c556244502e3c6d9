"""Texts nobody should send: real ones hurt, words in any order, patterns that make a reader slow, any characters. A number gives a text."""

import json
import random
import time
from functools import lru_cache
from pathlib import Path

from flows.understanding import Awaiting, Context, Reading, Stage, read
from flows.understanding.words import words

LONGEST_SECONDS = 0.05
CORPUS = Path(__file__).parents[1] / "corpus"
MARKS = (" ", " ", " ", ", ", ". ", "? ", " ... ", "\n", " - ", "!!! ", "; ", '"', "(", ")", "/", "-", "'", "’", " / ")
SLOW = (
    "pain ", "cant ", "no ", "no fever, ", "what if ", "stop texting me ", "breast red hot ", "ni fiebre ni ", "x y ",
    "0a", "@0", "-/", "<a", "<b>", "&amp;", '"', 'liked "', "'ll", "w/", "1", "101.", "38,6 ", "one hundred and ", "a.b.c.",
    "h e l p ", "noooo", "🤒", "\u200b", "\ud800", "ẍ̧̨",
)  # fmt: skip


@lru_cache
def real() -> list[str]:
    """The texts of the corpus."""
    return [json.loads(line)["text"] for file in sorted(CORPUS.glob("*/*.jsonl")) for line in file.read_text("utf-8").splitlines()]


@lru_cache
def known() -> list[str]:
    """The words of the word files."""
    return sorted(words().known)


def strange(number: int) -> tuple[str, Context]:
    """The text of this number, and what is known when it comes."""
    chance = random.Random(number)
    make = chance.choice((_hurt, _hurt, _joined, _shuffled, _slow, _characters))
    about = Context(chance.choice(("en", "es")), chance.choice(list(Stage)), chance.choice(list(Awaiting)), chance.choice((0, 0, 0, 1)))
    return make(chance), about


def _hurt(chance: random.Random) -> str:
    letters = list(chance.choice(real()))
    for _ in range(chance.randrange(6)):
        at = chance.randrange(len(letters) + 1)
        letters[at : at + chance.randrange(3)] = chance.choice((" ", ",", ".", "?", "no ", "'", "\n", "é", "x", "", "0", "lol "))
    return "".join(letters)


def _joined(chance: random.Random) -> str:
    return chance.choice(MARKS).join(chance.choice(real()) for _ in range(chance.randrange(2, 5)))


def _shuffled(chance: random.Random) -> str:
    return "".join(chance.choice(known()) + chance.choice(MARKS) for _ in range(chance.randrange(1, 120)))


def _slow(chance: random.Random) -> str:
    pieces = [chance.choice((*SLOW, *MARKS, chance.choice(known()) + " ")) for _ in range(chance.randrange(1, 5))]
    return "".join(pieces) * chance.choice((3, 30, 300, 3000))


def _characters(chance: random.Random) -> str:
    return "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(0x3000), chance.randrange(0x110000)))) for _ in range(60))


def read_strange(first: int, count: int) -> list[str]:
    """Read the texts of these numbers; what was wrong with which."""
    wrong = []
    for number in range(first, first + count):
        text, about = strange(number)
        try:
            seconds = min(_seconds(text, about), LONGEST_SECONDS)
            if seconds == LONGEST_SECONDS:  # other work on the machine doesn't count
                seconds = min(_seconds(text, about) for _ in range(3))
        except Exception as error:  # noqa: BLE001 - whatever it is, the number of the text is what helps
            wrong.append(f"text {number} raised {error!r}")
            continue
        if seconds >= LONGEST_SECONDS:
            wrong.append(f"text {number} took {seconds * 1000:.0f} ms")
    return wrong


def _seconds(text: str, about: Context) -> float:
    begun = time.process_time()
    assert isinstance(read(text, about), Reading)
    return time.process_time() - begun
