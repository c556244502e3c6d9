"""All that was found in one text, and what it comes to: intent, urgency, topics and the words that decided."""

from dataclasses import dataclass

from flows.understanding.answers import Answer
from flows.understanding.intents import CARRIER_START, CARRIER_STOP, ORDER
from flows.understanding.patterns import Found
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Topic, Urgency
from flows.understanding.signs import Seen, told_signs
from flows.understanding.surroundings import AFTER, Claim, Surroundings
from flows.understanding.temperature import URGENCY, Warmth

ANSWERS = (Intent.ANSWER_YES, Intent.ANSWER_NO, Intent.ANSWER_NUMBER, Intent.ANSWER_DONE)
# These outrank an answer to the open question; the others only where no question is open.
OUTRANK_ANSWERS = (
    Intent.OPT_OUT, Intent.WRONG_NUMBER, Intent.ALLERGY_DISCLOSURE, Intent.PREP_PROBLEM, Intent.CANCEL_PROCEDURE, Intent.RESCHEDULE,
)  # fmt: skip
OUTRANK_A_BARE_YES = (*OUTRANK_ANSWERS, Intent.LANGUAGE_SWITCH, Intent.HUMAN_PLEASE, Intent.FAQ)
STOP_SENTENCES = frozenset(("stop", "stopall", "unsubscribe", "unsub", "quit", "optout", "alto", "baja"))
WITH_SEPSIS = ("confused", "confused_state")
MOST_REASONS = 6


@dataclass(frozen=True, slots=True)
class Heard:
    """One text with all that was found in it."""

    view: Surroundings
    context: Context
    seen: list[Seen]
    told: dict[Intent, Found]  # what it asks for, with the words that do
    said: Answer
    warm: list[tuple[Warmth, str]]  # temperatures
    asked: tuple[Topic, ...]
    keyword: str | None

    @property
    def counting(self) -> list[Seen]:
        """The signs that a person must see."""
        return [one for one in self.seen if one.urgency > Urgency.NONE]

    @property
    def after_test(self) -> bool:
        return self.context.stage in AFTER

    @property
    def warmest(self) -> Urgency:
        return max((URGENCY[warmth] for warmth, _ in self.warm), default=Urgency.NONE)

    def measured(self) -> bool:
        """Whether it gives the temperature that was asked for."""
        return self.context.awaiting is Awaiting.TEMPERATURE and bool(self.warm)

    def septic(self) -> bool:
        """Whether fever or chills come with a racing heart or confusion, wherever in the text these stand."""
        hot = self.warmest is Urgency.URGENT or any({Kind.FEVER, Kind.CHILLS} & {*one.sign.kinds} for one in self.counting)
        racing = any(one.sign.name == "racing_heart" for one in self.counting)
        return hot and (racing or any(self.view.stated(name) for name in WITH_SEPSIS))

    def leaks(self) -> bool:
        """Whether it tells of dye or clear fluid on the pad."""
        return self.after_test and any(one.sign.name == "leak" and one.claim is Claim.STATED for one in self.seen)

    def reports(self) -> bool:
        """Whether it reports how she is. A vague worry beside an answer does not."""
        if any(one.sign.name != "worry" or self.said.intent is None for one in self.counting):
            return True
        if self.warm and not self.measured() and (self.warmest > Urgency.NONE or self.said.intent not in ANSWERS):
            return True
        return self.leaks() and not self.asked


def does(heard: Heard) -> tuple[Intent, frozenset[Intent]]:
    """Return what a text mainly does and what it does beside that."""
    if _bare_stop(heard.view):
        return Intent.OPT_OUT, frozenset()
    if heard.keyword is not None:
        meant = Intent.OPT_OUT if heard.keyword in CARRIER_STOP else Intent.OPT_IN if heard.keyword in CARRIER_START else Intent.HELP
        return meant, frozenset()
    intents = set(heard.told)
    if heard.asked and (heard.asked != (Topic.OTHER,) or not intents):
        intents.add(Intent.FAQ)
    if _stop_sentence(heard.view):
        intents.add(Intent.OPT_OUT)
    said = Intent.ANSWER_NUMBER if heard.measured() else heard.said.intent
    if said is not None:
        intents.add(Intent.ANSWER_NUMBER if said is Intent.UNCLEAR else said)
    first = Intent.SYMPTOM_REPORT if heard.reports() else _foremost(intents, said, heard.context.awaiting)
    return first, frozenset(intents - {first})


