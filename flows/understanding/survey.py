"""Looking at what surrounds the words of a text, once, before its signs are judged: marks denied, imagined and figurative words."""

from flows.understanding.patterns import Board, Found
from flows.understanding.reading import Stage
from flows.understanding.surroundings import AFTER, OTHERS, Surroundings
from flows.understanding.text import Text
from flows.understanding.words import Words

FIRST_YEAR, LAST_YEAR = 1930, 2040  # numbers that are read as a year
# Words beside which a sign that is told may well mean nothing; of the slighter ones it takes two.
DOUBTFUL = ("laughs", "provoking", "media", "in_general", "long_ago", "last_week")
HALF_DOUBTFUL = ("asks_in_general", "allergen")
SUPPOSING = ("creo", "pienso", "parece", "siento", "creen", "piensa")  # "creo que es un infarto" asks nothing
REACH = 30  # words that one negator can reach
# What a list of denied things is made of.
LISTED = (
    "fever", "chills", "swelling", "pain", "redness", "rash", "itch", "bleeding", "blood", "discharge", "pus", "lump", "heat",
    "headache", "nausea", "vomit", "dizzy", "cough", "infected", "sore", "hives", "thickening", "problem", "symptom", "leak",
    "allergic_now", "body", "or_word", "negator", "slight", "diarrhea", "change", "numb", "bruised", "smell", "bumps", "discomfort",
)  # fmt: skip


def survey(text: Text, board: Board, words: Words, stage: Stage, around: dict[str, list[Found]]) -> Surroundings:
    """Mark what surrounds the words of a text."""
    size = len(text.words)
    empty = [False] * size
    about_test = words.lists["the_test"] in board.places
    view = Surroundings(text, board, words, stage, around, [()] * size, empty[:], empty[:], empty[:], about_test)
    _mark_figures(view)
    _mark_denied(view)
    _mark_imagined(view)
    view.others = any(view.names(name) for name in OTHERS)
    told = (found.start for found in around.get("around.long_ago", ()))
    view.past = (*told, *(at for at in range(size) if _is_year(view, at)))
    view.doubtful = _is_doubtful(view)
    return view


def _is_doubtful(view: Surroundings) -> bool:
    """Whether a sign told in this text may well mean nothing: a joke, a story, a fear, the past, another woman."""
    if view.past or any(view.names(name) for name in DOUBTFUL):
        return True
    of_another = view.names("kin_woman") and not view.about_test
    return of_another + any(view.imagined) + any(view.figure) + sum(view.names(name) for name in HALF_DOUBTFUL) > 1


def _is_year(view: Surroundings, at: int) -> bool:
    """ "In 2009", "desde 2015"; not "2000 mg", "1950 Main Street"."""
    word = view.text.words[at]
    return len(word) == 4 and word.isdecimal() and FIRST_YEAR <= int(word) <= LAST_YEAR and _dates(view, at)


def _dates(view: Surroundings, at: int) -> bool:
    counts = at + 1 < len(view.text.words) and view.has(at + 1, "counted_unit")
    return at > 0 and view.has(at - 1, "before_a_year") and not counts


def _mark_figures(view: Surroundings) -> None:
    """Figures of speech; and our own texts quoted back, with the question before them."""
    for name in ("around.figure", "around.ours"):
        for found in view.around.get(name, ()):
            for start, end in found.spans:
                view.figure[start:end] = [True] * (end - start)
    ours = {view.text.sentence[found.start] for found in view.around.get("around.ours", ())}
    for at, sentence in enumerate(view.text.sentence if ours else ()):
        if sentence in ours or (sentence in view.text.asked and sentence + 1 in ours):
            view.figure[at] = True
    for found in view.around.get("around.quoting", ()):
        _mark(view, found, view.figure)
    for at in _quoted(view):
        view.figure[at] = True
    habitual = {view.text.sentence[found.start] for found in view.around.get("around.habitual", ())} if not view.names("just_now") else ()
    for at, sentence in enumerate(view.text.sentence if habitual else ()):
        if sentence in habitual:
            view.figure[at] = True


