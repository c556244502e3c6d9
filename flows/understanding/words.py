"""The word files, loaded: lists, patterns and what each sign means. See `words_en.toml` for how they are written."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from flows.understanding.patterns import BadPattern, Board, Vocabulary
from flows.understanding.reading import Intent, Kind, Topic, Urgency
from flows.understanding.spelling import Spelling
from flows.understanding.text import Text, cut, plain

FOLDER = Path(__file__).parent
FILES = ("families.toml", "words_en.toml", "words_es.toml")
SECTIONS = ("signs", "around", "intents", "topics")
REMEMBERED = 20_000  # words whose meaning is kept


class BadWords(ValueError):
    """A word file that can't be used; one line for each mistake."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a warning sign means: `before_test` is its urgency where discharge is still expected."""

    name: str
    kinds: tuple[Kind, ...]
    urgency: Urgency
    before_test: Urgency
    mild: Urgency  # its urgency when she says it is slight


@dataclass(slots=True)
class Words:
    """Everything the word files say, ready for matching."""

    vocabulary: Vocabulary
    signs: dict[str, Sign]
    fillers: frozenset[str]
    lists: dict[str, int]  # name of a list → its number
    near_misses: dict[str, list[str]]  # group → texts in which it must not be found
    spelling: Spelling
    not_typos: frozenset[str]
    joinable: frozenset[str]
    known: frozenset[str]  # every word of the files: none of them is a slip of another
    _meanings: dict[str, tuple[str, frozenset[int]]] = field(default_factory=dict)

    def meaning(self, word: str) -> tuple[str, frozenset[int]]:
        """How a word is spelt, and what it may stand for: lists, endings, itself; for a misspelt one what it nearly is."""
        meaning = self._meanings.get(word)
        if meaning is None:
            if len(self._meanings) >= REMEMBERED:
                self._meanings.clear()
            spelt = self._spelt(word)
            meaning = self._meanings[word] = (spelt, frozenset(self._ids(spelt)))
        return meaning

    def _ids(self, word: str) -> set[int]:
        ids = set(self.vocabulary.words.get(word, ()))
        for length in range(2, len(word) + 1):
            ids |= self.vocabulary.stems.get(word[:length], set())
        return ids

    def _is_known(self, word: str) -> bool:
        return word in self.known or bool(self._ids(word))

    def _spelt(self, word: str) -> str:
        if self._is_known(word) or word in self.not_typos or not word.isalpha():
            return word
        if word.endswith("s") and len(word) > 4 and word[:-1] in self.known:
            return word[:-1]
        single = "".join(c for i, c in enumerate(word) if i == 0 or c != word[i - 1])
        if single != word and len(single) > 3 and single in self.known:
            return single
        return self.spelling.nearest(word) or word

    def parted(self, word: str) -> tuple[str, str] | None:
        """Two words written without the blank between ("cantbreathe"), or None."""
        if not 7 <= len(word) <= 22 or word in self.not_typos or self._is_known(word):
            return None
        for cutting in range(2, len(word) - 2):
            first, second = word[:cutting], word[cutting:]
            if first in self.joinable and second in self.joinable and max(len(first), len(second)) > 3:
                return first, second
        return None

    def board(self, text: Text) -> Board:
        """Lay out the words of a text with everything that each may stand for."""
        meanings = [self.meaning(word) for word in text.words]
        spelt = tuple(word for word, _ in meanings)
        at: list[dict[int, int]] = []
        weight = [0]
        places: dict[int, list[int]] = {}
        phrases = self.vocabulary.phrases
        for start, (word, ids) in enumerate(meanings):
            here = dict.fromkeys(ids, start + 1)
            if start:
                for phrase, number in phrases.get((spelt[start - 1], word), ()):
                    end = start - 1 + len(phrase)
                    if at[-1].get(number, 0) < end and spelt[start - 1 : end] == phrase:
                        if number not in at[-1]:
                            places.setdefault(number, []).append(start - 1)
                        at[-1][number] = end
            for number in here:
                places.setdefault(number, []).append(start)
            at.append(here)
            weight.append(weight[-1] + (word not in self.fillers))
        return Board(at, places, weight, text.sentence)


