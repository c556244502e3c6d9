"""What ends the texts and what only sounds like it, read by the rules alone; and that both readers must agree."""

import pytest

from flows.understanding import Awaiting, Context, Intent, Stage, read
from flows.understanding.read import read_by_rules

PREP = Context(stage=Stage.PREP)

ENDS = [
    "stop texting me", "please take me off this list", "unsubscribe me", "leave me alone", "no more texts please",
    "i have no appointment so quit texting", "dont need these stop texting", "can you stop texting me",
    "why wont you stop texting me", "remove my number", "ya no me manden mensajes", "quitenme de la lista", "dejen de escribirme",
    "no quiero mas mensajes", "ya pare de mandar mensajes", "darme de baja por favor", "alto ya",
]  # fmt: skip
ENDS_NOTHING = {
    "denied": [
        "please dont stop texting me", "dont take me off these texts", "never unsubscribe me", "i should stop texting and driving",
    ],
    "a noun": ["fell asleep at the end of your message", "i dont want the messages to end", "estoy en el alto ya casi llego"],
    "an advert": ["Text STOP to opt out. 40% off all boots", "FreeMsg: reply END to stop alerts", "reply STOP to unsubscribe"],
    "a question": [
        "does STOP end the texts?", "if i stop the texts will you still call", "should i stop these messages", "when do the texts stop",
    ],
    "somebody else": [
        "i told my son to stop texting me at work", "my husband unsubscribed me", "le dije a mi novio que ya no me mande mensajes",
    ],
    "a sign": [
        "the swelling wont stop", "make the bleeding stop please", "how do i stop the bleeding", "ya no aguanto, que pare el dolor",
    ],
    "the visit": ["take me off the list for the xray", "quitenme de la lista del martes", "remove me from the procedure list"],
    "the past": ["ya pare de fumar", "ya pare las hierbas", "i quit smoking last year"],
    "longer": ["leave me alone with the doctor", "it wont stop", "can you stop by my house"],
}  # fmt: skip


@pytest.mark.parametrize("text", ENDS)
def test_a_wish_to_stop_is_heard(text):
    assert read_by_rules(text, PREP).does(Intent.OPT_OUT)


@pytest.mark.parametrize("text", [text for texts in ENDS_NOTHING.values() for text in texts])
def test_what_only_sounds_like_it_ends_nothing(text):
    assert not read_by_rules(text, PREP).does(Intent.OPT_OUT)
    assert not read(text, PREP).does(Intent.OPT_OUT)


def test_back_again_outranks_the_stop_it_tells_of():
    for text in ("i told you to quit texting me but sign me back up", "my daughter typed stop, please resume the messages"):
        assert read_by_rules(text, PREP).intent is Intent.OPT_IN


def test_danger_outranks_a_wish_to_stop():
    reading = read("stop texting me, i cant breathe", Context(awaiting=Awaiting.CHECK_IN))
    assert reading.intent is Intent.SYMPTOM_REPORT
    assert reading.does(Intent.OPT_OUT)
