"""Two readers, one reading: what the second reader may add to what the rules read.

It raises how urgent a text is and never lowers it. What the rules heard a patient ask for stays, beside or behind what the second
reader heard; where the rules heard nothing, or something that the second reader finds less likely, its word comes first. It never
ends the texts without being sure, never reads "no problem" out of a text that might tell one, and never gives a digit.
"""

from dataclasses import replace

from flows.understanding.answers import DANGER, MEASURED
from flows.understanding.heard import ANSWERS
from flows.understanding.intents import language
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Topic, Urgency
from flows.understanding.second_reader import Head, Opinion, SecondReader
from flows.understanding.surroundings import Surroundings

# Scores from which on the second reader is followed, set on texts that it had not learned from (docs/understanding.md).
RAISES = {Urgency.REVIEW: 0.4, Urgency.URGENT: 0.1}
RAISES_ALONE = 0.5  # to urgent, where the rules saw nothing at all
LIKELY = -0.4  # an emergency, where the rules saw nothing at all
CONFIRMS = {Urgency.URGENT: -0.5, Urgency.EMERGENCY: -1.0}  # a sign that the rules left in doubt
RAISES_TO_EMERGENCY = -0.7  # of a text that is urgent at least: over-alerting costs a call, missing costs a life
BESIDE = 0.25  # a kind of sign, a topic: told beside the likeliest one
AS_LIKELY = 0.2  # within this, a question is answered rather than nothing, and about what the rules heard
SURER = 0.3  # of what it heard than of what the rules heard
ENDS_TEXTS = {Intent.OPT_OUT: 0.15, Intent.WRONG_NUMBER: 0.25}
AGAINST_OPT_OUT = -0.3
AGAINST_TOPIC = -0.5
HARMLESS = 0.0  # below this a text tells of nothing that a person must see
MOST_TOPICS = 3

ASKED_AGAIN = frozenset((Awaiting.CHECK_IN, Awaiting.RED_FLAGS, Awaiting.SQUEEZING))
SHORT = 2  # words


def joined(first: Reading, view: Surroundings, context: Context, reader: SecondReader) -> Reading:
    """Return what both readers make of a text."""
    opinion = reader.think(view, context)
    urgency = max(first.urgency, _raised(first, opinion))
    why = list(first.why)
    if urgency > first.urgency:
        why.append(_because(urgency.word, reader, view, Head("urgency", urgency.word)))
    intent = _intent(first, opinion, urgency, view, context)
    also = first.also
    if intent is not first.intent:
        why.append(_because(intent, reader, view, Head("intent", intent)))
        also = _beside(first, intent)
    if opinion.of("intent", Intent.OPT_OUT) <= AGAINST_OPT_OUT and first.bare_keyword is None:
        also -= {Intent.OPT_OUT}
    return replace(
        first,
        urgency=urgency,
        kinds=_kinds(first, opinion) if urgency > max(first.urgency, Urgency.REVIEW) else first.kinds,
        intent=intent,
        also=also,
        topics=_topics(first, opinion) if Intent.FAQ in (intent, *also) else first.topics,
        language=language(view) if Intent.LANGUAGE_SWITCH in (intent, *also) else None,
        why=tuple(why),
    )


def _because(what: str, reader: SecondReader, view: Surroundings, head: Head) -> str:
    return f"{what} (second reader): {', '.join(reader.causes(view, head)) or 'the whole text'}"


def _raised(first: Reading, opinion: Opinion) -> Urgency:
    level = max((level for level, least in RAISES.items() if opinion.of("urgency", level.word) > least), default=Urgency.NONE)
    if level is Urgency.URGENT and not _is_supported(first, opinion):
        level = Urgency.REVIEW
    confirmed = (left for left, least in CONFIRMS.items() if left <= first.unsure and opinion.of("urgency", left.word) > least)
    level = max(level, max(confirmed, default=Urgency.NONE))
    if max(level, first.urgency) >= Urgency.URGENT and opinion.of("urgency", Urgency.EMERGENCY.word) > RAISES_TO_EMERGENCY:
        return Urgency.EMERGENCY
    return level


