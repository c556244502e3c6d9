"""Patterns over words, and finding them in a text.

A pattern is what a nurse writes in a word file: words in order ("passed out"), `|` between alternatives, `*` for any
ending ("swell*"), `<throat>` for a list of words with that name, `...` where up to five other words may stand,
`&` where the parts may come in any order near each other, `^` and `$` for the beginning and the end of the text
(a greeting or a thank-you may stand outside).
Fillers ("so", "really", "the") may stand between any two words. A "no" with a comma behind it is an answer: no pattern
and no phrase goes on over it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

NEAR = 6  # words that count, between the parts of an `&` pattern
FAR = 5  # words that count, where a pattern has `...`
EVERYDAY = 40  # an everyday word is met as often as this many others
MOST_STARTS = 24  # places at which one pattern is tried in one text


class BadPattern(ValueError):
    """A pattern that can't be read; the message names it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One place of a pattern: any of `ids` fits, at most `gap` counting words after the part before."""

    ids: frozenset[int]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern that reports `group` where it is found."""

    group: str
    parts: tuple[Part, ...]
    ids: tuple[frozenset[int], ...]
    any_order: bool = False
    at_start: bool = False
    at_end: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A pattern found: `spans` are the words that fitted each part, [start, end); `start` and `end` those of them all."""

    group: str
    spans: tuple[tuple[int, int], ...]
    ids: tuple[frozenset[int], ...]
    start: int
    end: int


@dataclass(slots=True)
class Board:
    """The words of one text with what each may stand for."""

    spelt: tuple[str, ...]
    at: list[dict[int, int]]  # word → what begins there → how many words it takes
    places: dict[int, list[int]]  # what → the words at which it begins
    weight: list[int]  # counting words before this one
    sentence: tuple[int, ...]
    courtesy: frozenset[int]  # words at which only politeness stands
    apart: frozenset[int] = frozenset()  # words before which "no," stands: an answer, no part of what follows

    def opens(self, start: int) -> bool:
        """Whether only politeness stands before this word."""
        return all(at in self.courtesy for at in range(start))

    def closes(self, end: int) -> bool:
        """Whether only politeness stands from this word on."""
        return all(at in self.courtesy for at in range(end, len(self.at)))

    def between(self, end: int, start: int) -> int:
        """Counting words from `end` to `start`."""
        return self.weight[start] - self.weight[end]


@dataclass(slots=True)
class Vocabulary:
    """Numbers for words, endings and named lists, and the patterns that use them."""

    numbers: dict[str, int] = field(default_factory=dict)
    words: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    stems: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    phrases: dict[str, dict[str, list[tuple[tuple[str, ...], int]]]] = field(default_factory=dict)  # first word → second → (rest, list)
    patterns: list[Pattern] = field(default_factory=list)
    by_part: dict[int, list[tuple[int, tuple[frozenset[int], ...]]]] = field(default_factory=lambda: defaultdict(list))

    def number(self, name: str) -> int:
        """The number of a word ("pain"), an ending ("swell*") or a list ("<throat>")."""
        return self.numbers.setdefault(name, len(self.numbers))

    def phrase_words(self) -> set[str]:
        """Every word that stands in a phrase of a list."""
        found = set(self.phrases)
        for seconds in self.phrases.values():
            found.update(seconds, *(rest for phrases in seconds.values() for rest, _ in phrases))
        return found

    def add_list(self, name: str, entries: Iterable[str]) -> None:
        """Let every entry (a word, an ending or a phrase) stand for `<name>`."""
        number = self.number(f"<{name}>")
        for entry in entries:
            words = entry.split()
            if not words:
                raise BadPattern(f"empty entry in [{name}]")
            if len(words) > 1:
                self.phrases.setdefault(words[0], {}).setdefault(words[1], []).append((tuple(words[2:]), number))
            elif entry.endswith("*"):
                self.stems[entry[:-1]].add(number)
            else:
                self.words[entry].add(number)

    def _ids(self, item: str, lists: Mapping[str, object]) -> frozenset[int]:
        ids = set()
        for choice in item.split("|"):
            if choice.startswith("<") and choice.endswith(">"):
                if choice[1:-1] not in lists:
                    raise BadPattern(f"no list is named {choice}")
                ids.add(self.number(choice))
            elif choice.endswith("*") and len(choice) > 2:
                self.stems[choice[:-1]].add(self.number(choice))
                ids.add(self.number(choice))
            elif choice.isalnum() or choice in "#%":
                self.words[choice].add(self.number(choice))
                ids.add(self.number(choice))
            else:
                raise BadPattern(f"{choice!r} is not a word, an ending or a list")
        return frozenset(ids)

    def add_pattern(self, group: str, text: str, lists: Mapping[str, object]) -> None:
        """Compile one pattern of a group. Raises BadPattern."""
        at_start, at_end = text.startswith("^"), text.endswith("$")
        any_order = " & " in text
        parts: list[Part] = []
        gap = 0
        for item in text.removeprefix("^").removesuffix("$").split():
            if item == "...":
                gap = FAR
            elif item != "&":
                parts.append(Part(self._ids(item, lists), gap))
                gap = 0
        if not parts:
            raise BadPattern(f"empty pattern in {group}")
        self.patterns.append(Pattern(group, tuple(parts), tuple(part.ids for part in parts), any_order, at_start, at_end))

    def index(self, common: Callable[[str], bool]) -> None:
        """File every pattern under its rarest part, so that few are tried on a text. `common` tells everyday words."""
        often: dict[int, int] = defaultdict(int)
        for entries in (self.words, self.stems):
            for word, numbers in entries.items():
                for number in numbers:
                    often[number] += EVERYDAY if common(word) else 1
        for first, seconds in self.phrases.items():
            for _, number in (phrase for phrases in seconds.values() for phrase in phrases):
                often[number] += 2 if common(first) else 1
        for at, pattern in enumerate(self.patterns):
            costs = [sum(often[number] for number in part.ids) for part in pattern.parts]
            rarest = costs.index(min(costs))
            others = tuple(part.ids for place, part in enumerate(pattern.parts) if place != rarest)
            for number in pattern.parts[rarest].ids:
                self.by_part[number].append((at, others))

    def find(self, board: Board) -> list[Found]:
        """Return everything that is found in the text."""
        present = set(board.places)
        fitting: set[int] = set()
        for number in present:
            for at, others in self.by_part.get(number, ()):
                for ids in others:
                    if present.isdisjoint(ids):
                        break
                else:
                    fitting.add(at)
        found: list[Found] = []
        for at in sorted(fitting):
            pattern = self.patterns[at]
            found += _any_order(board, pattern) if pattern.any_order else _in_order(board, pattern)
        return found