def _quoted(view: Surroundings) -> frozenset[int]:
    """Words between quotation marks, unless they are all of the text or what she herself says: "she keeps saying "I can't breathe""."""
    quoted = view.text.quoted
    if not quoted or len(quoted) == len(view.text.words):
        return frozenset()
    before = range(max(0, min(quoted) - 3), min(quoted))
    told = any(view.has(at, "says") or view.text.words[at] in ("saying", "diciendo") for at in before)
    return quoted if not (told and any(view.has(at, "kin_woman") or view.has(at, "third_person") for at in before)) else frozenset()


def _mark_imagined(view: Surroundings) -> None:
    """What is asked about, feared or supposed."""
    asked = view.asked = _asked_sentences(view)
    for found in view.around.get("around.hypothetical", ()):
        if not found.start or view.text.words[found.start - 1] not in SUPPOSING:
            _mark(view, found, view.imagined)
    habits = {at for found in view.around.get("around.habit", ()) for at in range(found.start, found.end)}
    for found in view.around.get("around.conditional", ()):
        if found.start not in habits and (view.text.sentence[found.start] in asked or not _plain_yes(view, found)):
            _mark(view, found, view.conditional)
            _mark(view, found, view.imagined)
    for sentence in asked:
        here = [at for at, other in enumerate(view.text.sentence) if other == sentence]
        if not here:
            continue  # a question mark alone
        in_general = view.stage not in AFTER or any(view.has(at, "in_general") for at in here) or _asks_in_general(view, here)
        if in_general and not any(view.has(at, "self") for at in here):
            for at in here:
                view.imagined[at] = True


def _asks_in_general(view: Surroundings, sentence: list[int]) -> bool:
    """ "Can a bath cause an infection", "which is worse, red or hot": begins as a question and points at nothing of hers."""
    asks = view.text.sentence[sentence[0]] in view.text.asked and view.has(sentence[0], "opener")
    asks = asks or view.has(sentence[0], "asking")
    return asks and not any(view.has(at, "it") or view.has(at, "this_one") for at in sentence)


def _plain_yes(view: Surroundings, found: Found) -> bool:
    """ "Si tengo fiebre", said without an accent, is a yes where nothing is asked."""
    first = found.start == 0 or view.text.sentence[found.start - 1] != view.text.sentence[found.start]
    return first and view.text.words[found.start] == "si"


def _asked_sentences(view: Surroundings) -> set[int]:
    """The sentences that ask: they end in a question mark or begin as questions do."""
    sentences, asked = view.text.sentence, set(view.text.asked)
    for at, sentence in enumerate(sentences if view.names("opener") else ()):
        if sentence in asked or (at and view.text.words[at - 1] == "no") or view.text.words[at + 1 : at + 2] == ("not",):
            continue  # "no puedo ...", "can not breathe" tell
        first = at == 0 or sentences[at - 1] != sentence or view.text.clause[at - 1] != view.text.clause[at]
        if (first and view.has(at, "opener")) or (
            at and view.has(at, "opener") and all(view.has(b, "before_a_question") for b in range(at) if sentences[b] == sentence)
        ):
            asked.add(sentence)
    told = ("no", *SUPPOSING)
    questions = [found for found in view.around.get("around.asks", ()) if not found.start or view.text.words[found.start - 1] not in told]
    return asked | {sentences[found.start] for found in questions}


def _mark_denied(view: Surroundings) -> None:
    number = view.words.lists["negator"]
    harmless = {at for found in view.around.get("around.not_denying", ()) for start, end in found.spans for at in range(start, end)}
    negators = view.board.places.get(number, [])
    for at, following in zip(negators, [*negators[1:], len(view.text.words)], strict=False):
        start = at + view.board.at[at][number]
        if harmless.isdisjoint(range(at, start)) and (not view.figure[at] or view.has(at, "none_seen")):
            _deny(view, at, start, max(start, following))
    for at in view.places("none_of_them"):
        _deny_before(view, at)