def _is_supported(first: Reading, opinion: Opinion) -> bool:
    """Whether something speaks for a sign beside the second reader's say: the rules, a likely emergency, or how sure it is."""
    if first.kinds or first.urgency > Urgency.NONE or first.unsure > Urgency.NONE:
        return True
    return opinion.of("urgency", Urgency.EMERGENCY.word) > LIKELY or opinion.of("urgency", Urgency.URGENT.word) > RAISES_ALONE


def _kinds(first: Reading, opinion: Opinion) -> tuple[Kind, ...]:
    """The kinds that the rules found and those that the second reader finds, the likeliest in any case."""
    ranked = opinion.ranked("kind")
    told = {*first.kinds, *(kind for kind, score in ranked if score > BESIDE)} or {ranked[0][0]}
    return tuple(kind for kind in Kind if kind in told)


def _intent(first: Reading, opinion: Opinion, urgency: Urgency, view: Surroundings, context: Context) -> Intent:
    if first.bare_keyword is not None or (first.number is not None and first.intent in ANSWERS and urgency is first.urgency):
        return first.intent
    if urgency >= Urgency.URGENT:
        return first.intent if urgency is first.urgency else Intent.SYMPTOM_REPORT
    if first.intent is Intent.OPT_OUT and opinion.of("intent", Intent.OPT_OUT) > AGAINST_OPT_OUT:
        return Intent.OPT_OUT
    for name, score in opinion.ranked("intent"):
        intent = Intent(name)
        if intent is Intent.UNCLEAR and first.number is None and opinion.of("intent", Intent.FAQ) > score - AS_LIKELY:
            intent = Intent.FAQ
        if intent is first.intent:
            return intent
        if first.intent not in (Intent.UNCLEAR, Intent.OPT_OUT) and score - opinion.of("intent", first.intent) < SURER:
            return first.intent
        if _may_say(intent, score, first, opinion, urgency, view, context):
            return intent
    return first.intent


def _may_say(
    intent: Intent, score: float, first: Reading, opinion: Opinion, urgency: Urgency, view: Surroundings, context: Context
) -> bool:
    match intent:
        case Intent.OPT_OUT | Intent.WRONG_NUMBER:
            return score > ENDS_TEXTS[intent] and f"intents.{intent}" not in view.around  # else the rules took them for something else
        case Intent.SYMPTOM_REPORT:
            return urgency is not Urgency.NONE
        case Intent.ANSWER_NUMBER:
            return first.number is not None or context.awaiting in MEASURED
        case Intent.ANSWER_YES | Intent.ANSWER_NO if context.awaiting in ASKED_AGAIN and len(view.text.words) <= SHORT:
            return False  # the rules know a word or two that answer; what they leave open is asked again
        case Intent.ANSWER_YES if context.awaiting in DANGER:
            return urgency is not Urgency.NONE
        case Intent.ANSWER_NO if context.awaiting in DANGER:
            says_yes = view.names("yes") and not view.names("fine")
            return urgency is Urgency.NONE and opinion.of("urgency", Urgency.REVIEW.word) < HARMLESS and not says_yes
        case _:
            return score > 0 or len(view.text.words) > SHORT


def _beside(first: Reading, intent: Intent) -> frozenset[Intent]:
    """What the text does beside its intent: all that the rules heard, but for another answer; a report may answer too."""
    dropped = {intent, Intent.UNCLEAR, *(() if intent is Intent.SYMPTOM_REPORT else ANSWERS)}
    return frozenset({first.intent, *first.also} - dropped)


def _topics(first: Reading, opinion: Opinion) -> tuple[Topic, ...]:
    """The likeliest topic first, the rules' where there is little between them; then the others that they heard or that are likely."""
    ranked = opinion.ranked("topic")
    heard = [topic for topic in first.topics if topic is not Topic.OTHER and opinion.of("topic", topic) > AGAINST_TOPIC]
    near = [topic for topic in heard if opinion.of("topic", topic) > ranked[0][1] - AS_LIKELY]
    told = [*near[:1], Topic(ranked[0][0]), *heard, *(Topic(name) for name, score in ranked if score > BESIDE)]
    return tuple(dict.fromkeys(told))[:MOST_TOPICS]
