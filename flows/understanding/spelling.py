"""Misspelt words. A word that nobody knows may be read as the sign that it nearly is; never as a negation."""

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz.distance import OSA

SHORTEST = 5  # letters of a word that may be misspelt
LONG = 9  # letters from which on two slips are forgiven


class Spelling:
    """The words that a misspelt one may stand for."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_letter: dict[str, list[str]] = defaultdict(list)
        for word in sorted(words):
            if len(word) >= SHORTEST and word.isalpha():
                self._by_letter[word[0]].append(word)

    def nearest(self, word: str) -> str | None:
        """Return the known word that this one nearly is, or None.

        The first letter must be right, or change places with the second.
        """
        if not SHORTEST - 1 <= len(word) <= 20:
            return None
        best, least = None, 3
        for letter in {word[0], word[1]}:
            for known in self._by_letter.get(letter, ()):
                allowed = 2 if len(known) >= LONG else 1
                if letter != word[0] and known[:2] != word[1] + word[0]:
                    continue
                if abs(len(known) - len(word)) > allowed:
                    continue
                slips = OSA.distance(word, known, score_cutoff=allowed)
                if slips <= allowed and slips < least:
                    best, least = known, slips
        return best
