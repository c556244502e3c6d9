"""`read`: one text and what is known about it → its meaning."""

from collections import defaultdict

from flows.understanding.answers import answer
from flows.understanding.heard import Heard, does, topics_of, urgency_of, why_of
from flows.understanding.intents import bare_keyword, is_tapback, language, topics, wishes
from flows.understanding.patterns import Found
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Urgency
from flows.understanding.signs import KINDS, Seen, kinds_of, seen_signs
from flows.understanding.surroundings import AFTER, Surroundings
from flows.understanding.survey import survey
from flows.understanding.temperature import Warmth, temperatures
from flows.understanding.text import fold
from flows.understanding.words import parse, words

OLD_REACTION = frozenset((Kind.ALLERGY, Kind.BREATHING, Kind.SWELLING, Kind.OTHER_SYMPTOM, Kind.FAINTING))
_NOTHING_KNOWN = Context()


def read(text: str, context: Context = _NOTHING_KNOWN) -> Reading:
    """Return what a patient's text means. Pure; never raises, whatever the text."""
    folded = fold(text)
    if is_tapback(folded):
        return Reading(why=("tapback",))
    parsed, board = parse(folded)
    if not parsed.words:
        return Reading(urgency=Urgency.REVIEW, why=("a picture without words",)) if context.media else Reading()
    groups: dict[str, list[Found]] = defaultdict(list)
    for one in words().vocabulary.find(board):
        groups[one.group].append(one)
    if "around.auto_reply" in groups:
        return Reading(why=("automatic reply",))
    return _meaning(_hear(survey(parsed, board, words(), context.stage, groups), context))


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
    kinds = kinds_of(heard.seen) | {Kind.FEVER for warmth, _ in heard.warm if warmth is not Warmth.NORMAL}
    return Reading(
        urgency=urgency_of(heard, intent, also),
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
