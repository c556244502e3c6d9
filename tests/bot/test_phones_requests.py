"""The demo and what is behind the phones page: the clock anybody may move, who may post, what is polled."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from bot import demo, schema
from bot.app import create_app
from bot.models import DemoClockRow, Enrollment, Phone, Shift, SimulatedText, Staff
from bot.parts import Parts
from scheduler import ticks
from tests.support.clock import HandClock
from tests.support.world import settings_for

HOUR = 3600


class Page:
    """The page of one deployment, without a browser."""

    def __init__(self, folder: Path, *, enabled: bool = True) -> None:
        settings = settings_for(f"sqlite:///{folder}/demo.sqlite", None, folder, PREPLINE_DEMO__ENABLED=str(enabled).lower())
        app = create_app(settings)
        self.parts: Parts = app.extensions["prepline"]
        self.client: FlaskClient = app.test_client()
        schema.upgrade(self.parts.db)
        demo.furnish(self.parts)

    def state(self, **which: int) -> dict[str, Any]:
        return self.client.get("/phones/state.json", query_string=which).json or {}

    def post(self, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
        answer = self.client.post(path, json=body)
        return answer.status_code, answer.json or {}

    def next(self) -> datetime:
        _, answer = self.post("/demo/clock", to="next")
        return datetime.fromisoformat(answer["now"])

    def tick(self) -> None:
        for tick in 2 * list(ticks.TICKS.values()):  # what climbs first is sent by the next round
            tick(self.parts)

    def ahead(self) -> float:
        with self.parts.db.read() as session:
            return session.scalar(select(DemoClockRow.ahead_seconds)) or 0.0

    def count(self, model: Any) -> int:
        with self.parts.db.read() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    made = Page(tmp_path)
    yield made
    made.parts.db.close()


def test_an_empty_database_is_furnished_once(page: Page) -> None:
    counts = [page.count(model) for model in (Staff, Shift, Enrollment, Phone)]
    assert counts == [5, 3, 1, 6]
    demo.furnish(page.parts)
    assert [page.count(model) for model in (Staff, Shift, Enrollment, Phone)] == counts
    state = page.state()
    assert [(member["name"], member["on_call"]) for member in state["staff"]][:3] == [("Ana", "nurse"), ("Ben", "backup"), ("Lee", "lead")]
    assert [row["step"] for row in state["patient"]["planned"]][:2] == ["welcome", "no_squeezing"]
    assert state["nurse"]["name"] == "Ana"


def test_the_clock_moves_forward_and_tells_the_new_now(page: Page) -> None:
    before = page.parts.clock.now()
    status, answer = page.post("/demo/clock", forward_seconds=HOUR)
    assert status == 200
    moved = datetime.fromisoformat(answer["now"])
    assert moved.utcoffset() == timedelta(0)
    assert timedelta(hours=1) <= moved - before < timedelta(hours=1, seconds=30)
    assert page.ahead() == HOUR


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "{}", "null", '{"to": "end"}', '{"forward_seconds": -1}', '{"forward_seconds": NaN}', '{"forward_seconds": 1e999}',
        '{"forward_seconds": true}', '{"forward_seconds": "60"}', '{"forward_seconds": null}', '{"forward_seconds": 1e12}',
        '{"forward_seconds": 60, "to": "next"}', '{"forward_seconds": 60, "by": "me"}', '{"forward_seconds": 1' + "0" * 400 + "}",
    ],
)  # fmt: skip
def test_a_bad_move_is_explained_and_changes_nothing(page: Page, body: str) -> None:
    answer = page.client.post("/demo/clock", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert (answer.json or {})["error"]
    assert page.ahead() == 0


def test_the_clock_has_an_end(page: Page) -> None:
    year = 365 * 24 * HOUR
    answers = [page.post("/demo/clock", forward_seconds=year) for _ in range(80)]
    assert answers[-1][0] == 400
    assert "2100" in answers[-1][1]["error"]
    assert page.parts.clock.now() < datetime(2100, 1, 1, tzinfo=UTC)


def test_next_lands_a_second_behind_each_text(page: Page) -> None:
    page.next()
    page.tick()  # the welcome
    assert page.state()["patient"]["planned"][0]["state"] == "delivered"
    for number in (1, 2):
        due = datetime.fromisoformat(page.state()["patient"]["planned"][number]["at"])
        assert timedelta(seconds=1) <= page.next() - due < timedelta(seconds=30)
        page.tick()
        assert page.state()["patient"]["planned"][number]["state"] == "delivered"


def test_next_does_not_overtake_what_is_due(page: Page) -> None:
    page.next()
    ahead = page.ahead()
    page.next()  # nothing was sent in between
    assert page.ahead() == ahead


def test_next_stops_at_each_rung_of_a_case(page: Page) -> None:
    page.next()
    page.tick()
    page.post("/phones/patient-text", enrollment=1, body="I have a fever of 101")
    page.tick()
    opened = page.parts.clock.now()
    assert "URGENT" in page.state()["nurse"]["texts"][-1]["body"]
    assert timedelta(minutes=9) < page.next() - opened < timedelta(minutes=11)
    page.tick()
    assert timedelta(minutes=14) < page.next() - opened < timedelta(minutes=16)
    page.tick()
    assert "URGENT" in page.state(nurse=2)["nurse"]["texts"][-1]["body"]


def test_without_the_demo_there_is_no_clock_to_move(tmp_path: Path) -> None:
    page = Page(tmp_path, enabled=False)
    assert page.client.post("/demo/clock", json={"forward_seconds": HOUR}).status_code == 404
    assert page.client.get("/phones").status_code == 200  # the carrier is simulated all the same
    assert "data-move" not in page.client.get("/phones").text
    page.parts.db.close()


def test_without_demo_and_simulator_there_are_no_phones(tmp_path: Path) -> None:
    folder = tmp_path / "twilio"
    settings = settings_for(
        f"sqlite:///{folder}/x.sqlite", None, folder, PREPLINE_CARRIER__KIND="twilio",
        PREPLINE_TWILIO__API_URL="http://127.0.0.1:9", PREPLINE_TWILIO__FROM_NUMBER="+12025550100",
    )  # fmt: skip
    client = create_app(settings, clock=HandClock()).test_client()
    for path in ("/phones", "/phones/state.json"):
        assert client.get(path).status_code == 404
    assert client.post("/demo/clock", json={"forward_seconds": 1}).status_code == 404


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
def test_another_site_can_not_drive_the_page(page: Page, headers: dict[str, str]) -> None:
    assert page.client.post("/demo/clock", json={"forward_seconds": HOUR}, headers=headers).status_code == 403
    assert page.client.post("/phones/patient-text", json={"enrollment": 1, "body": "STOP"}, headers=headers).status_code == 403
    assert page.ahead() == 0
    assert page.count(SimulatedText) == 0


@pytest.mark.parametrize("path", ["/phones", "/phones/state.json"])
def test_a_strange_name_does_not_lead_here(page: Page, path: str) -> None:
    """Else a site could point its own name at this machine and read along."""
    assert page.client.get(path, headers={"Host": "evil.example"}).status_code == 403
    assert page.client.get(path, headers={"Host": "192.168.1.5:8000"}).status_code == 200


def test_a_form_of_another_site_is_no_json(page: Page) -> None:
    answer = page.client.post("/phones/patient-text", data='{"enrollment": 1, "body": "STOP"}', content_type="text/plain")
    assert answer.status_code == 400
    assert page.count(SimulatedText) == 0


def test_the_page_itself_may_post(page: Page) -> None:
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    assert page.client.post("/demo/clock", json={"forward_seconds": 1}, headers=ours).status_code == 200


def test_nothing_from_elsewhere_runs_in_the_page(page: Page) -> None:
    answer = page.client.get("/phones")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text


def test_an_unchanged_page_is_not_sent_again(page: Page) -> None:
    first = page.client.get("/phones/state.json")
    again = page.client.get("/phones/state.json", headers={"If-None-Match": first.headers["ETag"]})
    minute_passed = again.status_code == 200 and (first.json or {})["now"] != (again.json or {})["now"]
    assert again.status_code == 304 or minute_passed
    page.post("/phones/language", enrollment=1, language="es")
    assert page.client.get("/phones/state.json", headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_another_patient_gets_a_free_number_and_her_own_clock(page: Page) -> None:
    start = page.client.get("/phones/another.json").json or {}
    status, answer = page.post("/phones/enroll", **start | {"name": "Rosa Diaz", "timezone": "America/Los_Angeles", "language": "es"})
    assert (status, answer["phone_her"]) == (200, False)
    rosa = page.state(patient=answer["enrollment"])["patient"]
    assert (rosa["name"], rosa["number"], rosa["language"]) == ("Rosa Diaz", start["number"], "es")
    assert datetime.fromisoformat(rosa["procedure_at"]).astimezone(UTC).hour in (21, 22)  # 2 PM on the coast
    assert (page.client.get("/phones/another.json").json or {})["number"] != start["number"]


NOW = datetime.now(UTC)
AHEAD = f"{NOW + timedelta(days=30):%Y-%m-%d}T09:00"
MARCH_8 = date(NOW.year + 1, 3, 8)
CLOCKS_JUMP = f"{MARCH_8 + timedelta(days=6 - MARCH_8.weekday())}T02:30"  # the second Sunday of March
FORM = {"name": "X", "number": "+12025550199", "procedure_at": AHEAD, "timezone": "America/Denver", "language": "en"}


@pytest.mark.parametrize(
    ("path", "body", "why"),
    [
        ("/phones/enroll", FORM | {"number": "12"}, "phone"),
        ("/phones/enroll", FORM | {"number": demo.PATIENT[1]}, "already enrolled"),
        ("/phones/enroll", FORM | {"procedure_at": "soon"}, "2026-12-01"),
        ("/phones/enroll", FORM | {"procedure_at": CLOCKS_JUMP}, "does not exist"),
        ("/phones/enroll", FORM | {"procedure_at": "2020-01-01T09:00"}, "past"),
        ("/phones/enroll", FORM | {"timezone": "Mars"}, "Mars"),
        ("/phones/patient-text", {"enrollment": 99, "body": "hi"}, "99"),
        ("/phones/patient-text", {"enrollment": 1, "body": ""}, "body"),
        ("/phones/nurse-text", {"staff": 99, "body": "hi"}, "99"),
        ("/phones/test-done", {"enrollment": 99}, "99"),
        ("/phones/test-done", {"enrollment": 10**30}, "enrollment"),
        ("/phones/language", {"enrollment": 1, "language": "fr"}, "language"),
    ],
)
def test_bad_input_is_explained(page: Page, path: str, body: dict[str, Any], why: str) -> None:
    status, answer = page.post(path, **body)
    assert status == 400
    assert why in answer["error"]
    assert (page.count(Enrollment), page.count(SimulatedText)) == (1, 0)


def test_a_nurse_is_offered_her_commands(page: Page) -> None:
    page.next()
    page.tick()
    page.post("/phones/patient-text", enrollment=1, body="I have a fever of 101")
    page.tick()
    (acknowledge,) = page.state()["nurse"]["suggestions"]
    page.post("/phones/nurse-text", staff=1, body=acknowledge)
    assert page.state()["patient"]["case"]["state"] == "acknowledged"
    page.post("/phones/nurse-text", staff=1, body=page.state()["nurse"]["suggestions"][0])
    case = page.state()["patient"]["case"]
    assert (case["state"], case["outcome"]) == ("closed", "reached")
    assert (case["history"][0]["what"], case["history"][0]["who"]) == ("opened", "patient")
    assert case["history"][-1]["who"] == "Ana"
    assert page.state()["nurse"]["suggestions"] == ["HELP"]
