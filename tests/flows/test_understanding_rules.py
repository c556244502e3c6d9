"""Temperatures, negation and opt-out: rules that must hold for any sign, not only for the texts of the corpus."""

import tomllib

import pytest

from flows.procedure import CONTENT
from flows.understanding import Awaiting, Context, Intent, Kind, Stage, Urgency, temperature
from flows.understanding import read as read_by_both
from flows.understanding.read import read_by_rules as read  # alone: the second reader would hide a rule that is broken
from flows.understanding.temperature import Warmth, degrees, warmth
from flows.understanding.text import cut, fold

AFTER = Context(stage=Stage.AFTERCARE)

SIGNS = {
    Kind.FEVER: ("fever", "fiebre"),
    Kind.CHILLS: ("chills", "escalofrios"),
    Kind.SWELLING: ("swelling", "hinchazon"),
    Kind.HEAT: ("redness", "enrojecimiento"),
    Kind.PAIN: ("pain", "dolor"),
    Kind.ALLERGY: ("itching", "comezon"),
    Kind.BLEEDING: ("bleeding", "sangrado"),
}
NOUNS = [(kind, noun, spanish) for kind, (noun, spanish) in SIGNS.items()]


def raised(text: str, kind: Kind) -> bool:
    reading = read(text, AFTER)
    return kind in reading.kinds and reading.urgency >= Urgency.URGENT


@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
@pytest.mark.parametrize(
    "shape", ["I have {}", "{} since last night", "there is {}", "no, I have {}", "not sure if it is {} but i think so", "I only have {}"]
)
def test_stated(kind, noun, spanish, shape):
    assert raised(shape.format(noun), kind)


@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
@pytest.mark.parametrize("shape", ["tengo {}", "{} desde anoche", "no estoy bien, tengo {}", "solo tengo {}"])
def test_stated_in_spanish(kind, noun, spanish, shape):
    assert raised(shape.format(spanish), kind)


@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
@pytest.mark.parametrize(
    "shape",
    [
        "no {}",
        "I have no {}",
        "I don't have any {}",
        "without {}",
        "haven't had {} or anything",
        "{}: none",
        "{}? no",
        "I never had any {}",
        "no cough or {}",
    ],
)
def test_denied(kind, noun, spanish, shape):
    assert kind not in read(shape.format(noun), AFTER).kinds


@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
@pytest.mark.parametrize("shape", ["no tengo {}", "sin {}", "no hay {}", "nada de {}", "no he tenido {}", "ni tos ni {}"])
def test_denied_in_spanish(kind, noun, spanish, shape):
    assert kind not in read(shape.format(spanish), AFTER).kinds


@pytest.mark.parametrize(("denied", "other", "_"), NOUNS)
@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
def test_a_denial_covers_its_own_clause_alone(denied, other, _, kind, noun, spanish):
    if kind is denied:
        return
    for text in (
        f"no {other} but {noun}",
        f"{noun}, no {other}",
        f"no {other}. I have {noun}",
        f"I have {noun} but no {other}",
        f"no {other}, just {noun}",
    ):
        reading = read(text, AFTER)
        assert kind in reading.kinds, text
        assert denied not in reading.kinds, text


@pytest.mark.parametrize(("kind", "noun", "spanish"), NOUNS)
def test_a_list_is_denied_as_a_whole(kind, noun, spanish):
    assert kind not in read(f"no nausea, {noun} or dizziness", AFTER).kinds
    assert kind not in read(f"no nausea, cough, {noun}", AFTER).kinds
    assert kind not in read(f"no tengo tos, {spanish} ni mareo", AFTER).kinds


SOOTHING = [
    "no fever",
    "I'm fine",
    "just saying",
    "probably nothing",
    "it's not an emergency",
    "don't worry",
    "otherwise all good",
    "no tengo fiebre",
    "estoy bien",
]
DANGERS = [
    "my throat is closing",
    "i can't stop the bleeding",
    "i passed out",
    "chest pain",
    "I want to die",
    "my lips are swollen",
    "my breast is hot and red",
    "pus is coming out",
    "i found a lump",
    "I have chills",
    "me falta el aire",
    "no para de sangrar",
    "tengo el seno hinchado",
    "tengo escalofrios",
]


@pytest.mark.parametrize("soothing", SOOTHING)
@pytest.mark.parametrize("danger", DANGERS)
def test_nothing_soothing_lowers_a_sign(danger, soothing):
    alone = read(danger, AFTER)
    for text in (f"{danger}. {soothing}", f"{soothing}. {danger}", f"{soothing} but {danger}", f"{danger}, {soothing}"):
        reading = read(text, AFTER)
        assert reading.urgency >= alone.urgency, text
        assert set(alone.kinds) <= set(reading.kinds), text


