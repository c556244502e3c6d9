"""What surrounds a sign: denied, asked about, imagined, long ago, somebody else's, a figure of speech."""

from dataclasses import dataclass
from enum import Enum, auto

from flows.understanding.patterns import Board, Found
from flows.understanding.reading import Stage
from flows.understanding.text import Text
from flows.understanding.words import Words

ADVERBIAL = frozenset(("in", "on", "of", "at", "around", "near", "under", "from", "to", "inside", "with", "en", "de", "del", "por", "al", "con"))
ANSWERS = frozenset(("no", "nope", "nah", "none", "nothing", "nada", "zero", "negative", "ninguno", "ninguna", "nop", "n", "0"))
LISTED = ("fever", "chills", "swelling", "pain", "redness", "rash", "itch", "bleeding", "blood", "discharge", "pus", "lump", "heat", "headache", "nausea",
          "vomit", "dizzy", "cough", "infected", "sore", "hives", "thickening", "problem", "symptom", "soreness_noun", "leak", "allergic_now", "body",
          "or_word", "negator", "slight", "diarrhea", "change", "numb", "bruised", "smell", "bumps", "discomfort")  # fmt: skip


class Claim(Enum):
    """What a text does with a sign that it names."""

    STATED = auto()
    DENIED = auto()
    OVER = auto()  # was there since the test, is gone now
    BEFORE = auto()  # ended before the test
    LONG_AGO = auto()
    IMAGINED = auto()  # asked about or feared, not there
    ELSEWHOSE = auto()  # somebody else's
    PERHAPS_HERS = auto()  # of a woman who may be the patient
    FIGURE = auto()  # a figure of speech, or our own words quoted


@dataclass(slots=True)
class Surroundings:
    """Per word of one text: is it denied, imagined, a figure of speech."""

    text: Text
    board: Board
    words: Words
    stage: Stage
    around: dict[str, list[Found]]
    denied: list[bool]
    imagined: list[bool]
    figure: list[bool]
    about_test: bool

    def has(self, at: int, name: str) -> bool:
        """Whether the word stands for this list."""
        return self.words.lists.get(name, -1) in self.board.at[at]

    def same_clause(self, one: int, other: int) -> bool:
        return self.text.clause[one] == self.text.clause[other]

    def claim(self, start: int, end: int, heads: tuple[tuple[int, int], ...], emergency: bool) -> Claim:
        """What the text does with the sign that stands at [start, end) and says so at `heads`."""
        if any(self.figure[at] for at in range(start, end)):
            return Claim.FIGURE
        if any(self.denied[at] for first, last in heads for at in range(first, last)) or self._denied_after(end):
            return Claim.DENIED
        if any(self.imagined[first] for first, _ in heads) and not self._reported(start, end):
            return Claim.IMAGINED
        sentence = self.text.sentence[start]
        if self._near("long_ago", sentence, start):
            return Claim.LONG_AGO
        owner = self._owner(heads[0][0] if heads else start, emergency)
        if owner is not None:
            return owner
        if self._near("before_test_time", sentence, start):
            return Claim.BEFORE
        if self._over(end):
            return Claim.OVER
        return Claim.STATED

    def _near(self, name: str, sentence: int, start: int) -> bool:
        """Whether words of this list stand in the same sentence, with no contrast between."""
        number = self.words.lists.get(name, -1)
        for at in self.board.places.get(number, ()):
            if self.text.sentence[at] == sentence:
                first, last = sorted((at, start))
                if not any(self.has(between, "contrast") for between in range(first, last)):
                    return True
        return False

    def _denied_after(self, end: int) -> bool:
        """"fever: none", "swelling - no", "fever? no"."""
        words, clause, sentence = self.text.words, self.text.clause, self.text.sentence
        if end >= len(words) or words[end] not in ANSWERS:
            return False
        if sentence[end] != sentence[end - 1] and sentence[end - 1] not in self.text.asked:
            return False
        return end + 1 == len(words) or clause[end + 1] != clause[end]

    def _reported(self, start: int, end: int) -> bool:
        """A question or fear that takes the sign for granted: "is it normal that ...", "when will the swelling go down"."""
        sentence = self.text.sentence[start]
        if any(self.text.sentence[found.start] == sentence for found in self.around.get("around.report", ())):
            return self.stage in (Stage.AFTERCARE, Stage.DONE) or any(self.has(at, "self") for at in range(max(0, start - 3), end))
        return False

    def _owner(self, head: int, emergency: bool) -> Claim | None:
        """Whose sign it is, when it is not the writer's or the patient's."""
        sentence = self.text.sentence[head]
        at = head - 1
        while at >= 0 and self.text.sentence[at] == sentence:
            if self.has(at, "says") or self.has(at, "self") and not (at + 1 < head and self._kin(at + 1)):
                return None
            if self.has(at, "kin_woman"):
                return None if emergency or self.about_test else Claim.PERHAPS_HERS
            if self.has(at, "kin_other"):
                return None if self.about_test else Claim.ELSEWHOSE
            at -= 1
        return None

    def _kin(self, at: int) -> bool:
        return self.has(at, "kin_woman") or self.has(at, "kin_other")

    def _over(self, end: int) -> bool:
        at = end
        while at < len(self.text.words) and at < end + 5 and self.text.sentence[at] == self.text.sentence[end - 1]:
            if self.has(at, "contrast"):
                return False
            if self.has(at, "gone") and not self.denied[at] and not self._not_denying(at):
                return True
            at += 1
        return False

    def _not_denying(self, at: int) -> bool:
        return any(found.start <= at < found.end for found in self.around.get("around.not_denying", ()))


