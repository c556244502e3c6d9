"""What surrounds a sign: denied, asked about, imagined, long ago, somebody else's, a figure of speech."""

from dataclasses import dataclass, field
from enum import Enum, auto

from flows.understanding.patterns import Board, Found
from flows.understanding.reading import Kind, Stage, Urgency
from flows.understanding.text import Text
from flows.understanding.word_files import Sign
from flows.understanding.words import Words

AFTER = (Stage.AFTERCARE, Stage.DONE)


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
    denied: list[tuple[int, ...]]  # the negators that reach it
    imagined: list[bool]  # asked about or feared
    conditional: list[bool]  # "if ...": not taken back by anything else in the sentence
    figure: list[bool]
    about_test: bool
    asked: set[int] = field(default_factory=set)  # the sentences that ask

    def has(self, at: int, name: str) -> bool:
        """Whether the word stands for this list."""
        return self.words.lists[name] in self.board.at[at]

    def names(self, name: str) -> bool:
        """Whether any word of the text stands for this list."""
        return self.words.lists[name] in self.board.places

    def places(self, name: str) -> list[int]:
        """The words that stand for this list."""
        return self.board.places.get(self.words.lists[name], [])

    def stated(self, name: str) -> list[int]:
        """The words that stand for this list and are neither denied nor imagined nor a figure of speech."""
        return [at for at in self.places(name) if not self.denied[at] and not self.imagined[at] and not self.figure[at]]

    def same_clause(self, one: int, other: int) -> bool:
        return self.text.clause[one] == self.text.clause[other]

    def claim(self, spans: tuple[tuple[int, int], ...], heads: tuple[tuple[int, int], ...], sign: Sign) -> Claim:
        """What the text does with the sign whose words are `spans`, `heads` those of them that say what it is."""
        start, end = min(first for first, _ in spans), max(last for _, last in spans)
        own = {at for first, last in spans for at in range(first, last)}
        if any(self._is_figure(first, last) for first, last in spans):
            return Claim.FIGURE
        if self._denied(heads, own) or self._denied_after(end):
            return Claim.DENIED
        sentence = self.text.sentence[start]
        if Kind.SELF_HARM not in sign.kinds:
            if not self._takes_for_granted(start) and self._imagines(start, end, heads, sign.urgency is Urgency.EMERGENCY):
                return Claim.IMAGINED
            if self.stage not in AFTER and self._near("as_others_had_it", sentence, start):
                return Claim.LONG_AGO
        if self._near("long_ago", sentence, start):
            return Claim.LONG_AGO
        owner = None if self._speaks_of_self(own) else self.owner(heads[0][0], sign.urgency is Urgency.EMERGENCY)
        if owner is not None:
            return owner
        if Kind.SELF_HARM not in sign.kinds and self._near("before_test_time", sentence, start):
            return Claim.BEFORE
        if self._over(start, end):
            return Claim.OVER
        return Claim.STATED

    def _is_figure(self, first: int, last: int) -> bool:
        counting = [at for at in range(first, last) if self.board.weight[at + 1] > self.board.weight[at]] or range(first, last)
        return all(self.figure[at] for at in counting)

    def _denied(self, heads: tuple[tuple[int, int], ...], own: set[int]) -> bool:
        """Whether a negator that is no part of the sign ("can't breathe") reaches it."""
        return any(negator not in own for first, last in heads for at in range(first, last) for negator in self.denied[at])

    def _near(self, name: str, sentence: int, start: int) -> bool:
        """Whether words of this list stand in the same sentence, with no contrast between."""
        number = self.words.lists[name]
        for at in self.board.places.get(number, ()):
            if self.text.sentence[at] == sentence:
                first, last = sorted((at, start))
                if not any(self.has(between, "contrast") for between in range(first, last)):
                    return True
        return False

    def _denied_after(self, end: int) -> bool:
        """ "fever: none", "swelling - no", "fever? no"."""
        words, clause, sentence = self.text.words, self.text.clause, self.text.sentence
        if end >= len(words) or not self.has(end, "answer_word"):
            return False
        if sentence[end] != sentence[end - 1] and sentence[end - 1] not in self.text.asked:
            return False
        return end + 1 == len(words) or clause[end + 1] != clause[end]

    def _takes_for_granted(self, start: int) -> bool:
        """ "Can I come with ...", "should I worry about ...": asks what to do about a sign that is there, in every stage.

        Not "can I come if I get ...", nor "when should I worry about ...".
        """
        for found in self.around.get("around.present", ()):
            in_reach = (found.start == start or found.end <= start) and self.text.sentence[found.start] == self.text.sentence[start]
            in_general = bool(found.start) and self.has(found.start - 1, "asks_in_general")
            if in_reach and not in_general and not any(self.has(at, "may_come") for at in range(found.end, start + 1)):
                return True
        return False

    def _imagines(self, start: int, end: int, heads: tuple[tuple[int, int], ...], emergency: bool) -> bool:
        if self.stage in AFTER and any(first and self.has(first - 1, "this_one") for first, _ in heads):
            return False  # "the swelling" is there
        reported = self._reported(start, end, emergency)
        if any(self.conditional[first] for first, _ in heads):
            return not (emergency and reported)
        return any(self.imagined[first] for first, _ in heads) and not reported

    def _reported(self, start: int, end: int, emergency: bool) -> bool:
        """A question or fear that takes the sign for granted: "is it normal that ...", "when will the swelling go down"."""
        sentence = self.text.sentence[start]
        if any(self.text.sentence[found.start] == sentence for found in self.around.get("around.report", ())):
            return emergency or self.stage in AFTER or any(self.has(at, "self") for at in range(max(0, start - 3), end))
        return False

    def owner(self, head: int, emergency: bool) -> Claim | None:
        """Whose sign it is, when it is not the writer's or the patient's."""
        sentence = self.text.sentence[head]
        at = head - 1
        while at >= 0 and self.text.sentence[at] == sentence:
            if self.has(at, "says") and any(self.has(later, "third_person") for later in range(at, head)):
                return Claim.ELSEWHOSE if not emergency else None
            if self.text.words[at] == "me" and at and self.has(at - 1, "says"):
                at -= 1
                continue
            if self.has(at, "says") or (self.has(at, "self") and not (at + 1 < head and self.is_kin(at + 1))):
                return None
            if self.has(at, "kin_woman"):
                return None if emergency or self.about_test else Claim.PERHAPS_HERS
            if self.has(at, "kin_other"):
                return None if self.about_test else Claim.ELSEWHOSE
            at -= 1
        return None

    def _speaks_of_self(self, own: set[int]) -> bool:
        return any(self.has(at, "self") for at in own)

    def is_kin(self, at: int) -> bool:
        return self.has(at, "kin_woman") or self.has(at, "kin_other")

    def _over(self, start: int, end: int) -> bool:
        """ "The pain is gone", "got rid of the fever"."""
        for before in range(max(0, start - 3), start):
            if self.same_clause(before, start) and self.has(before, "ended") and not self.denied[before] and not self._not_denying(before):
                return True
        at = end
        while at < len(self.text.words) and at < end + 5 and self.text.sentence[at] == self.text.sentence[end - 1]:
            if self.has(at, "contrast"):
                return self.stage not in AFTER and self._it_is_gone(at + 1)
            if self.has(at, "gone") and not self.denied[at] and not self._not_denying(at):
                return True
            at += 1
        return False

    def _it_is_gone(self, at: int) -> bool:
        """ "(I had a fever but) it's been gone": nothing else is named before "gone"."""
        while at < len(self.text.words) and self.has(at, "is_it"):
            at += 1
        return at < len(self.text.words) and self.has(at, "gone")

    def _not_denying(self, at: int) -> bool:
        return any(found.start <= at < found.end for found in self.around.get("around.not_denying", ()))
