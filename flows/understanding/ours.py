"""Our own texts, sent back: quoted, forwarded, copied under an answer. They are ours to say, and tell nothing of her."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise

from flows.procedure import CONTENT, load
from flows.understanding.text import Text, cut, fold

LEAST = 3  # words of a piece of ours, where something else is ours
RUN = 8  # words in a row that nobody but us would write
SHORTEST = 5  # words of a whole sentence of ours, where nothing else is ours
FILLED_IN = 6  # words at most that stand for a day, a number
HALVES = ("am", "pm", "a", "p", "m")
NAME = 4  # words at most of the sender's name before a text
BLANK = re.compile(r"\$\w+:?")
Words = tuple[str, ...]


class Ours:
    """What our texts say, in every language of every procedure."""

    def __init__(self, bodies: list[str]) -> None:
        self.runs: set[Words] = set()
        self.pieces: dict[Words, bool] = {}  # what stands between two blanks, if short → whether the sender's name stands before it
        self.sentences: set[Words] = set()
        for body in bodies:
            for number, piece in enumerate(BLANK.split(body)):
                text = cut(fold(piece))
                self.runs.update(_runs(text.words))
                if len(text.words) >= LEAST:
                    opens = number == 1 and body.startswith("$")
                    self.pieces[text.words[:RUN]] = opens or self.pieces.get(text.words[:RUN], False)
                self.sentences.update(text.words[start:end] for start, end in _sentences(text))

    def written(self, text: Text) -> set[int]:
        """The words of a text that are ours, with what was filled in between them."""
        words = text.words
        ours = {at + step for at, run in enumerate(_runs(words)) if run in self.runs for step in range(RUN)}
        whole = [(start, end) for start, end in _sentences(text) if words[start:end] in self.sentences]
        least = 1 if ours or any(end - start >= SHORTEST for start, end in whole) else SHORTEST
        ours.update(at for start, end in whole if end - start >= least for at in range(start, end))
        if not ours:
            return ours
        for start in range(len(words)):
            for size in range(LEAST, RUN + 1):
                opens = self.pieces.get(words[start : start + size])
                if opens is not None:
                    ours.update(range(start, start + size))
                    ours.update(_hour_behind(text, start + size))
                if opens:
                    ours.update(_name_before(text, start))
        for before, after in pairwise(sorted(ours)):
            if before + 1 < after <= before + 1 + FILLED_IN and text.sentence[before] == text.sentence[after]:
                ours.update(range(before + 1, after))
        return ours


def _name_before(text: Text, start: int) -> range:
    """The sender's name before a text of ours: a few words with a colon behind them."""
    first = start
    while first and text.clause[first - 1] == text.clause[start] - 1 and text.sentence[first - 1] == text.sentence[start]:
        first -= 1
    return range(first, start) if start - first <= NAME else range(start, start)


def _hour_behind(text: Text, end: int) -> range:
    """The hour or number with which a sentence of ours ends."""
    last = end
    while (
        last < len(text.words)
        and text.sentence[last] == text.sentence[end - 1]
        and (text.words[last].isdecimal() or text.words[last] in HALVES)
    ):
        last += 1
    return range(end, last)


def _runs(words: Words) -> Iterator[Words]:
    return (words[at : at + RUN] for at in range(len(words) - RUN + 1))


def _sentences(text: Text) -> Iterable[tuple[int, int]]:
    """Where each sentence begins and ends."""
    cuts = [at for at in range(1, len(text.words)) if text.sentence[at] != text.sentence[at - 1]]
    return pairwise((0, *cuts, len(text.words)))


@lru_cache(maxsize=1)
def ours() -> Ours:
    """The texts of all procedures, loaded once."""
    keys = sorted(file.parent.name for file in CONTENT.glob("*/procedure.toml"))
    return Ours([text.body for key in keys for texts in load(key).texts.values() for text in texts.values()])


def without_ours(text: Text) -> Text:
    """Return the text without the words that are ours."""
    written = ours().written(text)
    return text.keeping([at for at in range(len(text.words)) if at not in written]) if written else text
