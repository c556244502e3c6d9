"""The second reader: a learned opinion on texts that the rules don't fully understand. It only ever raises a reading.

Its weights stand in `second_reader.tsv`, a line for each piece of evidence (`evidence.py`), a column for each question, learned
from `tests/corpus/` by `flask train` (`training.py`). A text's score on a question is the sum of the weights of all it shows, over
the square root of how much it shows, plus the question's bias: above 0 the second reader would say yes.
"""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from pathlib import Path
from struct import Struct
from typing import NamedTuple

from flows.understanding.evidence import DENIED, laid_out, list_names, marks, of_marked, of_neighbours, of_whole, of_word, spelt_words
from flows.understanding.reading import Context
from flows.understanding.surroundings import Surroundings

FILE = Path(__file__).with_name("second_reader.tsv")
LIMIT = 127  # largest weight; all weights are whole numbers
ZERO = 128  # the byte that stands for a weight of 0
SCALE = 12.0  # length of a text as a vector
LANE = 4  # bytes of one question in a packed row
REMEMBERED = 20_000  # words whose weights are kept
MOST_CAUSES = 3


class Head(NamedTuple):
    """One question: "urgency", "emergency"; "kind", "fever"; "intent", "thanks"; "topic", "cost"."""

    group: str
    name: str


@dataclass(frozen=True)
class Weights:
    """What was learned: for each head its unit and bias, for each piece of evidence a row of bytes, one a head: its weight + ZERO."""

    heads: tuple[Head, ...]
    units: tuple[float, ...]
    biases: tuple[float, ...]
    rows: dict[str, bytes]

    def text(self) -> str:
        """The weights as the file holds them."""
        lines = ["\t".join(("evidence", *(f"{head.group}.{head.name}" for head in self.heads)))]
        lines.append("\t".join(("unit", *(repr(unit) for unit in self.units))))
        lines.append("\t".join(("bias", *(repr(bias) for bias in self.biases))))
        lines += [f"{piece}\t{b64encode(row).decode()}" for piece, row in sorted(self.rows.items())]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the second reader thinks of one text: its score on each question, above 0 for yes. `lanes` tells where a question's stands."""

    scores: list[float]
    lanes: dict[str, dict[str, int]]

    def of(self, group: str, name: str) -> float:
        """The score on one question."""
        return self.scores[self.lanes[group][name]]

    def ranked(self, group: str) -> list[tuple[str, float]]:
        """The questions of a group, the surest yes first."""
        return sorted(((name, self.scores[lane]) for name, lane in self.lanes[group].items()), key=_surest_first)


def _surest_first(one: tuple[str, float]) -> float:
    return -one[1]


