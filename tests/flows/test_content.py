"""The ductogram's texts: every fact of the source reaches her in both languages, and nothing else is claimed."""

import re
from itertools import chain

import pytest

from flows.conversation import TEXTS_USED
from flows.lint import SENT_ON_CHANGES, SHIPPED
from flows.procedure import Procedure, Text, load

PROCEDURE: Procedure = load("ductogram")
TEXTS = [text for texts in PROCEDURE.texts.values() for text in texts.values()]
STEP_TEXTS = chain.from_iterable((step.text, step.morning_text, step.unconfirmed_text, step.joined_text) for step in PROCEDURE.steps)
REACHABLE = {key for key in STEP_TEXTS if key} | TEXTS_USED | SENT_ON_CHANGES

# The source, point by point under its own headings: the fact, and the words that tell it in English and in Spanish.
SOURCE = {
    "Ductogram": {
        "about.ducts": ("tubes that bring milk to the nipple", "tubos que llevan la leche al pezón"),
        "about.what_it_is": ("pictures of the ducts", "imágenes de los conductos"),
        "about.mammogram_and_dye": ("a mammogram and a special dye", "una mamografía y un tinte especial"),
        "read_more.womens_health": ("womenshealth.gov", "womenshealth.gov"),
        "read_more.radiology_info": ("radiologyinfo.org", "radiologyinfo.org"),
        "read_more.health_canada": ("hc-sc.gc.ca", "hc-sc.gc.ca"),
        "read_more.womens_health_matters": ("womenshealthmatters.ca", "womenshealthmatters.ca"),
    },
    "Reasons for Procedure": {"about.why": ("cause of discharge that is not normal", "causa de una secreción que no es normal")},
    "Possible Complications": {
        "risk.rare": ("Problems are rare, but there is some risk", "poco comunes, pero hay algo de riesgo"),
        "risk.dye_reaction": ("bad reaction to the dye", "reacción al tinte"),
        "risk.duct_injury": ("harm to the duct", "lesión del conducto"),
        "risk.infection": ("breast infection", "infección del seno"),
        "risk.pain": ("or pain", "o dolor"),
        "risk.ask_doctor": ("Talk to your doctor before the test", "Hable con su médico antes de la prueba"),
    },
    "Prior to Procedure": {
        "before.exam": ("do an exam", "examinarle"),
        "before.tests": ("a mammogram or blood tests", "una mamografía o análisis de sangre"),
        "before.history": ("ask about your past health", "preguntarle por su salud"),
        "before.medicines": (
            "all medicines you take, even store-bought, herbs and supplements",
            "qué medicinas toma, incluso sin receta, hierbas y suplem",
        ),
        "before.no_squeezing": ("do not squeeze any discharge from your nipple", "no se apriete el pezón para sacar líquido"),
        "before.discharge_needed": ("There needs to be discharge during the test", "Tiene que haber secreción durante la prueba"),
        "day.tell_dye_allergy": (
            "ever had an allergic reaction to contrast dye",
            "alguna vez tuvo una reacción alérgica al medio de contraste",
        ),
        "day.eat_drink": ("Eat and drink as usual", "Coma y beba como siempre"),
        "day.medicines": ("You can take your usual medicines", "Puede tomar sus medicinas de siempre"),
        "day.no_skin_products": (
            "deodorant, talcum powder, lotion or perfume near your breasts or under your arms",
            "desodorante, talco, loción ni perfume cerca de los senos ni debajo de los brazos",
        ),
        "day.clothes": ("comfortable clothes so your shirt is easy to take off", "ropa cómoda para quitarse la blusa con facilidad"),
    },
    "Description of the Procedure": {
        "test.techniques": ("more than one way", "varias formas"),
        "test.on_back": ("lie on your back", "boca arriba"),
        "test.cleaned": ("nipple area is cleaned", "limpian la zona del pezón"),
        "test.squeezed": ("squeezed to let out discharge", "aprietan el seno para que salga secreción"),
        "test.which_duct": ("which duct it comes from", "de qué conducto viene"),
        "test.tube": ("small tube that bends goes into that duct", "tubo pequeño y flexible en ese conducto"),
        "test.dye": ("Dye goes in through it", "Por el tubo entra el tinte"),
        "test.x_rays": ("X-rays are taken", "radiografías"),
        "test.tube_out": ("the tube comes out", "le quitan el tubo"),
        "test.pad": ("a small bandage or pad goes on your nipple", "un vendaje pequeño o una gasa en el pezón"),
    },
    "How Long Will It Take?": {"test.how_long": ("30 to 60 minutes", "30 a 60 minutos")},
    "Will It Hurt?": {"test.discomfort": ("some discomfort during the test", "algo de molestia durante la prueba")},
    "Post-procedure Care": {
        "after.home": ("go home after", "irse a casa"),
        "after.activities": ("go back to normal activities", "volver a sus actividades normales"),
        "after.pad_stays_on": ("Leave the bandage or pad on", "Deje puesto el vendaje o la gasa"),
        "after.dye_may_leak": ("Dye may leak out of the duct", "Puede salir tinte del conducto"),
        "after.results": ("Talk to your doctor about your results", "Hable con su médico sobre sus resultados"),
        "after.more_tests": ("may ask for other tests or procedures", "puede pedir otras pruebas o procedimientos"),
    },
    "Call Your Doctor": {
        "call.breast_change": ("other breast change", "otro cambio en el seno"),
        "call.thickening": ("thick area", "zona más gruesa"),
        "call.lump": ("Call your doctor or $nurse about any lump", "Llame a su médico o al $nurse si nota un bulto"),
        "call.other_symptom": ("any other symptom", "otro síntoma"),
        "call.dye_reaction": ("allergic signs", "señales de alergia"),
        "call.heat": ("heat", "calor"),
        "call.swelling": ("swelling", "hinchazón"),
        "call.pain": ("pain", "dolor"),
        "call.fever": ("fever", "fiebre"),
        "call.chills": ("chills", "escalofríos"),
        "call.emergency": ("This could be an emergency. Call 911 now.", "Esto puede ser una emergencia. Llame al 911 ahora."),
    },
    "Can we help answer your questions?": {
        "nurse_line.any_time": ("talk to a nurse now, day or night", "de día o de noche"),
        "nurse_line.name": ("$nurse_name", "$nurse_name"),
        "nurse_line.phone": ("$nurse_phone", "$nurse_phone"),
        "nurse_line.toll_free": ("$nurse_toll_free", "$nurse_toll_free"),
    },
}
TOLD = [(heading, fact, *words) for heading, facts in SOURCE.items() for fact, words in facts.items()]


