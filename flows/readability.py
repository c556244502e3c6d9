"""How hard a text is to read, by the usual formulas. Good enough to keep texts plain; not a measure of anything else."""

import re

WORD = re.compile(r"[\w'&.:/()-]*\w")
SENTENCE_END = re.compile(r"(?<=[\w)]{2})[.!?]+(?=\s|$)")  # not after the single letters of "p. m."
ENGLISH_SILENT = re.compile(r"(?<=[^aeiouyl])e$|(?<=[aeiouy]l)e$|(?<=[^aeiouycgsxzh])es$|(?<=[^aeiouydt])ed$")
ENGLISH_SPLIT = re.compile(r"[^tscg]i[ao]|rea[cl]|deo|[^q]ua[lt]|area|[aeiouy]ing")
SPANISH_VOWELS = re.compile(r"[aeiouáéíóúü]+")
SPANISH_NUCLEUS = re.compile(r"[iuü]?[aeoáéó][iuy]?|[íú]|[iuü]{1,2}")


def english_grade(text: str) -> float:
    """Return the Flesch-Kincaid grade: the school year it takes to read the text."""
    words, sentences = _words(text), _sentences(text)
    syllables = sum(_english_syllables(word) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59


def spanish_grade(text: str) -> float:
    """Return the school year of the Fernandez Huerta ease: 90 is grade 4, and each 10 points less one grade more."""
    words, sentences = _words(text), _sentences(text)
    syllables = sum(_spanish_syllables(word) for word in words)
    ease = 206.84 - 60 * syllables / len(words) - 1.02 * len(words) / sentences
    return 4 + (90 - ease) / 10


GRADE = {"en": english_grade, "es": spanish_grade}


def _words(text: str) -> list[str]:
    """A number, a phone number and an address on the web are one word each. Raises ValueError for a text without words."""
    words = WORD.findall(text.lower())
    if not words:
        raise ValueError("no words")
    return words


def _sentences(text: str) -> int:
    return max(1, len(SENTENCE_END.findall(text)))


def _english_syllables(word: str) -> int:
    if not word.replace("'", "").replace("-", "").isalpha():
        return 1
    sounded = ENGLISH_SILENT.sub("", word)
    return max(1, len(re.findall(r"[aeiouy]+", sounded)) + len(ENGLISH_SPLIT.findall(sounded)))


def _spanish_syllables(word: str) -> int:
    """Two strong vowels, or an accented weak one, stand apart; a weak one joins its neighbour."""
    if not word.isalpha():
        return 1
    groups = SPANISH_VOWELS.findall(re.sub(r"(?<=q)u|(?<=g)u(?=[eiéí])|y$", lambda found: "i" if found[0] == "y" else "", word))
    return max(1, sum(len(SPANISH_NUCLEUS.findall(group)) for group in groups))