@pytest.mark.parametrize("danger", DANGERS)
def test_every_question_and_stage_hears_danger(danger):
    for stage in Stage:
        for awaiting in Awaiting:
            assert read(danger, Context(stage=stage, awaiting=awaiting)).urgency >= Urgency.URGENT, (stage, awaiting)


@pytest.mark.parametrize("written", ["{}", "{}!!", " {} ", "so {} :("])
@pytest.mark.parametrize("danger", ["cant breathe", "throat closing up", "bleeding won't stop", "fainted"])
def test_case_and_marks_change_nothing(danger, written):
    for text in (written.format(danger), written.format(danger.upper()), written.format(danger.title())):
        assert read(text, AFTER).urgency is Urgency.EMERGENCY, text


@pytest.mark.parametrize(
    ("value", "urgency"),
    [
        ("98.6", 0),
        ("99.4", 0),
        ("99.5", 1),
        ("100.3", 1),
        ("100.4", 2),
        ("104", 2),
        ("36.5", 0),
        ("37.4", 0),
        ("37.5", 1),
        ("37.9", 1),
        ("38", 2),
        ("38,0", 2),
        ("41", 2),
        ("1004", 2),
        ("986", 0),
        ("385", 2),
        ("60", 1),
        ("212", 1),
        ("5", 1),
    ],
)
@pytest.mark.parametrize("shape", ["my temperature is {}", "temp {}", "temperatura de {}"])
def test_temperatures(value, urgency, shape):
    reading = read(shape.format(value), AFTER)
    assert reading.urgency is Urgency(urgency)
    assert (Kind.FEVER in reading.kinds) is (urgency > 0)


@pytest.mark.parametrize(
    "text",
    [
        "took 500 mg at 9",
        "i am in room 101",
        "it costs 102 dollars",
        "be there in 100 minutes",
        "i weigh 104 lbs",
        "page 99",
        "at 10:15",
        "call 423 555 0101",
    ],
)
def test_other_numbers_are_no_temperatures(text):
    assert Kind.FEVER not in read(text, AFTER).kinds


@pytest.mark.parametrize("text", ["what if my temp is over 101", "call me if it reaches 100.4", "no fever over 100"])
def test_a_temperature_that_nobody_has(text):
    assert Kind.FEVER not in read(text, AFTER).kinds


def test_a_bare_number_is_a_temperature_where_one_was_asked_for():
    asked = Context(stage=Stage.AFTERCARE, awaiting=Awaiting.TEMPERATURE)
    assert [read(text, asked).urgency for text in ("101", "98", "38.5", "99.6", "300")] == [2, 0, 2, 1, 1]


def test_degrees_and_warmth():
    assert [degrees(text) for text in ("1013", "38,6", "986", "102", "37")] == [101.3, 38.6, 98.6, 102.0, 37.0]
    assert degrees("9" * 400) > 1000
    assert [warmth(value) for value in (100.4, 100.3, 99.4, 44.0, 60.0)] == [
        Warmth.FEVER,
        Warmth.RAISED,
        Warmth.NORMAL,
        Warmth.IMPOSSIBLE,
        Warmth.IMPOSSIBLE,
    ]


def test_the_limits_are_those_of_the_procedure():
    written = tomllib.loads((CONTENT / "ductogram" / "procedure.toml").read_text("utf-8"))["triage"]["temperature"]
    assert written == {
        "urgent_from_fahrenheit": temperature.URGENT_F,
        "urgent_from_celsius": temperature.URGENT_C,
        "review_from_fahrenheit": temperature.REVIEW_F,
        "review_from_celsius": temperature.REVIEW_C,
    }


@pytest.mark.parametrize(
    ("text", "urgency"),
    [
        ("one oh two point one", 2),
        ("a hundred and one", 2),
        ("one hundred and one point two", 2),
        ("ninety eight point six", 0),
        ("ninety nine and a half", 1),
        ("treinta y ocho y medio", 2),
        ("treinta y siete", 0),
        ("ciento uno punto dos", 2),
    ],
)
def test_temperatures_written_in_words(text, urgency):
    reading = read(text, Context(stage=Stage.AFTERCARE, awaiting=Awaiting.TEMPERATURE))
    assert (reading.intent, reading.urgency) == (Intent.ANSWER_NUMBER, Urgency(urgency))


