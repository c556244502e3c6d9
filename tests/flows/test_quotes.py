"""Our own texts sent back mean nothing; what she writes beside them means all it says."""

from string import Template

import pytest

from flows.procedure import load
from flows.understanding import Awaiting, Context, Intent, Stage, Urgency, read

FILLED = {
    "org": "Sunrise Imaging", "nurse": "Ana", "nurse_name": "Ana", "nurse_phone": "555-0101", "nurse_toll_free": "800-555-0101",
    "day": "Tue Dec 1", "time": "10:30 AM",
}  # fmt: skip
SENT = [
    pytest.param(language, Template(text.body).safe_substitute(FILLED), id=f"{language}-{key}")
    for language, texts in load("ductogram").texts.items()
    for key, text in texts.items()
    if key != "visit_confirmed"  # too short between what is filled in to be known again
]


@pytest.mark.parametrize(("language", "sent"), SENT)
def test_a_text_of_ours_sent_back_says_nothing(language, sent):
    for form in ("{}", "> {}", "Fwd: {}", "“{}”", "Liked “{}”", "Me gusta “{}”"):
        for awaiting in (Awaiting.NONE, Awaiting.RED_FLAGS):
            reading = read(form.format(sent), Context(language, Stage.AFTERCARE, awaiting))
            assert reading.urgency <= Urgency.REVIEW, form
            assert not reading.kinds
            assert not reading.does(Intent.OPT_OUT)
            assert not reading.does(Intent.WRONG_NUMBER)


@pytest.mark.parametrize("said", ["I can't breathe", "my throat is closing up", "no puedo respirar"])
@pytest.mark.parametrize(("language", "sent"), SENT[::7])
def test_what_she_says_beside_it_counts(language, sent, said):
    for form in ("{sent}\n{said}", "{said}\n> {sent}"):
        assert read(form.format(sent=sent, said=said), Context(language)).urgency is Urgency.EMERGENCY, form


def test_an_answer_under_a_quoted_question_is_heard():
    quoted = "> Sunrise Imaging: Is your test over? Reply 1 if it was done, 2 if it was not done, 3 if not sure.\n"
    context = Context(stage=Stage.DAY_OF, awaiting=Awaiting.TEST_DONE)
    assert read(quoted + "Yes it is done", context).intent in (Intent.ANSWER_DONE, Intent.ANSWER_YES)
    assert read(quoted + "2", context).number == 2


def test_what_was_our_own_is_told():
    assert read(SENT[1].values[1].replace("Sunrise Imaging: ", "")).why == ("our own text",)
