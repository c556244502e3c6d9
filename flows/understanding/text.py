"""Raw text → words: folded once (case, accents, quotes, emoji), cut into words, clauses and sentences."""

import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 2000  # characters; of a longer text the beginning and the end are read
MOST_WORDS = 360

_EMOJI = {
    "🤒": " fever ", "🌡": " fever ", "🥵": " feeling hot ", "🥶": " chills ", "🩸": " blood ", "🤮": " vomiting ", "🤢": " nausea ",
    "😵": " dizzy ", "🤕": " hurts ", "🆘": " sos sos ", "🚑": " ambulance ", "🔥": " hot ", "🔴": " red ", "🎈": " balloon ",
    "👍": " thumbsup ", "👎": " thumbsdown ", "👌": " thumbsup ", "✅": " thumbsup ", "🙏": " thanks ", "❌": " no ", "🛑": " stop ",
    "😂": " lol ", "🤣": " lol ", "😆": " lol ", "💯": " thumbsup ", "❓": " ? ", "‼": " ! ", "❗": " ! ",
}  # fmt: skip
_QUOTES = {"’": "'", "‘": "'", "`": "'", "´": "'", "ʼ": "'", "“": '"', "”": '"', "«": '"', "»": '"', "…": "...", "–": " - ", "—": " - ",
           "¿": " ", "¡": " ", "°": " degrees ", "º": " degrees ", "\u20e3": " ", "\u00a0": " ", "\u180e": ""}  # fmt: skip
_TRANSLATE = str.maketrans({**_EMOJI, **_QUOTES})
_UNSEEN = frozenset(("Mn", "Me", "Cf"))  # Unicode categories: accents, variation selectors, soft hyphens, joiners and the like
_TAG = re.compile(r"</?[a-z!][^<>]{0,200}>", re.IGNORECASE)
_QUOTED_LINE = re.compile(r"^[> ]*> ?(.+)$", re.MULTILINE)
_QUOTING = re.compile(r"> *(?=[^\W\d_])")  # not "over 38": "> 38"
_LEET = str.maketrans("0134@$", "oleaas")
_LEET_WORD = re.compile(r"(?<![a-z0-9@$])[a-z]+[0134@$][a-z0134@$]{0,15}[a-z]{2}\b")
_SPELT_OUT = re.compile(r"\b(?:[a-z][ .-]){3,23}[a-z]\b")
_MISTYPED_APOSTROPHE = re.compile(r"\b(can|don|won|isn|doesn|didn|couldn)[?,.;](?=t\b)")
_RUN = re.compile(r"([a-z])\1{2,}")
_SHORT = (("w/out", "without"), ("w/o", "without"), ("w/", "with "), ("b/c", "because"), ("'ll", " will"), ("n/a", "na"), ("a/c", "ac"))
_PIECES = re.compile(r"(\d+(?:[.,]\d+)*)|([^\W\d_]+)|(\.\.+)|([.!?;\n\r]+)|(,|:|\(|\)| - |--)|(#|%|\$|/|-|\*)|(\")")


@dataclass(frozen=True, slots=True)
class Text:
    """A text cut into words.

    `clause[i]` counts the commas, dashes and sentence ends before word i, `sentence[i]` the sentence ends alone;
    `asked` holds the sentences that end in a question mark, `quoted` the words between quotation marks. `joined` is all words with
    single blanks between. `whole` is false where the middle of a very long text was left out.
    """

    words: tuple[str, ...]
    clause: tuple[int, ...]
    sentence: tuple[int, ...]
    asked: frozenset[int]
    quoted: frozenset[int]
    joined: str
    whole: bool = True

    def keeping(self, kept: Sequence[int]) -> "Text":
        """Return the text with these of its words alone."""
        place = {at: new for new, at in enumerate(kept)}
        words = tuple(self.words[at] for at in kept)
        sentence = tuple(self.sentence[at] for at in kept)
        quoted = frozenset(place[at] for at in self.quoted if at in place)
        asked = self.asked.intersection(sentence)
        return Text(words, tuple(self.clause[at] for at in kept), sentence, asked, quoted, " ".join(words), self.whole)


def plain(text: str) -> str:
    """Return words of a word file as they look in a folded text: lower case, no accents, no apostrophes."""
    text = text.lower().replace("'", "")
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def fold(text: str) -> str:
    """Return the text in lower case without accents, typographic signs, markup or invisible characters.

    >>> fold("¿Está HINCHADO? I’ll call…")
    ' esta hinchado? i will call...'
    """
    if len(text) > LONGEST:
        text = text[: LONGEST * 3 // 4] + " . " + text[-LONGEST // 4 :]
    if not text.isascii():
        text = text.translate(_TRANSLATE)
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c) not in _UNSEEN)
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _TAG.sub(" ", text)
    if ">" in text:
        text = _QUOTING.sub("\n", _QUOTED_LINE.sub(r'\n"\1"\n', text))
    text = text.lower().replace("&", " and ")
    if "'" in text or "/" in text:
        for short, full in _SHORT:
            text = text.replace(short, full)
        text = text.replace("'", "")
    text = _MISTYPED_APOSTROPHE.sub(r"\1", text)
    text = _SPELT_OUT.sub(lambda letters: re.sub(r"[^a-z]", "", letters.group()), text)
    return _RUN.sub(r"\1\1", text)


def cut(folded: str) -> Text:
    """Cut a folded text into words, clauses and sentences.

    >>> cut("no fever, but hot. ok?").clause
    (0, 0, 1, 1, 2)
    """
    words: list[str] = []
    clauses: list[int] = []
    sentences: list[int] = []
    asked: set[int] = set()
    marks: list[int] = []  # words before which a quotation mark stands
    clause = sentence = 0
    for number, word, dots, end, soft, sign, mark in _PIECES.findall(_LEET_WORD.sub(lambda word: word.group().translate(_LEET), folded)):
        if word or number or sign:
            if sign in ("-", "/", "*", "$"):
                continue
            words.append(word or number or sign)
            clauses.append(clause)
            sentences.append(sentence)
        elif mark:
            marks.append(len(words))
        elif dots or soft:
            clause += 1
        elif end:
            if "?" in end:
                asked.add(sentence)
            clause += 1
            sentence += 1
    quoted = frozenset(at for start, stop in zip(marks[::2], marks[1::2], strict=False) for at in range(start, stop))
    text = Text(tuple(words), tuple(clauses), tuple(sentences), frozenset(asked), quoted, " ".join(words), len(words) <= MOST_WORDS)
    if text.whole:
        return text
    return text.keeping((*range(MOST_WORDS * 3 // 4), *range(len(words) - MOST_WORDS // 4, len(words))))