@pytest.mark.parametrize("sign", ["the bleeding", "the pain", "the itching", "the swelling", "the leaking", "el sangrado", "el dolor"])
@pytest.mark.parametrize(
    "shape",
    ["{} won't stop", "i can't stop {}", "how do i stop {}", "when will {} stop", "stop {} please", "no puedo parar {}", "{} no para"],
)
def test_a_sign_that_goes_on_never_opts_out(sign, shape):
    assert not read(shape.format(sign), AFTER).does(Intent.OPT_OUT)


@pytest.mark.parametrize("typo", ["unsubcribe", "stpo", "stop texing me", "stop txting me", "plz stop msging me", "no more mesages"])
def test_misspelt_opt_out(typo):
    assert read(typo, AFTER).does(Intent.OPT_OUT)


@pytest.mark.parametrize(
    "word",
    [
        "never",
        "paint",
        "spelling",
        "threat",
        "flood",
        "cheat",
        "bride",
        "painting",
        "selling",
        "cooking",
        "teaching",
        "hotel",
        "breakfast",
        "color",
    ],
)
def test_everyday_words_are_no_misspelt_signs(word):
    assert read(f"i like the {word}", AFTER).urgency is Urgency.NONE


@pytest.mark.parametrize(
    "typo",
    [
        "fevr",
        "swoleln",
        "bleding",
        "cant brathe",
        "thorat closing",
        "vommiting",
        "dizzzy",
        "itchyy",
        "cantbreathe",
        "bldng",
        "FEEVER",
        "infcted",
    ],
)
def test_misspelt_signs(typo):
    assert read(typo, AFTER).urgency >= Urgency.URGENT


def test_folding():
    assert fold("¿Está HINCHADO? I’ll call…").split() == ["esta", "hinchado?", "i", "will", "call..."]
    assert fold("<b>fever</b> &amp; chills").split() == ["fever", "and", "chills"]
    assert cut(fold("no fever, but hot. ok?")).clause == (0, 0, 1, 1, 2)
    assert cut(fold("1️⃣")).words == ("1",)


@pytest.mark.parametrize("text", ["\U00010a40", "²", "۳"])
@pytest.mark.parametrize("awaiting", [Awaiting.NONE, Awaiting.PAIN_SCALE, Awaiting.TEMPERATURE])
def test_digits_of_other_scripts_are_read(text, awaiting):
    assert read(text, Context(stage=Stage.PREP, awaiting=awaiting)).urgency <= Urgency.REVIEW


GOOD = ["good", "great", "fine", "well", "ok", "better", "normal", "the same", "comfortable", "right"]
BIEN = ["bien", "muy bien", "bueno", "normal", "mejor", "igual", "perfecto", "tan bien", "del todo bien", "como antes"]


@pytest.mark.parametrize("awaiting", [Awaiting.CHECK_IN, Awaiting.RED_FLAGS, Awaiting.SYMPTOM_DETAIL])
@pytest.mark.parametrize("text", [f"not {word}" for word in GOOD] + [f"no {word}" for word in BIEN])
def test_a_denied_good_is_no_no(text, awaiting):
    assert read(text, Context(stage=Stage.AFTERCARE, awaiting=awaiting)).urgency >= Urgency.REVIEW


@pytest.mark.parametrize(
    "text", ["no", "nope", "none", "nothing", "none of those", "no problems", "nada", "ninguno", "nada de eso", "no tengo nada"]
)
@pytest.mark.parametrize("beside", ["{}", "{}, all good", "{}. todo bien", "{}, thank you", "{}!!"])
def test_a_plain_no_is_a_no(text, beside):
    reading = read(beside.format(text), Context(stage=Stage.AFTERCARE, awaiting=Awaiting.CHECK_IN))
    assert (reading.intent, reading.urgency) == (Intent.ANSWER_NO, Urgency.NONE)


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("sign", ["chest pain", "trouble breathing", "throat swelling"])
@pytest.mark.parametrize("shape", ["should i worry about {}", "can i come with {}", "is {} normal", "what should i do about {}"])
def test_a_question_about_a_sign_that_is_there_reports_it(shape, sign, stage):
    assert read(shape.format(sign), Context(stage=stage)).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("sign", ["me duele el pecho", "no puedo respirar", "me falta el aire", "se me cierra la garganta"])
@pytest.mark.parametrize("shape", ["puedo ir si {}", "debo ir si {}", "que hago si {}"])
def test_a_spanish_question_about_a_sign_that_is_there_reports_it(shape, sign, stage):
    assert read(shape.format(sign), Context(stage=stage)).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("text", ["what if i get {}", "what happens if i get {}", "when should i worry about {}"])