def named(text: Text) -> str:
    return f"{text.language}-{text.key}"


@pytest.mark.parametrize(("heading", "fact", "english", "spanish"), TOLD, ids=[fact for _, fact, *_ in TOLD])
def test_every_fact_reaches_her_in_both_languages(heading: str, fact: str, english: str, spanish: str) -> None:
    assert PROCEDURE.facts[fact].heading == heading
    for language, words in (("en", english), ("es", spanish)):
        tellers = [text for text in PROCEDURE.texts[language].values() if fact in text.facts and text.key in REACHABLE]
        assert any(words.lower() in text.body.lower() for text in tellers), words


def test_the_facts_are_those_of_the_source_and_of_the_programme() -> None:
    of_the_source = {fact.key for fact in PROCEDURE.facts.values() if fact.heading != "Programme"}
    assert of_the_source == {fact for _, fact, *_ in TOLD}
    assert all(fact.key.startswith("program.") for fact in PROCEDURE.facts.values() if fact.heading == "Programme")


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_every_text_rests_on_facts_and_can_be_sent(text: Text) -> None:
    assert text.facts
    assert set(text.facts) <= PROCEDURE.facts.keys()
    assert text.key in REACHABLE


CLINICAL = {
    "en": r"squeez|discharge|allerg|dye|bandage|pad\b|medicine|deodorant|clothes|mammogram|fever|swelling|lump|results",
    "es": r"apriet|secreción|alergi|alérgic|tinte|vendaje|medicinas|desodorante|ropa|mamografía|fiebre|hinch|bulto|resultados",
}


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_whoever_speaks_of_care_rests_on_the_source(text: Text) -> None:
    if re.search(CLINICAL[text.language], text.body, re.IGNORECASE) and "program.red_flags" not in text.facts:
        assert any(PROCEDURE.facts[fact].heading != "Programme" for fact in text.facts)


