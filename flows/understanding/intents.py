"""What a text asks for beside any sign: the wish to stop, to move the visit, a question, thanks."""

import re

from flows.understanding.patterns import Found
from flows.understanding.reading import Intent, Stage, Topic
from flows.understanding.surroundings import Surroundings

CARRIER_STOP = frozenset(("stop", "stopall", "stop all", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "opt out"))
CARRIER_START = frozenset(("start", "unstop"))
CARRIER_HELP = frozenset(("help", "info"))
_TAPBACK = re.compile(
    r"""^\W{0,4}(?:[\w.' -]{1,40}\s)?(?:liked|loved|disliked|emphasized|laughed\sat|questioned|reacted\s\S{1,12}\sto|removed\sa\s\w+\sfrom
    |le\sgusto|le\sencanto|no\sle\sgusto|enfatizo|se\srio\sde|reacciono\s(?:con\s)?\S{1,12}\sa|\S{1,12}\sto|\S{1,12}\sa)\s{1,3}["']""",
    re.VERBOSE,
)

# Of several wishes in one text, the first of these is its intent; the others go beside it.
ORDER = (
    Intent.OPT_OUT, Intent.WRONG_NUMBER, Intent.ALLERGY_DISCLOSURE, Intent.PREP_PROBLEM, Intent.CANCEL_PROCEDURE, Intent.RESCHEDULE, Intent.OPT_IN,
    Intent.LANGUAGE_SWITCH, Intent.HUMAN_PLEASE, Intent.FAQ, Intent.NOT_PATIENT, Intent.HELP, Intent.THANKS, Intent.GREETING,
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
    return told


def _holds(intent: Intent, one: Found, view: Surroundings, sign_words: set[int]) -> bool:
    if intent is Intent.OPT_OUT:
        close = len(one.spans) > 1 and one.spans[0][1] == one.spans[1][0]
        kept_on = view.denied[one.start] or any(f.start <= one.start < f.end for f in view.around.get("around.not_denying", ()))
        if kept_on and (view.denied[one.start] or not close):
            return False
        return not any(at in sign_words for at in range(one.start, one.end))
    if intent is Intent.PREP_PROBLEM:
        return view.stage in (Stage.PREP, Stage.DAY_OF)
    return not view.denied[one.start]


def topics(found: dict[str, list[Found]]) -> tuple[Topic, ...]:
    """The topics that the words touch, in the order in which they come up, the more telling first."""
    ranked = []
    for group, ones in found.items():
        if group.startswith("topics."):
            longest = max(ones, key=lambda one: (len(one.spans), -one.start))
            ranked.append((-len(longest.spans), longest.start, Topic(group.removeprefix("topics."))))
    return tuple(topic for _, _, topic in sorted(ranked))
