"""Misspelt words. A word that nobody knows may be read as the one that it nearly is; never as a negation or a yes."""

import re
from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA

SHORT = 4  # letters of a word in which only a slight slip is forgiven
LONG = 10  # letters from which on two slips are forgiven
LONGEST = 20


class Spelling:
    """The words that a misspelt one may stand for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_consonants: dict[str, str] = {}
        self._by_sound: dict[str, str] = {}
        self._by_letter: dict[tuple[str, int], list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= SHORT and word.isalpha():
                self._by_letter[word[0], len(word)].append(word)
                self._by_consonants.setdefault(_consonants(word), word)
                self._by_sound.setdefault(sound(word), word)

    def nearest(self, word: str) -> str | None:
        """Return the known word that this one nearly is, or None.

        The first letter must be right, or change places with the second.
        """
        if len(word) >= SHORT and _consonants(word) == word:
            return self._by_consonants.get(word)
        if not SHORT <= len(word) <= LONGEST:
            return None
        if (same := self._by_sound.get(sound(word))) is not None:
            return same
        best, least = None, (3, True)
        for length in range(len(word) - 2, len(word) + 3):
            allowed = 2 if length >= LONG else 1
            if abs(length - len(word)) > allowed:
                continue
            for known in (*self._by_letter.get((word[0], length), ()), *self._by_letter.get((word[1], length), ())):
                if known[0] != word[0] and known[:2] != word[1] + word[0]:
                    continue
                slips = OSA.distance(word, known, score_cutoff=allowed)
                unlike = slips, sorted(word) != sorted(known)  # letters that changed places are likelier than wrong ones
                if slips <= allowed and unlike < least and (length > SHORT or _is_slight(word, known)):
                    best, least = known, unlike
        return best


def sound(word: str) -> str:
    """How a word sounds in Spanish, where many letters sound alike.

    >>> sound("bomitar") == sound("vomitar"), sound("guele") == sound("huele"), sound("asiendo") == sound("haciendo")
    (True, True, True)
    """
    for written, spoken in _SOUNDS:
        word = written.sub(spoken, word)
    return word


_SOUNDS = [
    (re.compile(pattern), spoken)
    for pattern, spoken in (
        (r"(?<!c)h", ""), (r"^gue|^wue|^we", "ue"), (r"ch", "C"), (r"ph", "f"), (r"qu(?=[ei])|q", "k"), (r"gu(?=[ei])", "G"),
        (r"c(?=[eiy])|z|x", "s"), (r"c", "k"), (r"g(?=[ei])", "j"), (r"G", "g"), (r"ll", "y"), (r"i(?=[aeou])", "y"), (r"v", "b"),
        (r"n(?=[bp])", "m"), (r"(.)\1+", r"\1"),
    )
]  # fmt: skip


def _consonants(word: str) -> str:
    return "".join(letter for letter in word if letter not in "aeiou")


def _is_slight(word: str, known: str) -> bool:
    """Two letters changed places, one is missing or doubled, or a vowel is another one."""
    if sorted(word) == sorted(known) or len(word) < len(known) or _consonants(word) == _consonants(known):
        return True
    return len(word) > len(known) and set(word) == set(known)