ANSWERS = {  # 1 is always "fine", 2 "the team needs to know", 3 "not sure"
    "ask_dye_allergy": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "ask_discharge_present": ("1 for yes, 2 for no, 3 for not sure", "1 sí, 2 no, 3 no sé"),
    "ask_medicine_list": ("1 for yes, 2 for not yet", "1 sí, 2 todavía no"),
    "confirm_visit": ("1 to confirm, 2 to change it, 3 if not sure", "1 para confirmar, 2 para cambiarla, 3 si no sabe"),
    "ask_test_done": ("1 if it was done, 2 if it was not done, 3 if not sure", "1 si se la hicieron, 2 si no, 3 si no sabe"),
    "aftercare_day_1": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "check_in_day_1": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "check_in_day_3": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "check_in_day_7": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "red_flags": ("1 for no, 2 for yes, 3 for not sure", "1 no, 2 sí, 3 no sé"),
    "unclear": ("2 if you have a problem", "2 si tiene un problema"),
}


def test_digits_have_one_meaning() -> None:
    for language, reply, place in (("en", "Reply", 0), ("es", "Responda", 1)):
        asking = {key: text.body for key, text in PROCEDURE.texts[language].items() if re.search(rf"{reply} \d", text.body)}
        assert asking.keys() == ANSWERS.keys()
        assert [key for key, body in asking.items() if f"{reply} {ANSWERS[key][place]}" not in body] == []


@pytest.mark.parametrize("text", TEXTS, ids=named)
def test_nothing_is_reassured_away_and_nothing_is_diagnosed(text: Text) -> None:
    allowed = re.sub(r"normal activities|actividades normales|not( look)? normal|no (se ve|es) normal", "", text.body)
    assert not re.search(r"normal|worry|preocup|harmless|to be expected|nothing serious|no es grave", allowed, re.IGNORECASE)
    assert not re.search(r"cancer|cáncer|tumor|malign|benign|diagnos", text.body, re.IGNORECASE)


@pytest.mark.parametrize("language", ["en", "es"])
def test_danger_answers_name_the_right_number(language: str) -> None:
    body = {key: PROCEDURE.text(key, language).body for key in ("emergency", "urgent", "crisis", "same_day", "stranger_urgent")}
    assert "911" in body["emergency"]
    assert "$" not in body["emergency"]
    assert "988" in body["crisis"]
    assert all("911" in danger for danger in body.values())
    assert all("$nurse" in body[key] for key in ("urgent", "same_day", "stranger_urgent"))


@pytest.mark.parametrize("key", ["stranger", "stranger_urgent", "wrong_number", "carer"])
def test_whoever_is_not_the_patient_learns_nothing(key: str) -> None:
    for text in (PROCEDURE.text(key, language) for language in PROCEDURE.languages):
        assert not re.search(r"\$(org|day|time)|your test|su prueba|doctor|médico|breast|seno", text.body, re.IGNORECASE)


def test_pain_after_the_test_goes_to_a_nurse() -> None:
    for language in PROCEDURE.languages:
        assert "call.pain" in PROCEDURE.text("faq_pain", language).facts
        assert "$nurse" in PROCEDURE.text("faq_pain", language).body


@pytest.mark.parametrize("key", PROCEDURE.staff_texts)
def test_staff_texts_fit_two_segments_and_name_nobody(key: str) -> None:
    values = {
        "urgency": "EMERGENCY",
        "code": "K7Q2",
        "signs": "possible allergic reaction, breathing trouble",
        "day_words": "day 12 after the test",
        "deadline": "12:30 PM",
        "who": "another nurse",
        "codes": "K7Q2, M3X9, P4R8",
    }
    filled = PROCEDURE.render_staff(key, values)
    assert len(filled) <= 306
    assert not any(value in filled for value in SHIPPED.values())
