"""What the words of a text may stand for: as they are spelt, misspelt, or written together."""

from collections import defaultdict
from functools import lru_cache

from flows.understanding.ours import without_ours
from flows.understanding.patterns import Board
from flows.understanding.spelling import Spelling
from flows.understanding.text import Text, cut
from flows.understanding.word_files import Lexicon, load

NEVER_A_TYPO = ("negator", "yes", "agreed", "no_word", "fine")  # lists: a slip never becomes one of these words
SHORTEST_JOINED = 6  # letters of two words written together, one of them a sign's
DENYING = frozenset(("no", "sin", "not", "cant", "dont"))
REMEMBERED = 20_000  # words whose meaning is kept
MOST_BETWEEN = 3  # fillers between two words of a phrase


class Words:
    """Everything the word files say, ready for matching. `lists` gives the number of each list."""

    def __init__(self, lexicon: Lexicon) -> None:
        self.vocabulary = lexicon.vocabulary
        self.signs = lexicon.signs
        self.near_misses = lexicon.near_misses
        self.lists = {name: self.vocabulary.number(f"<{name}>") for name in lexicon.lists}
        self.fillers = frozenset(lexicon.fillers)
        self.known = frozenset(self.vocabulary.words) | self.vocabulary.phrase_words() | self.fillers
        self._courtesy = frozenset(lexicon.lists.get("courtesy", ()))
        self._spellings = lexicon.spellings
        self._not_typos = lexicon.not_typos
        never = {word for name in NEVER_A_TYPO for entry in lexicon.lists.get(name, ()) for word in entry.split()}
        self._loose = frozenset(self.lists[name] for name in lexicon.signs_lists)
        self._sign_words = {word for name in lexicon.signs_lists for entry in lexicon.lists[name] for word in entry.rstrip("*").split()}
        self._signs_spelling = Spelling(self._sign_words - self.fillers - never)
        self._spelling = Spelling({word for word in self.known if len(word) > 4} - never)
        self._meanings: dict[str, tuple[str, dict[int, int]]] = {}
        self._parted: dict[str, tuple[str, ...] | None] = {}
        self._groups: dict[tuple[str, ...], frozenset[int]] = {}

    def numbers_of(self, names: tuple[str, ...]) -> frozenset[int]:
        """The numbers of these lists."""
        numbers = self._groups.get(names)
        if numbers is None:
            numbers = self._groups[names] = frozenset(self.lists[name] for name in names)
        return numbers

    def meaning(self, word: str) -> tuple[str, dict[int, int]]:
        """How a word is spelt, and what it may stand for: lists, endings, itself; for a misspelt one what it nearly is."""
        meaning = self._meanings.get(word)
        if meaning is None:
            if len(self._meanings) >= REMEMBERED:
                self._meanings.clear()
            spelt = self._spelt(word)
            meaning = self._meanings[word] = (spelt, dict.fromkeys(self._numbers(spelt), 1))
        return meaning

    def guesses(self, word: str) -> bool:
        """Whether a word is read as another one that it only nearly is."""
        return self.meaning(word)[0] != word and word not in self._spellings

    def _numbers(self, word: str) -> set[int]:
        numbers = set(self.vocabulary.words.get(word, ()))
        for length in range(2, len(word) + 1):
            numbers |= self.vocabulary.stems.get(word[:length], set())
        return numbers

    def _is_known(self, word: str) -> bool:
        return word in self.known or word in self._not_typos or bool(self._numbers(word))

    def _spelt(self, word: str) -> str:
        if word in self._spellings:
            return self._spellings[word]
        if self._is_known(word) or not word.isalpha():
            return word
        if word.endswith("s") and len(word) > 4 and word[:-1] in self.known:
            return word[:-1]
        single = "".join(c for i, c in enumerate(word) if i == 0 or c != word[i - 1])
        if single != word and len(single) > 3 and single in self.known:
            return single
        return self._signs_spelling.nearest(word) or self._spelling.nearest(word) or word

    def parted(self, word: str) -> tuple[str, ...] | None:
        """Words written without the blanks between ("cantbreathe", "icantbreathe"), or None."""
        if word not in self._parted:
            if len(self._parted) >= REMEMBERED:
                self._parted.clear()
            parts = self._parted[word] = self._parts(word)
            return parts
        return self._parted.get(word)

    def _parts(self, word: str) -> tuple[str, ...] | None:
        if not 4 <= len(word) <= 22 or word in self._spellings or self._is_known(word):
            return None
        for cutting in range(2, len(word) - 1):
            first, second = word[:cutting], word[cutting:]
            if self._joins(first, second):
                return first, second
        if word[0] == "i":
            rest = self.parted(word[1:]) or ((word[1:],) if word[1:] in self._sign_words and len(word) > SHORTEST_JOINED else ())
            return ("i", *rest) if rest else None
        return None

    def _joins(self, first: str, second: str) -> bool:
        if second == "ing":
            return False  # "chokeing" is one word
        if first in self.fillers and second in self.fillers:
            return True
        if first not in self.known or second not in self.known or len(first) + len(second) < SHORTEST_JOINED:
            return False
        if first in DENYING and len(second) > 3:
            return True
        signs = [len(part) for part in (first, second) if part in self._sign_words]
        return max(signs, default=0) > 3 and all(len(part) > 2 or part in self.fillers for part in (first, second))

    def board(self, text: Text) -> Board:
        """Lay out the words of a text with everything that each may stand for."""
        meanings = [self.meaning(word) for word in text.words]
        spelt = tuple(word for word, _ in meanings)
        at: list[dict[int, int]] = []
        weight = [0]
        apart = frozenset(
            after for after, word in enumerate(spelt[:-1], start=1) if word == "no" and text.clause[after] != text.clause[after - 1]
        )
        places: dict[int, list[int]] = defaultdict(list)
        phrases, last = self.vocabulary.phrases, len(spelt) - 1
        for start, (word, alone) in enumerate(meanings):
            numbers = alone
            if word in phrases and start < last and (spelt[start + 1] in phrases[word] or spelt[start + 1] in self.fillers):
                numbers = alone | self._phrases(spelt, text.sentence, start) if start + 1 not in apart else alone
            for number in numbers:
                places[number].append(start)
            at.append(numbers)  # shared with other texts: never changed in place
            weight.append(weight[-1] + (word not in self.fillers))
        courtesy = frozenset(place for place, word in enumerate(text.words) if word in self._courtesy)
        return Board(spelt, at, places, weight, text.sentence, courtesy, apart)

    def _phrases(self, spelt: tuple[str, ...], sentence: tuple[int, ...], start: int) -> dict[int, int]:
        """The lists of which a phrase begins at this word, with the words it takes; in a sign's phrase fillers may stand between."""
        found: dict[int, int] = {}
        seconds = self.vocabulary.phrases[spelt[start]]
        for second in range(start + 1, min(len(spelt), start + 2 + MOST_BETWEEN)):
            word = spelt[second]
            if sentence[second] != sentence[start]:
                break
            if word in seconds:
                after = spelt[second + 1] if second + 1 < len(spelt) else ""
                goes_on = after in self.fillers
                for rest, number in seconds[word]:
                    if rest and rest[0] != after and not goes_on:
                        continue
                    between = MOST_BETWEEN if number in self._loose else 0
                    if second - start - 1 > between:
                        continue
                    end = self._end(spelt, sentence, second + 1, rest, between) if rest else second + 1
                    if end - start > found.get(number, 0):
                        found[number] = end - start
            if word not in self.fillers:
                break
        return found

    def _end(self, spelt: tuple[str, ...], sentence: tuple[int, ...], at: int, rest: tuple[str, ...], between: int) -> int:
        """Where the rest of a phrase ends, or 0 when it does not stand here."""
        for word in rest:
            for place in range(at, min(len(spelt), at + 1 + between)):
                if sentence[place] != sentence[at - 1] or (spelt[place] != word and spelt[place] not in self.fillers):
                    return 0
                if spelt[place] == word:
                    at = place + 1
                    break
            else:
                return 0
        return at


@lru_cache(maxsize=1)
def words() -> Words:
    """The word files of this program, loaded once. Raises BadWords."""
    return Words(load())


def parse(folded: str) -> tuple[Text, Board]:
    """Cut and lay out a folded text without what it quotes of ours; words written together are parted."""
    lexicon = words()
    text = without_ours(cut(folded))
    together = {word: parts for word in text.words if len(word) >= 4 and (parts := lexicon.parted(word))}
    if together:
        for word, parts in together.items():
            folded = folded.replace(word, " ".join(parts))
        text = without_ours(cut(folded))
    return text, lexicon.board(text)
