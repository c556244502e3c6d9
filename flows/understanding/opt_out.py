"""Whether words of stopping end our texts, or mean something else: a pain, a visit, another person, a question about how."""

from flows.understanding.patterns import Found
from flows.understanding.surroundings import Surroundings

NEAR = 4  # words between a "don't" and the wish that it takes back
NOUNS = {"end": ("the", "this", "at"), "alto": ("el", "un", "lo", "muy", "mas")}  # "at the end of", "en el alto"
TAKES_BACK = frozenset(("dont", "never", "not"))
ENDING = frozenset(("take", "remove", "delete", "drop", "stop", "unsubscribe", "cancel", "end", "quit", "opt", "turn"))
I_TOLD = frozenset(("dije", "pedi"))  # beside the list of what somebody says
STOPPING = frozenset(("stop", "quit", "unsubscribe", "parar", "dejar"))
ASKS_ONLY = frozenset(("does", "did", "when", "should", "is", "are", "cuando"))  # "does STOP end the texts?"


def ends_texts(one: Found, view: Surroundings, sign_words: set[int]) -> bool:
    """Whether the wish that was found is to get no more texts. `sign_words` are the words of warning signs."""
    says_texts = any(view.has(at, name) for at in range(one.start, one.end) for name in ("sending", "messages"))
    return not (
        _is_denied(one, view)
        or _is_a_noun(one, view)
        or _tells_how(one, view)
        or _only_asks(one, view)
        or _is_told_of_somebody(one, view)
        or _is_of_a_sign(one, view, sign_words, says_texts)
        or (not says_texts and (_is_of_the_visit(one, view) or _already_did(one, view)))
        or _goes_on(one, view)
    )


def _is_denied(one: Found, view: Surroundings) -> bool:
    """ "Don't stop texting", "please dont take me off the list"; not "I have no appointment so quit texting"."""
    words, start = view.text.words, one.start
    if any(start - negator <= NEAR and not _goes_on_anew(view, negator, start) for negator in view.denied[start]):
        return True
    if start and (words[start - 1] in ("dont", "never", "should", "not") or words[start - 2 : start] == ("should", "i")):
        return True
    if any(words[at] in TAKES_BACK and words[at + 1] in ENDING for at in range(max(0, start - NEAR), start)):
        return True
    wished = [at for at in range(start, one.end - 1) if words[at] in ("to", "quiero", "deseo")]
    twice = any(words[at + 1] in STOPPING for at in wished)  # "i do not want to stop getting texts"
    return twice and any(view.has(at, "negator") for at in range(start, one.end))


def _goes_on_anew(view: Surroundings, negator: int, start: int) -> bool:
    return any(view.has(at, "or_word") or view.text.words[at] in ("so", "asi") for at in range(negator, start))


def _is_a_noun(one: Found, view: Surroundings) -> bool:
    words = view.text.words
    if words[one.end : one.end + 2] in (("to", "end"), ("to", "stop")):
        return True  # "I don't want the messages to end"
    return one.start > 0 and words[one.start - 1] in NOUNS.get(words[one.start], ())


def _tells_how(one: Found, view: Surroundings) -> bool:
    """An advert's or our own "reply STOP to ...", "text END to stop alerts"."""
    words, start = view.text.words, one.start
    if any(view.has(at, "tells_how") for at in range(max(0, start - 2), start)):
        return True
    before = range(max(0, start - 4), start)
    return start > 0 and words[start - 1] == "to" and any(view.has(at, "tells_how") or words[at] == "text" for at in before)


def _only_asks(one: Found, view: Surroundings) -> bool:
    """ "Does STOP end the texts?", "if I stop the texts will you still call": asked or supposed, not wished."""
    opener = view.opener_before(one.start)
    return view.conditional[one.start] or (opener is not None and view.text.words[opener] in ASKS_ONLY)


def _is_told_of_somebody(one: Found, view: Surroundings) -> bool:
    """ "I told my boyfriend to stop texting me", "my husband unsubscribed me"."""
    sentence = view.text.sentence
    kin = [at for at in range(one.end) if sentence[at] == sentence[one.start] and view.is_kin(at)]
    if not kin:
        return False
    told = any(view.has(at, "says") or view.text.words[at] in I_TOLD for at in range(kin[-1]) if sentence[at] == sentence[one.start])
    return told or (kin[-1] == one.start - 1 and view.text.words[one.start].endswith("ed"))


def _is_of_a_sign(one: Found, view: Surroundings, sign_words: set[int], says_texts: bool) -> bool:
    """ "The bleeding won't stop": the words of stopping belong to a warning sign."""
    shared = [at for at in range(one.start, one.end) if at in sign_words]
    if any(not view.has(at, "this_one") and not view.has(at, "self") for at in shared):
        return True
    sentence = view.text.sentence[one.start]
    return not says_texts and any(view.text.sentence[at] == sentence and view.has(at, "stop_verb") for at in sign_words)


def _is_of_the_visit(one: Found, view: Surroundings) -> bool:
    """ "Take me off the list for the x-ray", "quítenme de la lista del martes"."""
    words, sentence = view.text.words, view.text.sentence
    told = [at for at in range(one.start, len(words)) if sentence[at] == sentence[one.start]]
    if any(view.has(at, "messages") or view.has(at, "sending") for at in told):
        return False
    if any(view.has(at, name) for at in told for name in ("visit", "the_test", "other_list")):
        return True
    return any(view.has(at, "day_word") and words[at - 1] in ("for", "del") for at in told)


def _already_did(one: Found, view: Surroundings) -> bool:
    """ "Ya paré de fumar", which looks like "ya pare de ..." without its accent."""
    words = view.text.words
    if words[one.start : one.start + 2] != ("ya", "pare") or words[one.end : one.end + 1] in ((), ("por",), ("please",)):
        return False
    return not any(view.has(at, "messages") or view.has(at, "sending") for at in range(one.end, min(one.end + NEAR, len(words))))


def _goes_on(one: Found, view: Surroundings) -> bool:
    """ "It won't stop", and what a longer pattern means: "leave me alone with the doctor"."""
    words, start = view.text.words, one.start
    said_to_us = any(word in ("you", "u", "ustedes", "why") for word in words[max(0, start - 4) : start])
    if not said_to_us and any(view.has(at, "goes_on") for at in range(max(0, start - 2), start)):
        return True
    longer = any(
        found.start < start < found.end or (found.start == start and found.end > one.end)
        for found in view.around.get("around.not_denying", ())
    )
    return longer and not any(view.has(at, "sending") for at in range(start, one.end))