def survey(text: Text, board: Board, words: Words, stage: Stage, around: dict[str, list[Found]]) -> Surroundings:
    """Look at what surrounds the words of a text, once, before its signs are judged."""
    size = len(text.words)
    empty = [False] * size
    about_test = words.lists.get("the_test", -1) in board.places
    view = Surroundings(text, board, words, stage, around, empty[:], empty[:], empty[:], about_test)
    for name in ("around.figure", "around.ours"):
        for found in around.get(name, ()):
            for start, end in found.spans:
                view.figure[start:end] = [True] * (end - start)
    for found in around.get("around.ours", ()):
        sentence = text.sentence[found.start]
        view.figure = [was or text.sentence[at] in (sentence, sentence - 1) for at, was in enumerate(view.figure)]
    _mark_denied(view)
    for found in around.get("around.hypothetical", ()):
        _mark_imagined(view, found)
    return view


def _mark_denied(view: Surroundings) -> None:
    number = view.words.lists["negator"]
    harmless = {at for found in view.around.get("around.not_denying", ()) for start, end in found.spans for at in range(start, end)}
    for at in view.board.places.get(number, ()):
        if at not in harmless and not view.figure[at]:
            _deny(view, at, view.board.at[at][number])


def _deny(view: Surroundings, negator: int, start: int) -> None:
    """Mark the words that a negator reaches: its own clause, up to a contrast or a new subject, and a bare list behind it."""
    text, board = view.text, view.board
    answer = text.words[negator] in ANSWERS and not (start < len(text.words) and view.has(start, "verb_after_no"))
    content = False
    for at in range(start, len(text.words)):
        if text.sentence[at] != text.sentence[negator] or view.has(at, "contrast") or view.has(at, "cause"):
            return
        new_clause = text.clause[at] != text.clause[at - 1]
        if new_clause and (at == start or not _bare_list(view, at)):
            return
        subject = view.has(at, "subject") and text.words[at - 1] not in ADVERBIAL
        if subject and (content or answer):
            return
        if content and _opens_clause(view, at, answer):
            return
        view.denied[at] = True
        content = content or board.weight[at + 1] > board.weight[at]


def _opens_clause(view: Surroundings, at: int, answer: bool) -> bool:
    """"and it ...", "and hot", or a bare adjective after "no fever"."""
    if view.text.words[at] in ("and", "y", "e", "plus", "also"):
        return at + 1 < len(view.text.words) and any(view.has(at + 1, name) for name in ("subject", "be_verb", "adjective"))
    if answer and view.has(at, "be_verb"):
        return True
    return answer and view.has(at, "adjective") and not view.has(at - 1, "or_word")


def _bare_list(view: Surroundings, start: int) -> bool:
    """Whether the clause that begins here only goes on naming things: "(no fever,) chills or swelling"."""
    for at in range(start, len(view.text.words)):
        if not view.same_clause(start, at):
            break
        if any(view.has(at, name) for name in ("subject", "be_verb", "contrast", "adjective", "strong")):
            return False
        if view.board.weight[at + 1] > view.board.weight[at] and not any(view.has(at, name) for name in LISTED):
            return False
    return True


def _mark_imagined(view: Surroundings, found: Found) -> None:
    """What follows the words that ask or imagine, to the end of their clause."""
    text = view.text
    for at in range(found.start, len(text.words)):
        if text.sentence[at] != text.sentence[found.start]:
            return
        if at >= found.end and (view.has(at, "contrast") or (text.clause[at] != text.clause[at - 1] and not _bare_list(view, at))):
            return
        view.imagined[at] = True
