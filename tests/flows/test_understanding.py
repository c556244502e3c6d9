"""What patients write, read: what every reading must keep to. The labelled texts are judged in test_corpus.py."""

import pytest

from flows.understanding import Awaiting, Context, Intent, Kind, Reading, Stage, Topic, Urgency, near_misses, read
from flows.understanding.words import words


def after(text: str, awaiting: Awaiting = Awaiting.NONE) -> Reading:
    return read(text, Context(stage=Stage.AFTERCARE, awaiting=awaiting))


def before(text: str, awaiting: Awaiting = Awaiting.NONE) -> Reading:
    return read(text, Context(stage=Stage.PREP, awaiting=awaiting))


def test_the_word_files_keep_away_from_their_near_misses(monkeypatch):
    assert near_misses.caught() == []
    groups = {pattern.group for pattern in words().vocabulary.patterns if not pattern.group.startswith("around.")}
    assert {group for group in groups if not words().near_misses[group]} == set()
    for group, text in (("signs.fever", "I have a fever"), ("intents.opt_out", "stop texting me"), ("topics.cost", "what does it cost")):
        monkeypatch.setitem(words().near_misses, group, [text])
        assert near_misses.caught() == [f"near miss of [{group}] is caught: {text!r}"]
        monkeypatch.setitem(words().near_misses, group, [])


def test_what_decides_is_named():
    assert any("throat" in cause for cause in after("it's late but my throat is closing up").why)
    assert "temperature 101.3" in after("thermometer says 101.3").why


@pytest.mark.parametrize("digit", ["1", "2"])
def test_free_text_outranks_the_digit_beside_it(digit):
    reading = after(f"{digit} but my lips are puffy", Awaiting.CHECK_IN)
    assert (reading.urgency, reading.intent, reading.number) == (Urgency.EMERGENCY, Intent.SYMPTOM_REPORT, int(digit))


def test_danger_and_opt_out_in_one_text():
    reading = after("I have a fever of 102. stop texting me")
    assert reading.urgency is Urgency.URGENT
    assert Kind.FEVER in reading.kinds
    assert reading.does(Intent.OPT_OUT)


@pytest.mark.parametrize("keyword", ["stop", "stopall", "unsubscribe", "end", "quit", "cancel", "revoke", "optout", "opt out"])
@pytest.mark.parametrize("shape", ["{}", " {}. ", "{}!!", '"{}"'])
def test_carrier_keywords_that_end(keyword, shape):
    for text in (shape.format(keyword), shape.format(keyword).upper()):
        reading = after(text)
        assert (reading.intent, reading.bare_keyword) == (Intent.OPT_OUT, keyword)


@pytest.mark.parametrize(
    ("keyword", "intent"), [("start", Intent.OPT_IN), ("unstop", Intent.OPT_IN), ("help", Intent.HELP), ("info", Intent.HELP)]
)
def test_other_carrier_keywords(keyword, intent):
    assert (after(keyword.upper()).intent, after(keyword).bare_keyword) == (intent, keyword)


def test_a_keyword_in_a_sentence_is_no_keyword():
    assert after("cancel my appointment").bare_keyword is None
    assert after("help me").bare_keyword is None


@pytest.mark.parametrize(
    ("text", "stage", "urgency"),
    [
        ("bloody discharge", Stage.PREP, Urgency.REVIEW),
        ("bloody discharge", Stage.AFTERCARE, Urgency.URGENT),
        ("the blood won't stop", Stage.PREP, Urgency.EMERGENCY),
        ("my breast is hot and swollen", Stage.PREP, Urgency.URGENT),
        ("yellow discharge", Stage.PREP, Urgency.NONE),
        ("yellow discharge", Stage.AFTERCARE, Urgency.REVIEW),
        ("i can't breathe", Stage.DONE, Urgency.EMERGENCY),
        ("I had a rash before the test", Stage.AFTERCARE, Urgency.REVIEW),
    ],
)
def test_urgency_by_stage(text, stage, urgency):
    assert read(text, Context(stage=stage)).urgency is urgency


@pytest.mark.parametrize("awaiting", list(Awaiting))
@pytest.mark.parametrize("stage", list(Stage))
def test_every_question_reads_sensibly(stage, awaiting):
    for text in ("yes", "no", "1", "2", "3", "not sure", "", "blue", "my throat is closing"):
        reading = read(text, Context(stage=stage, awaiting=awaiting))
        assert isinstance(reading, Reading)
    assert reading.urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("stage", list(Stage))
def test_a_picture_without_words_reaches_a_person(stage):
    for text in ("", "  ", "..."):
        shown = read(text, Context(stage=stage, media=1))
        assert shown.urgency is Urgency.REVIEW
        assert any("picture" in cause for cause in shown.why)
        assert read(text, Context(stage=stage)).urgency is Urgency.NONE


def test_no_to_squeezing_is_asked_again():
    assert before("no", Awaiting.SQUEEZING).intent is Intent.UNCLEAR
    assert before("yes", Awaiting.SQUEEZING).intent is Intent.ANSWER_YES


def test_not_sure_is_a_three():
    reading = before("not sure", Awaiting.DYE_ALLERGY)
    assert (reading.number, reading.urgency) == (3, Urgency.REVIEW)


def test_what_nobody_understands_about_her_body_reaches_a_person():
    assert after("my nipple and the curtains today").urgency >= Urgency.REVIEW
    assert before("my nipple and the curtains today").urgency is Urgency.NONE


def test_somebody_elses_and_the_patients():
    assert after("my son has a fever").urgency is Urgency.NONE
    assert after("my mom has a fever").urgency >= Urgency.REVIEW  # she may be the patient
    assert after("my mom has a fever, she had the test yesterday").urgency >= Urgency.URGENT
    assert after("my mom can't breathe").urgency is Urgency.EMERGENCY


def test_language_switch_names_the_language():
    assert after("spanish please").language == "es"
    assert after("in english please").language == "en"
    assert after("no hablo ingles").language == "es"


def test_several_questions():
    assert set(before("Can I eat? And how much does it cost?").topics) == {Topic.FOOD_DRINK, Topic.COST}