class SecondReader:
    """The weights, packed so that one addition adds a piece of evidence to the scores on all questions.

    A packed row is one whole number: four bytes a question, each holding the weight + ZERO, and at the end a 1 that counts the rows.
    """

    def __init__(self, weights: Weights) -> None:
        self._lane = Struct(f"<{len(weights.heads) + 1}I")
        self._lanes: dict[str, dict[str, int]] = {}
        for lane, head in enumerate(weights.heads):
            self._lanes.setdefault(head.group, {})[head.name] = lane
        self._units = [unit * SCALE for unit in weights.units]
        self._biases = weights.biases
        self._rows = weights.rows  # packed only where they are needed: all of them packed would take three times the memory
        self._blank = bytearray(self._lane.size)
        self._blank[-LANE] = 1
        self._words: dict[str, tuple[int, int]] = {}
        self._lists: dict[str, dict[int, int]] | None = None  # mark → list → row

    def think(self, view: Surroundings, context: Context) -> Opinion:
        """Judge a text of at least one word."""
        spelt, marked, board = laid_out(view)
        total = shown = 0
        for word, mark in zip(spelt, marked, strict=True):
            if mark != DENIED:
                row, pieces = self._words.get(word) or self._remember(word)
                total += row
                shown += pieces
        for piece in (*of_neighbours(spelt, marked), *of_marked(spelt, marked), *of_whole(view, spelt, context)):
            total += self._row(piece)
            shown += 1
        lists = self._lists or self._remember_lists(view)
        for mark, numbers in zip(marked, board, strict=True):
            table = lists[mark]
            for number in numbers:
                if number in table:
                    total += table[number]
                    shown += 1
        return Opinion(self._scores(total, shown), self._lanes)

    def causes(self, view: Surroundings, head: Head) -> tuple[str, ...]:
        """The words of a text that spoke most for a yes, the strongest first; neighbours that spoke together stand together."""
        spelt, marked = spelt_words(view), marks(view)
        shift = 8 * LANE * self._lanes[head.group][head.name]
        beside = [self._row(piece) for piece in of_neighbours(spelt, marked)]
        told: dict[tuple[int, int], int] = {}
        for at, (word, mark) in enumerate(zip(spelt, marked, strict=True)):
            row = 0 if mark == DENIED else (self._words.get(word) or self._remember(word))[0]
            row += self._row(f"w{mark}:{word}") if mark else 0
            told[at, at + 1] = self._weight(row, shift)
            if at:
                told[at - 1, at + 1] = told[at - 1, at] + told[at, at + 1] + self._weight(beside[at - 1], shift)
        causes: list[tuple[int, int]] = []
        for start, end in sorted(told, key=lambda place: (-told[place], place)):
            if told[start, end] > 0 and not any(start < last and first < end for first, last in causes):
                causes.append((start, end))
        return tuple(" ".join(view.text.words[start:end]) for start, end in causes[:MOST_CAUSES])

    def _weight(self, rows: int, shift: int) -> int:
        """What a sum of packed rows says on the question whose lane begins at this bit."""
        counted = rows >> (8 * (self._lane.size - LANE))
        return (rows >> shift) % (1 << 8 * LANE) - ZERO * counted

    def _row(self, piece: str) -> int:
        """The packed weights of a piece of evidence, 0 for one that nothing was learned of."""
        row = self._rows.get(piece)
        if row is None:
            return 0
        packed = self._blank.copy()
        packed[:-LANE:LANE] = row
        return int.from_bytes(packed, "little")

    def _remember_lists(self, view: Surroundings) -> dict[str, dict[int, int]]:
        lists: dict[str, dict[int, int]] = {}
        for (mark, number), piece in list_names(view.words).items():
            lists.setdefault(mark, {})[number] = self._row(piece)
        self._lists = lists  # at once: other threads read it
        return lists

    def _remember(self, word: str) -> tuple[int, int]:
        if len(self._words) >= REMEMBERED:
            self._words.clear()
        pieces = of_word(word)
        told = self._words[word] = (sum(map(self._row, pieces)), len(pieces))
        return told

    def _scores(self, total: int, shown: int) -> list[float]:
        *lanes, counted = self._lane.unpack(total.to_bytes(self._lane.size, "little"))
        middle, length = ZERO * counted, sqrt(shown)
        return [(lane - middle) * unit / length + bias for lane, unit, bias in zip(lanes, self._units, self._biases, strict=True)]


def parse(lines: Iterable[str]) -> Weights:
    """Read the weights from the lines of the file."""
    told = iter(lines)
    names, units, biases = (next(told).rstrip().split("\t")[1:] for _ in range(3))
    rows = {}
    for line in told:
        piece, _, coded = line.rpartition("\t")
        rows[piece] = b64decode(coded)
    heads = tuple(Head(*name.split(".", 1)) for name in names)
    return Weights(heads, tuple(map(float, units)), tuple(map(float, biases)), rows)


@lru_cache(maxsize=1)
def second_reader() -> SecondReader:
    """The second reader of this program, loaded once."""
    with FILE.open(encoding="utf-8") as lines:
        return SecondReader(parse(lines))
