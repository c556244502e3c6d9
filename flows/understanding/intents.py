"""What a text asks for beside any sign: the wish to stop, to move the visit, a question, thanks."""

import re

from flows.understanding.opt_out import ends_texts
from flows.understanding.patterns import Found
from flows.understanding.reading import Intent, Stage, Topic
from flows.understanding.surroundings import AFTER, Surroundings

CARRIER_STOP = frozenset(("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "opt out"))
CARRIER_START = frozenset(("start", "unstop"))
CARRIER_HELP = frozenset(("help", "info"))
_TAPBACK = re.compile(
    r"""^\W{0,4}(?:[\w.' -]{1,40}\s)?(?:liked|loved|disliked|emphasized|laughed\sat|questioned|reacted\s\S{1,12}\sto|removed\sa\s\w+\sfrom
    |(?:no\s)?[lm]e\sgust[ao]|[lm]e\sencant[ao]|enfatizo|se\srio\sde|reacciono\s(?:con\s)?\S{1,12}\sa|\S{1,12}\s{1,3}to|\S{1,12}\s{1,3}a)\s{1,3}["']""",
    re.VERBOSE,
)


# Of several wishes in one text, the first of these is its intent; the others go beside it.
ORDER = (
    Intent.OPT_OUT, Intent.WRONG_NUMBER, Intent.ALLERGY_DISCLOSURE, Intent.PREP_PROBLEM, Intent.CANCEL_PROCEDURE, Intent.RESCHEDULE,
    Intent.OPT_IN, Intent.LANGUAGE_SWITCH, Intent.HUMAN_PLEASE, Intent.FAQ, Intent.NOT_PATIENT, Intent.HELP, Intent.THANKS,
    Intent.GREETING,
)  # fmt: skip


# A question is about the first tier of which something is named; within it, the more special comes first.
TIERS = (
    (Topic.BREASTFEEDING, Topic.COST, Topic.RESULTS, Topic.DRIVING, Topic.DEODORANT_LOTION, Topic.MEDICATION, Topic.SQUEEZING,
     Topic.BANDAGE, Topic.CLOTHING, Topic.FOOD_DRINK, Topic.ACTIVITIES, Topic.CONTRAST_ALLERGY),
    (Topic.RISKS, Topic.PAIN, Topic.DURATION, Topic.LOCATION_TIME),
    (Topic.WHY, Topic.WHAT_HAPPENS),
)  # fmt: skip


def is_tapback(folded: str) -> bool:
    """Whether a phone wrote it: `Liked "your text"`."""
    return _TAPBACK.match(folded[:120]) is not None


def bare_keyword(joined: str) -> str | None:
    """The carrier keyword that the whole text is, or None."""
    return joined if joined in CARRIER_STOP or joined in CARRIER_START or joined in CARRIER_HELP else None


def wishes(found: dict[str, list[Found]], view: Surroundings, sign_words: set[int]) -> dict[Intent, Found]:
    """Every intent that the words ask for, with what told it."""
    told: dict[Intent, Found] = {}
    for group, ones in found.items():
        if not group.startswith("intents."):
            continue
        intent = Intent(group.removeprefix("intents."))
        for one in ones:
            if _holds(intent, one, view, sign_words):
                told[intent] = one
                break
    if Intent.OPT_IN in told:
        told.pop(Intent.OPT_OUT, None)  # "I said stop, put me back on"
    if Intent.NOT_PATIENT in told and Intent.WRONG_NUMBER in told and _is_near_her(view):
        del told[Intent.WRONG_NUMBER]  # "I'm not the patient, I'm her neighbor"
    return told


def _is_near_her(view: Surroundings) -> bool:
    """Whether the writer says who she is to the patient, and not that the number is wrong."""
    return any(view.names(name) for name in ("patient_word", "relation")) and not any(
        word.startswith(("wrong", "equivoc")) for word in view.text.words
    )


def _holds(intent: Intent, one: Found, view: Surroundings, sign_words: set[int]) -> bool:
    if intent is Intent.OPT_OUT:
        return ends_texts(one, view, sign_words)
    opener = view.opener_before(one.start)
    if intent is Intent.ALLERGY_DISCLOSURE and any(view.is_kin(at) for at in range(max(0, one.start - 3), one.end)):
        return False
    if intent in (Intent.PREP_PROBLEM, Intent.ALLERGY_DISCLOSURE):
        before_test = intent is Intent.ALLERGY_DISCLOSURE or view.stage in (Stage.PREP, Stage.DAY_OF)
        if intent is Intent.ALLERGY_DISCLOSURE and any(view.has(at, "tells") for at in range(one.start)):
            opener = None  # "should I mention that I reacted to it"
        own = {at for start, end in one.spans for at in range(start, end)}
        refused = any(negator not in own for at in own for negator in view.denied[at])
        return before_test and not refused and opener is None and not view.imagined[one.start]
    if intent is Intent.HUMAN_PLEASE and opener is not None and view.has(opener, "not_a_request"):
        return any(view.has(at, "talk_verb") and view.text.words[at] not in ("call", "see") for at in range(one.start, one.end))
    if intent is Intent.WRONG_NUMBER and (opener is not None or view.around.get("around.corrects") or view.names("own_slip")):
        return False
    if intent is Intent.NOT_PATIENT and one.start:
        return not view.has(one.start - 1, "negator")  # "no soy ella soy su hija"
    if intent is Intent.RESCHEDULE and view.stage in AFTER and view.names("pad"):
        return False  # "put a new one on"
    if intent is Intent.CANCEL_PROCEDURE and opener is not None and view.has(opener, "asks_what_was"):
        return False
    return intent is Intent.LANGUAGE_SWITCH or not view.denied[one.start]  # "no hablo ingles"


def topics(found: dict[str, list[Found]], view: Surroundings) -> tuple[Topic, ...]:
    """What the questions are about, sentence by sentence: a thing that is named ("deodorant") rather than how it is asked ("why")."""
    asked = view.asked
    told: dict[int, set[Topic]] = {}
    for group, ones in found.items():
        if group.startswith("topics."):
            for one in ones:
                told.setdefault(view.text.sentence[one.start], set()).add(Topic(group.removeprefix("topics.")))
    named: list[Topic] = []
    for sentence in sorted(asked):
        if Topic.OTHER in told.get(sentence, ()):
            named.append(Topic.OTHER)
            continue
        for tier in TIERS:
            if here := [topic for topic in tier if topic in told.get(sentence, ())]:
                named += here
                break
    return tuple(dict.fromkeys(named)) or ((Topic.OTHER,) if asked else ())


def language(view: Surroundings) -> str:
    """The language that she asks for: "english please", "no hablo ingles"."""
    places = [at for at, word in enumerate(view.text.words) if word in ("english", "ingles")]
    return "en" if any(not view.denied[at] for at in places) else "es"