def _foremost(intents: set[Intent], said: Intent | None, awaiting: Awaiting) -> Intent:
    outranking = OUTRANK_A_BARE_YES if awaiting is Awaiting.NONE else OUTRANK_ANSWERS
    for intent in ORDER:
        if intent in intents and intent in outranking:
            return intent
    if said is not None:
        return said
    return next((intent for intent in ORDER if intent in intents), Intent.UNCLEAR)


def _bare_stop(view: Surroundings) -> bool:
    """ "Alto", "please stop. thank you": a word of stopping with nothing but politeness around it."""
    size = len(view.text.words)
    at = 0
    while at < size - 1 and at in view.board.courtesy:
        at += 1
    end = at + view.board.at[at].get(view.words.lists["bare_stop"], size + 1)
    return end <= size and all(at in view.board.courtesy or view.text.words[at] in ("stop", "now", "already") for at in range(end, size))


def _stop_sentence(view: Surroundings) -> bool:
    """ "STOP. And I have a fever": a keyword that is a whole sentence at the beginning or the end."""
    sentences = view.text.sentence
    if STOP_SENTENCES.isdisjoint(view.text.words):
        return False
    for ending in (sentences[0], sentences[-1]):
        told = [word for at, word in enumerate(view.text.words) if sentences[at] == ending and at not in view.board.courtesy]
        if len(told) == 1 and told[0] in STOP_SENTENCES:
            return True
    return False


def urgency_of(heard: Heard, intent: Intent, also: frozenset[Intent]) -> Urgency:
    """Return how soon a person must act: the highest of all that calls for one."""
    levels = [one.urgency for one in heard.counting] + [heard.warmest, heard.said.urgency]
    if heard.septic():
        levels.append(Urgency.EMERGENCY)
    if Intent.ALLERGY_DISCLOSURE in (intent, *also) or (Intent.PREP_PROBLEM in (intent, *also) and not heard.after_test):
        levels.append(Urgency.REVIEW)
    if heard.after_test and intent is Intent.HELP and heard.keyword is None and heard.view.names("help_word"):
        levels.append(Urgency.REVIEW)
    if heard.after_test and intent is Intent.UNCLEAR and _speaks_of_her_body(heard):
        levels.append(Urgency.REVIEW)
    return max(levels)


def _speaks_of_her_body(heard: Heard) -> bool:
    """The net under everything: her body is named and nothing was understood."""
    view = heard.view
    if any(one.claim in (Claim.LONG_AGO, Claim.ELSEWHOSE) for one in heard.seen):
        return False
    if any(one.claim in (Claim.STATED, Claim.OVER, Claim.PERHAPS_HERS) for one in heard.seen):
        return True
    return not view.names("fine") and any(
        _hers(view, at) for at in range(len(view.text.words)) if not view.figure[at] and not view.imagined[at]
    )


def _hers(view: Surroundings, at: int) -> bool:
    """Whether a word names her breast, her bandage or another part of her body."""
    return (
        view.has(at, "breast")
        or view.has(at, "pad")
        or (at > 0 and view.has(at, "body") and view.text.words[at - 1] in ("my", "mi", "mis"))
    )


def topics_of(heard: Heard, intent: Intent, also: frozenset[Intent]) -> tuple[Topic, ...]:
    """Return what its questions are about; a leak on the pad is answered like one."""
    if intent is Intent.SYMPTOM_REPORT and heard.leaks() and not heard.counting:
        return (Topic.BANDAGE,)
    return heard.asked if Intent.FAQ in (intent, *also) else ()


def why_of(heard: Heard, intent: Intent, also: frozenset[Intent]) -> tuple[str, ...]:
    """Return the words that decided, the most urgent first."""
    words = heard.view.text.words
    reasons = [one.why for one in told_signs(heard.seen)]
    reasons += [f"temperature {written}" for _, written in heard.warm]
    reasons += [heard.said.why] if heard.said.why else []
    reasons += [" ".join(words[heard.told[one].start : heard.told[one].end]) for one in (intent, *sorted(also)) if one in heard.told]
    return tuple(dict.fromkeys(reasons))[:MOST_REASONS]
