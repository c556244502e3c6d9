"""The warning signs of a text: what was found, what the text does with it, how urgent it is."""

from dataclasses import dataclass

from flows.understanding.patterns import Found
from flows.understanding.reading import Kind, Stage, Urgency
from flows.understanding.surroundings import AFTER, Claim, Surroundings
from flows.understanding.word_files import Sign
from flows.understanding.words import Words

# Lists that name where or whose, not what: a denial must reach the rest of a sign.
PLACES = (
    "breast", "nipple", "chest", "heart", "throat", "neck", "airway", "mouth", "face", "eyes", "limb", "armpit", "head", "belly",
    "skin", "side", "site", "pad", "clothes", "body", "body_whole", "it", "i_am", "patient_she", "minutes", "dye", "vision", "one_side",
    "all_over",
)  # fmt: skip


KINDS = tuple(Kind)
SHORT_TEXT, LONG_TEXT = 5, 12  # words: a sign in a short text is what the text is about, one in a long text may stand aside
STRENGTHENING = ("strong", "worse", "still", "not_help", "not_stop")


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign in a text with what the text does with it."""

    sign: Sign
    claim: Claim
    urgency: Urgency
    unsure: Urgency  # what it would be if it is meant, where the text leaves that in doubt
    start: int
    end: int
    why: str


def seen_signs(found: list[Found], view: Surroundings, words: Words) -> list[Seen]:
    """Judge every sign that was found."""
    places = words.numbers_of(PLACES)
    seen = []
    for one in {(one.group, one.start, one.end): one for one in found}.values():
        sign = words.signs[one.group.removeprefix("signs.")]
        heads = tuple(span for span, ids in zip(one.spans, one.ids, strict=True) if not ids <= places) or one.spans
        claim = view.claim(one.spans, heads, sign)
        why = " ".join(view.text.words[one.start : one.end])
        urgency = unsure = _urgency(sign, claim, view, one)
        in_doubt = view.doubtful or not _is_plain(sign, one, view)
        if in_doubt and urgency >= Urgency.URGENT and Kind.SELF_HARM not in sign.kinds:
            urgency = Urgency.REVIEW if view.stage in AFTER else Urgency.NONE
        seen.append(Seen(sign, claim, urgency, unsure, one.start, one.end, why))
    return seen


def _is_plain(sign: Sign, found: Found, view: Surroundings) -> bool:
    """Whether a sign is said so plainly that it needs no second opinion.

    In few words; as "I have chills" in a clause of its own, an emergency so in a text of any length; or as several
    right-spelt words side by side.
    """
    size = len(view.text.words)
    if size <= SHORT_TEXT:
        return True
    if size > LONG_TEXT and sign.urgency < Urgency.EMERGENCY:
        return False
    clause = view.clause(found.start)
    if len(clause) <= SHORT_TEXT and any(view.has(at, "self") for at in clause if at < found.start):
        return True
    if size > LONG_TEXT:
        return False
    apart = view.board.between(found.start, found.end) - sum(view.board.between(start, end) for start, end in found.spans)
    side_by_side = found.end - found.start > 1 and apart < 2
    return side_by_side and not any(map(view.words.guesses, view.text.words[found.start : found.end]))


def _urgency(sign: Sign, claim: Claim, view: Surroundings, found: Found) -> Urgency:
    level = sign.urgency
    if sign.name == "colored_discharge" and any(
        view.has(at, "dye") for at in range(max(0, found.start - 3), min(len(view.text.words), found.end + 3))
    ):
        return Urgency.NONE  # dye has a color
    if view.stage is Stage.PREP or (view.stage is Stage.DAY_OF and not view.names("pad")):  # a bandage tells that it was done
        level = min(level, sign.before_test)
    if sign.mild < level and _slight(view, found):
        level = sign.mild
    match claim:
        case Claim.STATED:
            return level
        case Claim.OVER:
            return level if level is Urgency.EMERGENCY else min(level, Urgency.REVIEW)
        case Claim.PERHAPS_HERS:
            return min(level, Urgency.REVIEW)
        case Claim.IMAGINED if level is Urgency.EMERGENCY and _feared(view, found):
            return Urgency.REVIEW
        case Claim.BEFORE:
            return Urgency(max(0, level - 1))
        case _:
            return Urgency.NONE


def _feared(view: Surroundings, found: Found) -> bool:
    """ "What if I can't breathe": may be happening; "what if I get ..." and "... during the test" are not."""
    sentence = [at for at, number in enumerate(view.text.sentence) if number == view.text.sentence[found.start]]
    return view.conditional[found.start] and not any(view.has(at, "may_come") for at in sentence)


def _slight(view: Surroundings, found: Found) -> bool:
    """Whether she says in the same clause that it is slight, and nothing there makes it strong or lasting."""
    clause = view.clause(found.start)
    if any(view.has(at, name) and not view.has(at, "slight") and not view.denied[at] for at in clause for name in STRENGTHENING):
        return any(view.has(at, "slight") and view.text.words[at] in ("not",) for at in clause)
    return any(view.has(at, "slight") for at in clause)


def told_signs(seen: list[Seen]) -> list[Seen]:
    """The signs that count, the most urgent first; beside a sure one that is urgent those too that would be in doubt alone."""
    sure = any(one.urgency >= Urgency.URGENT for one in seen)
    told = [one for one in seen if (one.unsure if sure else one.urgency) > Urgency.NONE]
    return sorted(told, key=lambda one: -one.urgency)
