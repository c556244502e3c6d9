"""Whether a "no" to a question about danger leaves nothing open: "no", "none of those", but not "not good" or "no but it's weird"."""

from itertools import pairwise

from flows.understanding.surroundings import Surroundings

REACH = 5  # words from a negator to what it weighs: "not feeling all that good"
ANSWERS_ALONE = ("nope", "nah", "naw", "n", "none")  # never negate what follows: "nope good"
PLAIN_YES = ("yes", "yeah", "yea", "yep", "yup", "si", "sii", "sip")
SHE_TELLS = ("breast", "armpit", "skin")


def is_plain_no(view: Surroundings) -> bool:
    """Whether nothing in a text is weighed badly, odd, doubted, or said of her body without being denied or fine."""
    plain = _plain_words(view)
    if any(at not in plain for at in view.places("in_doubt")) or _takes_back(view):
        return False
    if any(at not in plain and not view.figure[at] and not _negated(view, at) for at in view.places("out_of_order")):
        return False
    if any(at not in plain and not view.figure[at] and _negated(view, at) for at in view.places("weighed")):
        return False
    fine = any(not view.denied[at] for at in view.places("fine"))
    return fine or not any(view.stated(name) for name in SHE_TELLS)


def _plain_words(view: Surroundings) -> set[int]:
    """The words of phrases that are fine as a whole: "never better", "nothing out of the ordinary"."""
    number = view.words.lists["plain_no"]
    return {at for start in view.places("plain_no") for at in range(start, start + view.board.at[start][number])}


def _takes_back(view: Surroundings) -> bool:
    """ "No, wait, yes", or a yes and a no with nothing else."""
    words = view.text.words
    told = [at for at in range(len(words)) if words[at] in PLAIN_YES or view.has(at, "no_word")]
    if not view.names("fine") and any(view.has(one, "no_word") and words[other] in PLAIN_YES for one, other in pairwise(told)):
        return True
    both = len({words[at] in PLAIN_YES for at in told}) > 1
    return both and all(at in told or view.has(at, "polite") for at in range(len(words)))


def _negated(view: Surroundings, at: int) -> bool:
    """Whether a negator in the same clause weighs this word; the "no" of "no everything is fine" only answers."""
    words = view.text.words
    for before in range(at - 1, max(-1, at - 1 - REACH), -1):
        if not view.same_clause(before, at) or view.has(before, "contrast"):
            return False
        if view.has(before, "negates"):
            return words[before] not in ANSWERS_ALONE
        if view.has(before, "starts_anew") and not (before and words[before - 1] in ("not", "isnt", "arent", "dont", "doesnt", "didnt")):
            return False
    return False