def test_a_supposed_sign_pages_nobody(text):
    for sign in ("a fever", "chills", "a rash"):
        assert read(text.format(sign), Context(stage=Stage.PREP)).urgency <= Urgency.REVIEW


@pytest.mark.parametrize("number", ["38", "39", "40", "41", "42"])
def test_bare_celsius_after_the_test(number):
    for awaiting in (Awaiting.NONE, Awaiting.CHECK_IN, Awaiting.TEMPERATURE):
        assert read(number, Context(stage=Stage.AFTERCARE, awaiting=awaiting)).urgency is Urgency.URGENT
    assert read(number, Context(stage=Stage.PREP)).urgency is Urgency.NONE


@pytest.mark.parametrize("person", ["daughter", "son", "husband", "sister", "mother", "aide"])
def test_who_is_near_her_is_no_wrong_number(person):
    for text in (f"i'm not maria i'm her {person}", f"not maria, her {person}", f"i'm not the patient, i'm her {person}"):
        reading = read(text, Context(stage=Stage.PREP))
        assert reading.intent is Intent.NOT_PATIENT, text
        assert not reading.does(Intent.WRONG_NUMBER), text


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u180e", "\u034f", "\u202e"])
def test_what_nobody_sees_parts_no_word(unseen):
    assert read(f"I can't bre{unseen}athe", AFTER).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize(
    "written", ["icantbreathe", "i c a n t b r e a t h e", "I can?t breathe", "i can,t breathe", "i can;t breathe", "I CAN'T BREATHE"]
)
def test_danger_however_it_is_typed(written):
    assert read(written, AFTER).urgency is Urgency.EMERGENCY


@pytest.mark.parametrize("stage", list(Stage))
def test_a_text_too_long_to_be_read_whole_reaches_a_person(stage):
    for text in ("the weather is lovely today and so is the garden. " * 60, "lovely weather " * 200):
        reading = read(text, Context(stage=stage))
        assert reading.urgency >= Urgency.REVIEW
        assert "too long to be read whole" in reading.why
    assert read("the weather is lovely today. " * 20, Context(stage=stage)).urgency is Urgency.NONE


@pytest.mark.parametrize(
    ("text", "number"),
    [("1 wait no 2", 2), ("1 actually 2", 2), ("sorry i meant 1 not 2", 1), ("quise decir 2", 2), ("not 2, 1 instead of 2", 1)],
)
def test_a_corrected_digit_counts(text, number):
    assert read(text, Context(awaiting=Awaiting.CHECK_IN)).number == number


@pytest.mark.parametrize("text", ["1 2", "1 or 2", "1/2", "1 o 2"])
def test_two_digits_are_no_answer_and_reach_a_person(text):
    reading = read(text, Context(awaiting=Awaiting.CHECK_IN))
    assert reading.number is None
    assert reading.urgency >= Urgency.REVIEW


@pytest.mark.parametrize("awaiting", [Awaiting.CHECK_IN, Awaiting.RED_FLAGS])
@pytest.mark.parametrize("text", ["i have a question", "be there in 20", "i have a ride", "tengo una pregunta"])
def test_a_text_that_only_begins_like_a_yes_is_none(text, awaiting):
    reading = read(text, Context(awaiting=awaiting))
    assert reading.intent is not Intent.ANSWER_YES
    assert reading.urgency <= Urgency.REVIEW


@pytest.mark.parametrize("awaiting", [Awaiting.CHECK_IN, Awaiting.RED_FLAGS])
@pytest.mark.parametrize("text", ["yes everything is ok", "yes im fine", "no, all good thanks", "si todo bien", "everything is great"])
def test_that_all_is_well_pages_nobody(text, awaiting):
    reading = read_by_both(text, Context(awaiting=awaiting))
    assert (reading.intent, reading.urgency) == (Intent.ANSWER_NO, Urgency.NONE)


@pytest.mark.parametrize("text", ["my appointment is at 10:30", "born 4/12/1966", "i am 41"])
def test_a_number_that_is_no_pain_score(text):
    assert read(text, Context(awaiting=Awaiting.PAIN_SCALE)).urgency is Urgency.NONE


def test_a_pain_score_beside_an_hour():
    assert read("10:30 and its a 6 now", Context(awaiting=Awaiting.PAIN_SCALE)).urgency is Urgency.URGENT


@pytest.mark.parametrize("text", ["can you stop by my house", "can you stop it from leaking", "leave me alone with the doctor?"])
def test_a_wish_to_stop_something_else_ends_no_texts(text):
    assert not read_by_both(text, Context(stage=Stage.PREP)).does(Intent.OPT_OUT)