def _starts(board: Board, part: Part) -> list[tuple[int, int]]:
    if len(part.ids) == 1:
        [number] = part.ids
        return [(start, start + board.at[start][number]) for start in board.places.get(number, ())[:MOST_STARTS]]
    places: dict[int, int] = {}
    for number in part.ids:
        for start in board.places.get(number, ())[:MOST_STARTS]:
            places[start] = max(places.get(start, 0), start + board.at[start][number])
    return sorted(places.items())


def _fits(board: Board, start: int, ids: frozenset[int]) -> int:
    """Where the longest of `ids` that begins at this word ends, or 0."""
    here = board.at[start]
    if ids.isdisjoint(here):
        return 0
    return start + max(length for number, length in here.items() if number in ids)


def _in_order(board: Board, pattern: Pattern) -> list[Found]:
    found = []
    for start, end in _starts(board, pattern.parts[0]):
        if pattern.at_start and not board.opens(start):
            continue
        spans = [(start, end)]
        for part in pattern.parts[1:]:
            after = _next(board, part, spans[-1][1], board.sentence[start])
            if after is None:
                break
            spans.append(after)
        if len(spans) == len(pattern.parts) and (not pattern.at_end or board.closes(spans[-1][1])):
            found.append(Found(pattern.group, tuple(spans), pattern.ids, start, spans[-1][1]))
    return found


def _next(board: Board, part: Part, end: int, sentence: int) -> tuple[int, int] | None:
    """Where a part fits next in the same sentence, within its gap."""
    if end in board.apart:
        return None
    farthest = board.weight[end] + part.gap
    for at in range(end, len(board.at)):
        if board.sentence[at] != sentence or board.weight[at] > farthest:
            return None
        if not part.ids.isdisjoint(board.at[at]):
            return at, _fits(board, at, part.ids)
    return None


def _any_order(board: Board, pattern: Pattern) -> list[Found]:
    found = []
    for start, end in _starts(board, pattern.parts[0]):
        spans = [(start, end)]
        for part in pattern.parts[1:]:
            near = _nearest(board, part, start, end, spans)
            if near is None:
                break
            spans.append(near)
        if len(spans) == len(pattern.parts):
            first, last = min(spans)[0], max(end for _, end in spans)
            found.append(Found(pattern.group, tuple(spans), pattern.ids, first, last))
    return found


def _nearest(board: Board, part: Part, start: int, end: int, taken: list[tuple[int, int]]) -> tuple[int, int] | None:
    after = end
    while after < len(board.at) and board.sentence[after] == board.sentence[start] and board.between(end, after) <= NEAR:
        fits = _fits(board, after, part.ids)
        if fits and not any(s < fits and after < e for s, e in taken):
            break
        after += 1
    else:
        after = len(board.at)
    before = start - 1
    while before >= 0 and board.sentence[before] == board.sentence[start] and board.between(before, start) <= NEAR + 1:
        fits = _fits(board, before, part.ids)
        if fits and not any(s < fits and before < e for s, e in taken):
            break
        before -= 1
    else:
        before = -1
    forward = board.between(end, after) if after < len(board.at) else NEAR + 2
    backward = board.between(before, start) - 1 if before >= 0 else NEAR + 2
    if min(forward, backward) > NEAR + 1:
        return None
    at = after if forward <= backward else before
    return at, _fits(board, at, part.ids)
