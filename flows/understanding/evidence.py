"""What a text shows the second reader: its words, neighbours, pieces of words and the lists they stand on, and what was asked.

A piece of evidence is a short string, its first letters tell what it is: `w:gush` a word, `wd:fever` a word that is denied
(`wi:` imagined, `wf:` a figure of speech), `b:cant_get` two neighbours (`bd:no_fever` where one is denied), `c:reath` four or
five letters of a word (`^` and `$` are its ends), `l:throat` a word file's list (`ld:`, `li:`, `lf:` likewise), `g:topics.cost`
a pattern of the word files found, `T:FEVER` a body temperature. A denied word shows no more than that it is denied.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from flows.understanding.reading import ASKED_AFTER_TEST, Context
from flows.understanding.surroundings import AFTER, Surroundings
from flows.understanding.temperature import temperatures
from flows.understanding.words import Words

PIECES = (4, 5)  # letters
LONGEST_WORD = 40  # letters that are looked at
SMALL = frozenset(map(str, range(12)))  # numbers that mean something by themselves
NUMBER = "#"
DENIED = "d"
FEW, MOST_SAID = 12, 3  # words of a text in which all count; times that a word counts in a longer one
LENGTHS = ((1, "1"), (3, "3"), (7, "7"), (15, "15"))  # words of a text: up to this many
GROUPS = ("intents.", "topics.", "around.")
HIDDEN = "intents.opt_out"  # like the rules' verdicts on signs: where it matters most, the second reader judges by itself


def of_word(word: str) -> tuple[str, ...]:
    """The evidence that a word is, wherever it stands.

    >>> of_word("gush")
    ('w:gush', 'c:^gus', 'c:gush', 'c:ush$', 'c:^gush', 'c:gush$')
    """
    framed = f"^{word[:LONGEST_WORD]}$"
    pieces = [framed[at : at + size] for size in PIECES for at in range(len(framed) - size + 1)]
    return (f"w:{word}", *(f"c:{piece}" for piece in dict.fromkeys(pieces)))


def spelt_words(view: Surroundings) -> list[str]:
    """The words of a text as they are spelt right; numbers that no digit of an answer or scale is are all alike."""
    return [word if word in SMALL or not word[0].isdecimal() else NUMBER for word in view.board.spelt]


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


def laid_out(view: Surroundings) -> tuple[list[str], list[str], list[dict[int, int]]]:
    """The words of a text, what surrounds each, and the lists each stands for.

    A word that is said over and over counts a few times only: a text that is sent ten times over means no more than once.
    """
    spelt, marked, board = spelt_words(view), marks(view), view.board.at
    if len(spelt) <= FEW:
        return spelt, marked, board
    said: dict[str, int] = {}
    kept = []
    for at, word in enumerate(spelt):
        said[word] = times = said.get(word, 0) + 1
        if times <= MOST_SAID:
            kept.append(at)
    return [spelt[at] for at in kept], [marked[at] for at in kept], [board[at] for at in kept]


def of_lists(words: Words, marked: list[str], board: list[dict[int, int]]) -> Iterator[str]:
    """The evidence of the word files' lists, at each word that stands for one."""
    names = list_names(words)
    for mark, numbers in zip(marked, board, strict=True):
        yield from (names[mark, number] for number in numbers if (mark, number) in names)


def of_whole(view: Surroundings, spelt: list[str], context: Context) -> Iterator[str]:
    """The evidence of the text as a whole, and of what is known about it."""
    after = "after" if context.stage in AFTER or context.awaiting in ASKED_AFTER_TEST else "before"
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
        if group.startswith(GROUPS) and group != HIDDEN:
            yield f"g:{group}"


def evidence(view: Surroundings, context: Context) -> Iterable[str]:
    """Everything that a text shows, once for each place where it shows it. The text has at least one word."""
    spelt, marked, board = laid_out(view)
    for word, mark in zip(spelt, marked, strict=True):
        if mark != DENIED:
            yield from of_word(word)
    yield from of_neighbours(spelt, marked)
    yield from of_marked(spelt, marked)
    yield from of_lists(view.words, marked, board)
    yield from of_whole(view, spelt, context)


@lru_cache(maxsize=2)
def list_names(words: Words) -> dict[tuple[str, int], str]:
    """The evidence that a list is, by mark and number."""
    return {(mark, number): f"l{mark}:{name}" for name, number in words.lists.items() for mark in ("", "d", "f", "i")}