def _deny(view: Surroundings, negator: int, start: int, end: int) -> None:
    """Mark the words up to `end` that a negator reaches: its clause, up to a contrast or a new subject, and a bare list behind it."""
    text, board = view.text, view.board
    answer = view.has(negator, "answer_word") and not (start < len(text.words) and view.has(start, "verb_after_no"))
    content = False
    for at in range(start, min(end, start + REACH)):
        if text.sentence[at] != text.sentence[negator] or view.has(at, "contrast") or view.has(at, "cause"):
            return
        new_clause = text.clause[at] != text.clause[at - 1]
        if new_clause and (at == start or not _bare_list(view, at)):
            return
        object_follows = view.has(at - 1, "preposition") or view.has(at - 1, "having")
        if view.has(at, "subject") and not object_follows and (content or answer):
            return
        if content and (_opens_clause(view, at, answer) or (view.has(at, "be_verb") and view.has(start, "be_verb"))):
            return  # "no es dolor | es picazon"
        view.denied[at] += (negator,)
        content = content or board.weight[at + 1] > board.weight[at]


def _deny_before(view: Surroundings, closing: int) -> None:
    """ "Your list: fever, chills, swelling. None of them": what was named before, if nothing there is told of herself."""
    sentence = view.text.sentence[closing]
    before = [at for at in range(closing) if sentence - 1 <= view.text.sentence[at] <= sentence]
    if not any(view.has(at, "self") or view.has(at, "contrast") for at in before):
        for at in before:
            view.denied[at] += (closing,)


def _opens_clause(view: Surroundings, at: int, answer: bool) -> bool:
    """ "and it ...", "and hot", or a bare adjective after "no fever"."""
    if view.text.words[at] in ("and", "y", "e", "plus", "also"):
        return at + 1 < len(view.text.words) and any(view.has(at + 1, name) for name in ("subject", "be_verb", "adjective"))
    if answer and view.has(at, "be_verb"):
        return True
    return answer and view.has(at, "adjective") and not view.has(at - 1, "or_word")


def _bare_list(view: Surroundings, start: int) -> bool:
    """Whether the clause that begins here only goes on naming things: "(no fever,) chills or swelling"."""
    listed = True
    for at in range(start, min(len(view.text.words), start + REACH)):
        if view.text.sentence[at] != view.text.sentence[start] or (listed and not view.same_clause(start, at)):
            break
        if at > start and view.has(at, "negator") and not view.has(at, "or_word") and view.text.words[at] != "ni":
            break
        if _breaks_list(view, at):
            return False
        if view.text.words[at] in ("or", "nor", "ni", "o", "u"):
            return True
        counts = view.board.weight[at + 1] > view.board.weight[at]
        if counts and view.words.numbers_of(LISTED).isdisjoint(view.board.at[at]):
            listed = False  # an unknown word: still a list if an "or" follows
    return listed


def _breaks_list(view: Surroundings, at: int) -> bool:
    if view.has(at, "subject") and not view.has(at - 1, "preposition"):
        return True
    return any(view.has(at, name) for name in ("be_verb", "contrast", "adjective", "strong"))


def _states_anew(view: Surroundings, at: int) -> bool:
    """ "(Can I shower) I have a fever": a new statement without a comma before it."""
    words = view.text.words
    if words[at] in ("im", "ive"):
        return True
    return (
        words[at] in ("i", "my", "it", "tengo", "estoy", "siento")
        and at + 1 < len(words)
        and words[at + 1] in ("have", "am", "feel", "got", "has", "had", "fiebre")
    )


def _turns(view: Surroundings, at: int) -> bool:
    """Whether the text goes on to something else here: "but", "because", a new clause that is no list."""
    if view.has(at, "contrast") or view.has(at, "because"):
        return True
    return view.text.clause[at] != view.text.clause[at - 1] and not _bare_list(view, at)


def _mark(view: Surroundings, found: Found, marks: list[bool]) -> None:
    """What follows the words that ask or imagine, to the end of their clause."""
    text = view.text
    for at in range(found.start, len(text.words)):
        if text.sentence[at] != text.sentence[found.start]:
            return
        if at > found.end and _states_anew(view, at):
            return
        if at >= found.end and _turns(view, at):
            return
        if marks[at] and at > found.end:
            return
        marks[at] = True
