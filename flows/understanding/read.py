"""`read`: one text and what is known about it → its meaning."""

from collections import defaultdict

from flows.understanding.answers import Answer, answer
from flows.understanding.intents import CARRIER_HELP, CARRIER_START, CARRIER_STOP, ORDER, bare_keyword, is_tapback, topics, wishes
from flows.understanding.patterns import Found
from flows.understanding.reading import Awaiting, Context, Intent, Kind, Reading, Stage, Topic, Urgency
from flows.understanding.signs import Seen, kinds_of, seen_signs
from flows.understanding.surroundings import Claim, Surroundings, survey
from flows.understanding.temperature import URGENCY, Warmth, temperatures
from flows.understanding.text import fold
from flows.understanding.words import parse, words

AFTER = (Stage.AFTERCARE, Stage.DONE)
ANSWERS = (Intent.ANSWER_YES, Intent.ANSWER_NO, Intent.ANSWER_NUMBER, Intent.ANSWER_DONE)
STRONG = (Intent.OPT_OUT, Intent.WRONG_NUMBER, Intent.ALLERGY_DISCLOSURE, Intent.PREP_PROBLEM, Intent.CANCEL_PROCEDURE, Intent.RESCHEDULE)
_SPANISH = ("ingles", "english")


def read(text: str, context: Context = Context()) -> Reading:
    """Return what a patient's text means. Pure; never raises, whatever the text."""
    folded = fold(text)
    if is_tapback(folded):
        return Reading(why=("tapback",))
    parsed, board = parse(folded)
    if not parsed.words:
        shown = context.media > 0 and context.stage in AFTER
        return Reading(urgency=Urgency.REVIEW, why=("a picture without words",)) if shown else Reading()
    lexicon = words()
    groups: dict[str, list[Found]] = defaultdict(list)
    for one in lexicon.vocabulary.find(board):
        groups[one.group].append(one)
    if "around.auto_reply" in groups:
        return Reading(why=("automatic reply",))
    view = survey(parsed, board, lexicon, context.stage, groups)
    seen = seen_signs([one for group, ones in groups.items() if group.startswith("signs.") for one in ones], view, lexicon)
    return _assemble(view, groups, seen, context)


def _assemble(view: Surroundings, groups: dict[str, list[Found]], seen: list[Seen], context: Context) -> Reading:
    keyword = bare_keyword(view.text.joined)
    sign_words = {at for group, ones in groups.items() if group.startswith("signs.") and group != "signs.worry" for one in ones for start, end in one.spans for at in range(start, end)}
    told = wishes(groups, view, sign_words)
    said = answer(view, context.awaiting)
    warm = temperatures(view, context.awaiting)
    if Intent.ALLERGY_DISCLOSURE in told and context.stage not in AFTER:
        seen = [one for one in seen if one.sign.urgency < Urgency.URGENT or not set(one.sign.kinds) & {Kind.ALLERGY, Kind.BREATHING, Kind.SWELLING, Kind.OTHER_SYMPTOM, Kind.FAINTING}]
    counted = [one for one in seen if one.urgency > Urgency.NONE]
    kinds = set(kinds_of(seen))
    kinds |= {Kind.FEVER for warmth, _ in warm if warmth is not Warmth.NORMAL}
    urgency = max([one.urgency for one in counted] + [URGENCY[warmth] for warmth, _ in warm] + [said.urgency], default=Urgency.NONE)
    reports = bool(counted or any(w is not Warmth.NORMAL for w, _ in warm))
    asked = topics(groups) if _asks(view) else ()
    intent, also = _intent(view, told, said, asked, reports, seen, warm, keyword, context)
    if Intent.ALLERGY_DISCLOSURE in (intent, *also) or (Intent.PREP_PROBLEM in (intent, *also) and context.stage not in AFTER):
        urgency = max(urgency, Urgency.REVIEW)
    if intent is Intent.UNCLEAR and context.stage in AFTER and urgency is Urgency.NONE and _body_or_worry(view, seen):
        urgency = Urgency.REVIEW
    if intent is Intent.HELP and context.stage in AFTER and keyword is None:
        urgency = max(urgency, Urgency.REVIEW)
    why = [one.why for one in sorted(counted, key=lambda one: -one.urgency)] + [f"temperature {word}" for _, word in warm]
    if said.why:
        why.append(said.why)
    why += [" ".join(view.text.words[told[one].start : told[one].end]) for one in (intent, *also) if one in told]
    language = _language(view) if Intent.LANGUAGE_SWITCH in (intent, *also) else None
    leak = Topic.BANDAGE if intent is Intent.SYMPTOM_REPORT and urgency is Urgency.NONE and any(one.sign.name == "leak" for one in seen) else None
    return Reading(
        urgency, tuple(kind for kind in Kind if kind in kinds), intent, frozenset(also), (leak,) if leak else asked if Intent.FAQ in (intent, *also) else (),
        said.number, language, said.corrects, keyword, tuple(dict.fromkeys(why))[:8],
    )  # fmt: skip


def _intent(view: Surroundings, told: dict[Intent, Found], said: Answer, asked: tuple[Topic, ...], reports: bool, seen: list[Seen],
            warm: list[tuple[Warmth, str]], keyword: str | None, context: Context) -> tuple[Intent, set[Intent]]:  # fmt: skip
    if keyword is not None:
        return (Intent.OPT_OUT if keyword in CARRIER_STOP else Intent.OPT_IN if keyword in CARRIER_START else Intent.HELP), set()
    does = {one for one in told if one is not Intent.FAQ}
    if asked:
        does.add(Intent.FAQ)
    if said.intent is not None and said.intent is not Intent.UNCLEAR:
        does.add(said.intent)
    if said.intent is Intent.UNCLEAR:
        does.add(Intent.ANSWER_NUMBER)
    leaks = context.stage in AFTER and any(one.sign.name == "leak" and one.claim is Claim.STATED for one in seen) and not asked
    if reports or (warm and said.intent not in ANSWERS) or leaks:
        first: Intent | None = Intent.SYMPTOM_REPORT
    else:
        first = next((one for one in ORDER if one in does and one in STRONG), None)
        if first is None and said.intent is not None:
            first = said.intent
        if first is None:
            first = next((one for one in ORDER if one in does), Intent.UNCLEAR)
    return first, does - {first}


def _asks(view: Surroundings) -> bool:
    return bool(view.text.asked) or bool(view.around.get("around.asks"))


def _body_or_worry(view: Surroundings, seen: list[Seen]) -> bool:
    if any(one.claim in (Claim.STATED, Claim.OVER, Claim.PERHAPS_HERS) for one in seen):
        return True
    return any(view.has(at, name) and not view.figure[at] and not view.imagined[at] for at in range(len(view.text.words)) for name in ("body", "worry", "pad"))


def _language(view: Surroundings) -> str:
    wants_english = any(word in ("english", "ingles") for word in view.text.words)
    denied = any(view.denied[at] for at, word in enumerate(view.text.words) if word in ("english", "ingles"))
    return "en" if wants_english and not denied else "es"
