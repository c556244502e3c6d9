"""`read`: one text and what is known about it → its meaning."""

from collections import defaultdict
from dataclasses import replace

from flows.understanding.answers import answer, says_no_more
from flows.understanding.heard import ANSWERS, Heard, does, topics_of, urgency_of, why_of
from flows.understanding.intents import bare_keyword, is_tapback, language, topics, wishes
from flows.understanding.ours import ours
from flows.understanding.patterns import Found
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Urgency
from flows.understanding.second_opinion import SHORT, joined
from flows.understanding.second_reader import second_reader
from flows.understanding.signs import KINDS, Seen, seen_signs, told_signs
from flows.understanding.surroundings import AFTER, Surroundings
from flows.understanding.survey import survey
from flows.understanding.temperature import Warmth, temperatures
from flows.understanding.text import LONGEST, fold
from flows.understanding.words import parse, words

OLD_REACTION = frozenset((Kind.ALLERGY, Kind.BREATHING, Kind.SWELLING, Kind.OTHER_SYMPTOM, Kind.FAINTING))
_NOTHING_KNOWN = Context()


def read(text: str, context: Context = _NOTHING_KNOWN) -> Reading:
    """Return what a patient's text means. Pure; never raises, whatever the text."""
    first, view = _by_rules(text, context)
    return first if view is None or _is_certain(first, view) else joined(first, view, context, second_reader())


def read_by_rules(text: str, context: Context = _NOTHING_KNOWN, *, unsure_too: bool = True) -> Reading:
    """Return what the rules alone make of a text, to see what the second reader adds.

    A sign that the rules are unsure of is taken for meant, unless `unsure_too` is false.
    """
    first = _by_rules(text, context)[0]
    return replace(first, urgency=max(first.urgency, first.unsure)) if unsure_too else first


def prepare() -> None:
    """Load the word files, our texts and the second reader, which the first text would otherwise wait for.

    Raises BadWords and BadContent.
    """
    words()
    ours()
    second_reader()


def _by_rules(text: str, context: Context) -> tuple[Reading, Surroundings | None]:
    """The reading of the rules, and the text laid out where a second reader may have more to say of it."""
    if is_tapback(fold(text)):
        return Reading(why=("tapback",)), None
    view = look(text, context)
    if view is None:
        return _without_words(text, context), None
    if "around.auto_reply" in view.around:
        return Reading(why=("automatic reply",)), None
    first = _meaning(_hear(view, context))
    if len(text) > LONGEST or not view.text.whole:
        first = replace(first, urgency=max(first.urgency, Urgency.REVIEW), why=(*first.why, "too long to be read whole"))
    return first, view


def _without_words(text: str, context: Context) -> Reading:
    if context.media:
        return Reading(urgency=Urgency.REVIEW, why=("a picture without words",))
    return Reading(why=("our own text",) if any(map(str.isalpha, text)) else ())


def _is_certain(first: Reading, view: Surroundings) -> bool:
    """Whether there is nothing to add: an emergency, a keyword, a word or two, an answer and no more, a number or sign alone."""
    if first.urgency is Urgency.EMERGENCY and not first.does(Intent.FAQ):
        return True
    if first.bare_keyword is not None or not any(map(str.isalpha, view.text.words)):
        return True
    if first.intent in ANSWERS and first.urgency is Urgency.NONE and says_no_more(view):
        return True
    return len(view.text.words) <= SHORT and first.intent is not Intent.UNCLEAR


def look(text: str, context: Context) -> Surroundings | None:
    """Lay out a text with all that the word files say of it, or None when it has no words."""
    parsed, board = parse(fold(text))
    if not parsed.words:
        return None
    groups: dict[str, list[Found]] = defaultdict(list)
    for one in words().vocabulary.find(board):
        groups[one.group].append(one)
    return survey(parsed, board, words(), context.stage, groups)


def _hear(view: Surroundings, context: Context) -> Heard:
    """Bring together what was found in a text: its signs, wishes, answers, temperatures and questions."""
    signs = [one for group, ones in view.around.items() if group.startswith("signs.") for one in ones]
    sign_words = {
        at for one in signs if one.group != "signs.worry" for start, end in one.spans for at in range(start, end) if not view.figure[at]
    }
    seen = seen_signs(signs, view, words())
    told = wishes(view.around, view, sign_words)
    said = answer(view, context.awaiting)
    asked_about_dye = context.awaiting is Awaiting.DYE_ALLERGY and said.intent is Intent.ANSWER_YES
    if context.stage not in AFTER and (Intent.ALLERGY_DISCLOSURE in told or asked_about_dye):
        seen = [one for one in seen if not _old_reaction(one, view)]
    if context.awaiting is Awaiting.SQUEEZING and any(view.denied[at] for at in view.places("squeezed")):
        told.pop(Intent.PREP_PROBLEM, None)  # "I haven't touched it"
    warm = temperatures(view, context.awaiting)
    return Heard(view, context, seen, told, said, warm, topics(view.around, view), bare_keyword(view.text.joined))


def _old_reaction(one: Seen, view: Surroundings) -> bool:
    """Whether a sign tells how the dye was once borne, not how she is: "hives with a CT scan"."""
    near = range(max(0, one.start - 2), min(len(view.text.words), one.end + 1))
    return not OLD_REACTION.isdisjoint(one.sign.kinds) and not any(view.has(at, "told_now") for at in near)


def _meaning(heard: Heard) -> Reading:
    intent, also = does(heard)
    kinds = {kind for one in told_signs(heard.seen) for kind in one.sign.kinds}
    kinds |= {Kind.FEVER for warmth, _ in heard.warm if warmth is not Warmth.NORMAL}
    return Reading(
        urgency=urgency_of(heard, intent, also),
        unsure=max((one.unsure for one in heard.seen if one.unsure > one.urgency), default=Urgency.NONE),
        kinds=tuple(kind for kind in KINDS if kind in kinds),
        intent=intent,
        also=also,
        topics=topics_of(heard, intent, also),
        number=heard.said.number,
        language=language(heard.view) if Intent.LANGUAGE_SWITCH in (intent, *also) else None,
        corrects=heard.said.corrects,
        bare_keyword=heard.keyword,
        why=why_of(heard, intent, also),
    )
