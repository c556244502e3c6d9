"""What a text shows the second reader: its words, neighbours, pieces of words and the lists they stand on, and what was asked.

A piece of evidence is a short string, its first letters tell what it is: `w:gush` a word, `wd:fever` a word that is denied
(`wi:` imagined, `wf:` a figure of speech), `b:cant_get` two neighbours (`bd:no_fever` where one is denied), `c:reath` four or
five letters of a word (`^` and `$` are its ends), `l:throat` a word file's list (`ld:`, `li:`, `lf:` likewise), `g:topics.cost`
a pattern of the word files found, `T:FEVER` a body temperature. A denied word shows no more than that it is denied.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from flows.understanding.reading import Context
from flows.understanding.surroundings import AFTER, Surroundings
from flows.understanding.temperature import temperatures
from flows.understanding.words import Words

PIECES = (4, 5)  # letters
SMALL = frozenset(map(str, range(12)))  # numbers that mean something by themselves
NUMBER = "#"
DENIED = "d"
LENGTHS = ((1, "1"), (3, "3"), (7, "7"), (15, "15"))  # words of a text: up to this many
GROUPS = ("intents.", "topics.", "around.")  # the first reader's verdicts on signs are not shown: the second judges by itself


@lru_cache(maxsize=20_000)
def of_word(word: str) -> tuple[str, ...]:
    """The evidence that a word is, wherever it stands.

    >>> of_word("gush")
    ('w:gush', 'c:^gus', 'c:gush', 'c:ush$', 'c:^gush', 'c:gush$')
    """
    framed = f"^{word}$"
    pieces = [framed[at : at + size] for size in PIECES for at in range(len(framed) - size + 1)]
    return (f"w:{word}", *(f"c:{piece}" for piece in dict.fromkeys(pieces)))


def spelt_words(view: Surroundings) -> list[str]:
    """The words of a text as they are spelt right; numbers that no digit of an answer or scale is are all alike."""
    return [view.words.meaning(word)[0] if word in SMALL or not word[0].isdecimal() else NUMBER for word in view.text.words]


def marks(view: Surroundings) -> list[str]:
    """For each word what surrounds it: `d` denied, `f` a figure of speech, `i` imagined, or nothing."""
    return [
        DENIED if denied else "f" if figure else "i" if imagined else ""
        for denied, figure, imagined in zip(view.denied, view.figure, view.imagined, strict=True)
    ]


def of_neighbours(spelt: list[str], marked: list[str]) -> Iterator[str]:
    """The evidence of two words that stand together."""
    for (first, one), (second, other) in pairwise(zip(spelt, marked, strict=True)):
        yield f"bd:{first}_{second}" if DENIED in (one, other) else f"b:{first}_{second}"


def of_marked(spelt: list[str], marked: list[str]) -> Iterator[str]:
    """The evidence of words that are denied, imagined or a figure of speech."""
    return (f"w{mark}:{word}" for word, mark in zip(spelt, marked, strict=True) if mark)


def of_lists(view: Surroundings, marked: list[str]) -> Iterator[str]:
    """The evidence of the word files' lists, at each word that stands for one."""
    names = list_names(view.words)
    for mark, numbers in zip(marked, view.board.at, strict=True):
        yield from (names[mark, number] for number in numbers if (mark, number) in names)


def of_whole(view: Surroundings, spelt: list[str], context: Context) -> Iterator[str]:
    """The evidence of the text as a whole, and of what is known about it."""
    after = "after" if context.stage in AFTER else "before"
    yield f"S:{after}"
    yield f"A:{context.awaiting}"
    yield f"AS:{after}:{context.awaiting}"
    yield f"A1:{context.awaiting}:{spelt[0]}"
    yield f"F:{spelt[0]}"
    yield f"L:{spelt[-1]}"
    yield f"N:{next((name for most, name in LENGTHS if len(spelt) <= most), 'more')}"
    if view.asked:
        yield "Q"
    for warmth, _ in temperatures(view, context.awaiting):
        yield f"T:{warmth.name}"
    for group in view.around:
        if group.startswith(GROUPS):
            yield f"g:{group}"


def evidence(view: Surroundings, context: Context) -> Iterable[str]:
    """Everything that a text shows, once for each place where it shows it. The text has at least one word."""
    spelt, marked = spelt_words(view), marks(view)
    for word, mark in zip(spelt, marked, strict=True):
        if mark != DENIED:
            yield from of_word(word)
    yield from of_neighbours(spelt, marked)
    yield from of_marked(spelt, marked)
    yield from of_lists(view, marked)
    yield from of_whole(view, spelt, context)


@lru_cache(maxsize=2)
def list_names(words: Words) -> dict[tuple[str, int], str]:
    """The evidence that a list is, by mark and number."""
    return {(mark, number): f"l{mark}:{name}" for name, number in words.lists.items() for mark in ("", "d", "f", "i")}
