"""What surrounds a sign: denied, asked about, imagined, long ago, somebody else's, a figure of speech."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto

from flows.understanding.patterns import Board, Found
from flows.understanding.reading import Kind, Stage, Urgency
from flows.understanding.text import Text
from flows.understanding.word_files import Sign
from flows.understanding.words import Words

AFTER = (Stage.AFTERCARE, Stage.DONE)
OTHERS = ("kin_woman", "kin_other", "never_her", "says", "animal", "device", "media")
NOUGHT = ("0", "zero", "cero")
NEAR_A_SIGN, NEAR_AN_EMERGENCY = 6, 3  # counting words between somebody else and a sign of theirs


class Claim(Enum):
    """What a text does with a sign that it names."""

    STATED = auto()
    DENIED = auto()
    OVER = auto()  # was there since the test, is gone now
    BEFORE = auto()  # ended before the test
    DURING = auto()  # felt while the test was done, not since
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
    doubtful: bool = False  # a sign told here may well mean nothing
    others: bool = False  # somebody or something else is named that a sign may be told of
    past: tuple[int, ...] = ()  # words that tell of long ago: "years ago", "in 2009"

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

    def clause(self, at: int) -> range:
        """The words of the clause in which this one stands."""
        numbers = self.text.clause
        return range(bisect_left(numbers, numbers[at]), bisect_right(numbers, numbers[at]))

    def opener_before(self, at: int) -> int | None:
        """The word that opens a question in whose clause this one stands, or None."""
        for before in range(self.clause(at).start, at + 1):
            if self.has(before, "opener"):
                return before
            if not self.has(before, "before_a_question"):
                return None
        return None

    def claim(self, spans: tuple[tuple[int, int], ...], heads: tuple[tuple[int, int], ...], sign: Sign) -> Claim:
        """What the text does with the sign whose words are `spans`, `heads` those of them that say what it is."""
        start, end = min(first for first, _ in spans), max(last for _, last in spans)
        own = self._own(spans, start, end)
        if any(self._is_figure(first, last) for first, last in spans):
            return Claim.FIGURE
        if self._denied(heads, own) or self._counts_none(start) or self._denied_after(end):
            return Claim.DENIED
        sentence = self.text.sentence[start]
        if Kind.SELF_HARM not in sign.kinds:
            if not self._takes_for_granted(start) and self._imagines(start, end, heads, sign.urgency is Urgency.EMERGENCY):
                return Claim.IMAGINED
            if self.stage not in AFTER and self._near("as_others_had_it", sentence, start):
                return Claim.LONG_AGO
        if self._is_long_ago(sentence, start):
            return Claim.LONG_AGO
        owner = None if self._speaks_of_self(own) else self.owner(heads[0][0], end, sign.urgency is Urgency.EMERGENCY)
        if owner is None and self._is_not_mine(start):
            owner = Claim.ELSEWHOSE
        if owner is not None:
            return owner
        if Kind.SELF_HARM not in sign.kinds and self._near("before_test_time", sentence, start):
            return Claim.BEFORE
        if sign.urgency <= Urgency.URGENT and self._during(sentence, end):
            return Claim.DURING
        if self._over(start, end):
            return Claim.OVER
        return Claim.STATED

    def _own(self, spans: tuple[tuple[int, int], ...], start: int, end: int) -> set[int]:
        """The words of a sign; all from its first to its last where a negator is one of them: "no puedo ni respirar"."""
        own = {at for first, last in spans for at in range(first, last)}
        return {*range(start, end)} if any(self.has(at, "negator") for at in own) else own

    def _is_figure(self, first: int, last: int) -> bool:
        counting = [at for at in range(first, last) if self.board.weight[at + 1] > self.board.weight[at]] or range(first, last)
        return all(self.figure[at] for at in counting)

    def _counts_none(self, start: int) -> bool:
        """ "0 fiebre, cero dolor"."""
        return start > 0 and self.text.words[start - 1] in NOUGHT and self.same_clause(start - 1, start)

    def _denied(self, heads: tuple[tuple[int, int], ...], own: set[int]) -> bool:
        """Whether a negator that is no part of the sign ("can't breathe") reaches it."""
        return any(negator not in own for first, last in heads for at in range(first, last) for negator in self.denied[at])

    def _near(self, name: str, sentence: int, start: int) -> bool:
        """Whether words of this list stand in the same sentence, with no contrast between."""
        number = self.words.lists[name]
        return any(self.text.sentence[at] == sentence and not self._contrasted(at, start) for at in self.board.places.get(number, ()))

    def _denied_after(self, end: int) -> bool:
        """ "fever: none", "swelling - no", "fever? no", "pain is 0"."""
        words, clause, sentence = self.text.words, self.text.clause, self.text.sentence
        if self._denied_behind(end) or self._is_nought(end):
            return True
        if end >= len(words) or not self.has(end, "answer_word"):
            return False
        if sentence[end] != sentence[end - 1] and sentence[end - 1] not in self.text.asked:
            return False
        return end + 1 == len(words) or clause[end + 1] != clause[end]

    def _is_nought(self, end: int) -> bool:
        """ "(Pain) is 0", "(dolor) 0 de 10"; not where another number follows: "0 yesterday and 8 today"."""
        while end < len(self.text.words) and self.text.words[end] in ("is", "was", "at", "a", "es", "de", "esta", "en", "level"):
            end += 1
        if end >= len(self.text.words) or self.text.words[end] not in NOUGHT or self.text.sentence[end] != self.text.sentence[end - 1]:
            return False
        return self.text.words[end + 1 : end + 2] not in (("a",), ("to",)) and not any(
            word[0].isdecimal() and word != "10" for word in self.text.words[end + 1 :]
        )

    def _denied_behind(self, end: int) -> bool:
        """ "Fiebre no tengo", "ronchas menos"."""
        words, clause = self.text.words, self.text.clause
        if end >= len(words) or clause[end] != clause[end - 1]:
            return False
        last = end + 2 if words[end] == "no" and words[end + 1 : end + 2] and self.has(end + 1, "having") else end + 1
        closed = last >= len(words) or clause[last] != clause[last - 1]
        return closed and (last == end + 2 or words[end] in ("menos", "tampoco", "nada", "ninguno", "ninguna"))

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

    def owner(self, start: int, end: int, emergency: bool) -> Claim | None:
        """Whose the sign at these words is, when it is not the writer's or the patient's."""
        if not self.others:
            return None
        crossed = False
        for at in range(start - 1, -1, -1):
            if self.text.sentence[at] != self.text.sentence[start]:
                break
            crossed = crossed or self.text.clause[at] != self.text.clause[at + 1]
            if self.has(at, "says") and any(self.has(later, "third_person") for later in range(at, start)):
                return Claim.ELSEWHOSE if not emergency else None
            if self.text.words[at] == "me" and at and self.has(at - 1, "says"):
                continue
            if self.has(at, "says") or self._is_self(at, start):
                return None
            near = self.board.between(at + 1, start) <= (NEAR_AN_EMERGENCY if emergency else NEAR_A_SIGN)
            if self._is_only_near(at) or (emergency and crossed):
                continue
            if self.has(at, "kin_woman"):
                return None if emergency or self.about_test else Claim.PERHAPS_HERS
            if (self._is_somebody_else(at) and (near or not emergency)) or (near and not crossed and self._is_thing(at)):
                return Claim.ELSEWHOSE
        return self._owner_behind(end, emergency)

    def _is_not_mine(self, start: int) -> bool:
        """ "My sister threw up, not me": somebody else is named, and the sign is not told as "I"."""
        if not self.others or not self.names("not_mine"):
            return False
        near = range(max(0, start - 4), start)
        return not any(self.same_clause(at, start) and self._is_self(at, start) for at in near)

    def _is_self(self, at: int, before: int) -> bool:
        """ "I", "me", and "my" unless it goes on with somebody else: "my husband", "my little one"."""
        if not self.has(at, "self"):
            return False
        return not any(self.is_kin(after) or self._is_thing(after) for after in range(at + 1, min(at + 4, before)))

    def _is_somebody_else(self, at: int) -> bool:
        """A man or a child; and a woman, unless the text is about a test that the patient may have had."""
        her_test = self.about_test and self.stage is not Stage.PREP
        return self.has(at, "never_her") or (self.has(at, "kin_other") and not her_test)

    def _is_thing(self, at: int) -> bool:
        """An animal, a machine, a story."""
        return any(self.has(at, name) for name in ("animal", "device", "media"))

    def _is_only_near(self, at: int) -> bool:
        """Whether it stands behind a word of place or company: "in the car", "with the kids"."""
        return any(before >= 0 and self.has(before, "placing") for before in (at - 1, at - 2))

    def _owner_behind(self, end: int, emergency: bool) -> Claim | None:
        """ "The one with the fever is my son", "a rash on the dog"."""
        linked = is_said = False
        for at in range(end, min(end + 7, len(self.text.words))):
            if self.text.clause[at] != self.text.clause[end - 1] or self.has(at, "likening"):
                return None
            if linked and (self._is_somebody_else(at) or self.has(at, "animal") or (is_said and self.has(at, "device"))):
                return Claim.ELSEWHOSE
            if self.has(at, "contrast") or (self.has(at, "opener") and not self.has(at, "be_verb")):
                return None
            is_said = is_said or self.has(at, "be_verb")
            linked = linked or is_said or (not emergency and self.text.words[at] in ("on", "of", "de", "en", "a"))
        return None

    def _speaks_of_self(self, own: set[int]) -> bool:
        return any(self.has(at, "self") for at in own)

    def is_kin(self, at: int) -> bool:
        return self.has(at, "kin_woman") or self.has(at, "kin_other")

    def _is_long_ago(self, sentence: int, start: int) -> bool:
        """ "Three years ago", "in 2009", "when I was pregnant", and before the test "last week"."""
        if self._near("long_ago", sentence, start) or (self.stage not in AFTER and self._near("last_week", sentence, start)):
            return True
        return any(self.text.sentence[at] == sentence and not self._contrasted(at, start) for at in self.past)

    def _contrasted(self, one: int, other: int) -> bool:
        """Whether a "but" or "now" stands between two words."""
        first, last = sorted((one, other))
        return any(self.has(between, "contrast") for between in range(first, last))

    def _during(self, sentence: int, end: int) -> bool:
        """ "It hurt when they squeezed", with nothing that says it is still there."""
        told = [found for found in self.around.get("around.during", ()) if self.text.sentence[found.start] == sentence]
        if not told:
            return False
        return not any(self.has(at, "still") or self.has(at, "worse") for at in range(len(self.text.words)) if not self.denied[at])

    def _over(self, start: int, end: int) -> bool:
        """ "The pain is gone", "got rid of the fever"."""
        if not (self.names("gone") or self.names("ended")):
            return False
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