def _entries(text: str) -> list[str]:
    return [" ".join(plain(entry).split()) for entry in text.split(",") if entry.strip()]


def _expanded(entries: list[str], lists: dict[str, list[str]]) -> list[str]:
    """The entries with every `<list>` among them replaced by its own."""
    flat: list[str] = []
    for entry in entries:
        flat += _expanded(lists.get(entry[1:-1], []), lists) if entry.startswith("<") else [entry]
    return flat


def _sign(name: str, table: dict[str, Any]) -> Sign:
    urgency = Urgency[table["urgency"].upper()]
    before = Urgency[table.get("before_test", table["urgency"]).upper()]
    mild = Urgency[table.get("mild", table["urgency"]).upper()]
    return Sign(name, tuple(Kind(kind) for kind in table["kinds"]), urgency, before, mild)


def _check_name(section: str, name: str) -> None:
    if section == "intents":
        Intent(name)
    elif section == "topics":
        Topic(name)


def compile_words(files: Iterable[tuple[str, dict[str, Any]]]) -> Words:
    """Put parsed word files together. Raises BadWords with every mistake, each with its file."""
    tables = list(files)
    vocabulary = Vocabulary()
    names: dict[str, list[str]] = {}
    fillers: set[str] = set()
    not_typos: set[str] = set()
    misspelt: set[str] = set()
    for _, table in tables:
        fillers.update(_entries(table.get("fillers", "")))
        not_typos.update(_entries(table.get("not_typos", "")))
        misspelt.update(_entries(table.get("misspelt", "")))
        for name, text in table.get("lists", {}).items():
            names.setdefault(name, []).extend(_entries(text))
    for name, entries in names.items():
        vocabulary.add_list(name, _expanded(entries, names))
    signs: dict[str, Sign] = {}
    near_misses: dict[str, list[str]] = {}
    mistakes: list[str] = []
    for file, table in tables:
        for section in SECTIONS:
            for name, group in table.get(section, {}).items():
                try:
                    _check_name(section, name)
                    if section == "signs" and "urgency" in group:
                        signs[name] = _sign(name, group)
                except (KeyError, ValueError) as error:
                    mistakes.append(f"{file}: [{section}.{name}]: {error}")
                near_misses.setdefault(f"{section}.{name}", []).extend(group.get("near_misses", ()))
                for pattern in group.get("find", ()):
                    try:
                        vocabulary.add_pattern(f"{section}.{name}", plain(pattern), names)
                    except BadPattern as error:
                        mistakes.append(f"{file}: [{section}.{name}]: {error} in {pattern!r}")
    mistakes += [f"[{group}] has no kinds and urgency in families.toml" for group in near_misses
                 if group.startswith("signs.") and group.removeprefix("signs.") not in signs]  # fmt: skip
    if mistakes:
        raise BadWords("\n".join(mistakes))
    numbers = {name: vocabulary.number(f"<{name}>") for name in names}
    phrase_words = {word for phrases in vocabulary.phrases.values() for words, _ in phrases for word in words}
    vocabulary.index(lambda word: word in fillers or len(word) < 4)
    known = frozenset(vocabulary.words) | phrase_words | fillers
    spelling = Spelling({word for name in misspelt for word in _expanded(names.get(name, []), names) if " " not in word} - fillers)
    return Words(vocabulary, signs, frozenset(fillers), numbers, near_misses, spelling, frozenset(not_typos),
                 frozenset(vocabulary.words) | fillers, known)  # fmt: skip


@lru_cache(maxsize=1)
def words() -> Words:
    """The word files of this program, loaded once. Raises BadWords."""
    files = []
    for name in FILES:
        try:
            files.append((name, tomllib.loads((FOLDER / name).read_text("utf-8"))))
        except tomllib.TOMLDecodeError as error:
            raise BadWords(f"{name}: {error}") from error
    return compile_words(files)


def parse(folded: str) -> tuple[Text, Board]:
    """Cut and lay out a folded text; words written together are parted."""
    lexicon = words()
    text = cut(folded)
    together = {word: two for word in text.words if len(word) >= 7 and (two := lexicon.parted(word))}
    if together:
        for word, two in together.items():
            folded = folded.replace(word, " ".join(two))
        text = cut(folded)
    return text, lexicon.board(text)
