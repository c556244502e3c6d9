"""The whole journey over the real wire: every text at its local time, answers, test done, aftercare."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot import enrollments
from tests.support.phones import Phone
from tests.support.world import World

ENROLLED = datetime(2026, 10, 20, 18, 0, tzinfo=UTC)  # before clocks go back on 1 November; the test is after it
TEST_AT = datetime(2026, 11, 3, 14, 0)  # noqa: DTZ001 -- on the patient's clock, whichever that is
JOURNEY = {
    "welcome": None,  # at once
    "no_squeezing": "2026-10-27 10:00",
    "checklist": "2026-10-29 10:00",
    "confirm": "2026-10-31 10:00",
    "evening_before": "2026-11-02 17:00",
    "day_of": "2026-11-03 09:00",
    "test_done": "2026-11-03 16:00",
    "aftercare": "2026-11-03 18:00",
    "check_in_day_1": "2026-11-04 10:00",
    "check_in_day_3": "2026-11-06 10:00",
    "check_in_day_7": "2026-11-10 10:00",
    "closing": "2026-11-11 10:00",
}


@pytest.mark.parametrize("zone", ["America/New_York", "America/Denver", "America/Phoenix", "Pacific/Honolulu"])
def test_every_text_comes_at_its_local_time(world: World, zone: str) -> None:
    world.clock.set(ENROLLED)
    enrollment = world.enroll(TEST_AT, zone=zone)
    world.until(datetime(2026, 11, 12, 12, 0, tzinfo=UTC))
    left = {
        step: f"{row.sent_at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"
        for step, row in world.planned(enrollment).items()
        if row.sent_at is not None and not row.repeat
    }
    enrolled = ENROLLED.astimezone(ZoneInfo(zone))
    assert left == JOURNEY | {"welcome": f"{enrolled:%Y-%m-%d} {max(f'{enrolled:%H:%M}', '09:00')}"}  # it is 8:00 in Honolulu
    states = {row.state for row in world.planned(enrollment).values()}
    assert states == {"delivered"}


def test_an_english_journey(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone) -> None:
    world.clock.set(ENROLLED)
    enrollment = world.enroll(TEST_AT)
    maria.hears("Tue Nov 3", "STOP")
    world.until(datetime(2026, 10, 27, 14, 0, tzinfo=UTC))
    maria.hears("do not squeeze")
    world.until(datetime(2026, 10, 29, 14, 0, tzinfo=UTC))
    maria.hears("allergic reaction to contrast dye").texts("can I eat before the test?").hears("eat and drink as usual").hears(
        "contrast dye"
    )
    maria.texts("1").hears("discharge").texts("1").hears("medicines").texts("oops I meant 2").hears("staff will call you").hears(
        "medicines"
    )
    maria.texts("1").hears("thank you")
    assert "discharge_gone" in world.tasks()
    world.until(datetime(2026, 10, 31, 14, 0, tzinfo=UTC))
    maria.hears("2:00 PM").texts("1").hears("thank you")
    world.until(datetime(2026, 11, 2, 22, 0, tzinfo=UTC))
    maria.hears("deodorant")
    world.until(datetime(2026, 11, 3, 21, 0, tzinfo=UTC))
    maria.hears("today").hears("test over").texts("1").hears("done")
    world.forward(hours=4)
    maria.hears("leave the bandage or pad on")
    world.until(datetime(2026, 11, 4, 15, 0, tzinfo=UTC))
    maria.hears("day 1").texts("I have a fever of 101.5").hears("nurse line", "1-877-230-6877")
    case = world.cases()[0]
    nurse_ana.hears("urgent", case.code)
    world.forward(minutes=15)
    nurse_ana.hears("urgent", case.code)
    nurse_ben.hears("urgent", case.code).texts(f"ack {case.code}").hears("yours")
    world.forward(minutes=5)
    nurse_ben.texts(f"done {case.code} reached").hears("closed")
    assert [(closed.state, closed.outcome) for closed in world.cases()] == [("closed", "reached")]
    world.until(datetime(2026, 11, 10, 15, 0, tzinfo=UTC))
    maria.hears("day 7").texts("1").hears("results")
    world.until(datetime(2026, 11, 30, 15, 0, tzinfo=UTC))
    maria.hears_nothing()
    world.enroll(datetime(2026, 12, 20, 9, 0))  # the journey is over, so the same phone may be enrolled again  # noqa: DTZ001
    assert enrollment == 1


def test_a_spanish_journey(world: World, maria: Phone, nurse_ana: Phone, nurse_ben: Phone) -> None:
    world.clock.set(ENROLLED)
    enrollment = world.enroll(TEST_AT, language="es")
    maria.hears("martes 3 de noviembre", "STOP")
    world.until(datetime(2026, 10, 29, 14, 0, tzinfo=UTC))
    maria.hears("no se apriete").hears("medio de contraste").texts("¿puedo comer antes?").hears("comer y beber")
    maria.texts("no").hears("líquido").texts("sí").hears("medicinas").texts("1").hears("gracias")
    world.until(datetime(2026, 10, 31, 14, 0, tzinfo=UTC))
    maria.hears("confirmar").texts("uno").hears("gracias")
    world.until(datetime(2026, 11, 3, 19, 30, tzinfo=UTC))
    world.change(enrollments.mark_done, enrollment)
    world.until(datetime(2026, 11, 4, 15, 0, tzinfo=UTC))
    maria.hears("deje puesto el vendaje").hears("día 1").texts("tengo fiebre de 38.6").hears("enfermería")
    case = world.cases()[0]
    nurse_ana.hears("urgent", case.code)
    world.forward(minutes=15)
    nurse_ben.hears("urgent", case.code).texts(f"ACK {case.code}").hears("yours")
    nurse_ben.texts(f"DONE {case.code} ADVISED").hears("closed")
    maria.texts("no quiero más mensajes").hears("ya no recibirá más mensajes")
    world.until(datetime(2026, 11, 30, 15, 0, tzinfo=UTC))
    maria.hears_nothing()
    assert "opted_out" in world.tasks()


def test_a_page_leaves_within_two_seconds_of_the_sign(world: World, maria: Phone, nurse_ana: Phone) -> None:
    enrollment = world.enroll(TEST_AT.replace(month=12))
    maria.texts("my breast is hot and very swollen and I have chills")
    page = world.texts(step="page")[0]
    assert page.due_at == world.clock.now()
    assert (page.weight, page.state) == ("safety", "pending")
    nurse_ana.hears("urgent")
    assert world.cases()[0].enrollment_id == enrollment
    assert world.parts.settings.sending.tick_seconds <= 1  # and the tick that sends it comes at least each second
