"""The webhook: who is let in, what a bad request does (nothing), and that the same text counts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from sqlalchemy import select

from bot import outbox
from bot.models import DeliveryReceipt, InboundText, Weight
from tests.support.phones import Phone
from tests.support.signed import PUBLIC, SMS, form_of, post, replies, rows
from tests.support.standin_twilio import StandInTwilio, new_sid
from tests.support.twilio_rules import sign
from tests.support.world import MARIA, World, settings_for

TEST_AT = datetime(2026, 11, 20, 14, 0)  # noqa: DTZ001 -- on the patient's clock
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Who is let in


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "not the token"},
        {"signed_for": SMS.replace("http:", "https:")},
        {"signed_for": SMS.replace(":8000", ":8001")},
        {"signed_for": f"{PUBLIC}/twilio/other"},
        {"signed_for": f"{SMS}?a=1"},
        {"path": "/twilio/sms?a=1"},
    ],
    ids=["forged", "scheme", "port", "path", "query signed", "query sent"],
)
@on_sqlite
def test_a_wrong_signature_leaves_no_trace(world: World, wrong: dict[str, str]) -> None:
    before = rows(world)
    assert post(world, form_of(world, "there is a lot of blood"), **wrong).status_code == 403
    assert rows(world) == before


@on_sqlite
def test_no_signature_a_changed_text_and_another_account_are_refused(world: World) -> None:
    before, form = rows(world), form_of(world, "1")
    client = world.app.test_client()
    assert client.post("/twilio/sms", data=form).status_code == 403
    signature = {"X-Twilio-Signature": sign(world.twilio.auth_token, SMS, form)}
    for changed in (form | {"Body": "2"}, form | {"From": "+12025550199"}, form | {"Extra": "x"}):
        assert client.post("/twilio/sms", data=changed, headers=signature).status_code == 403
    assert post(world, form_of(world, AccountSid=new_sid("AC"))).status_code == 403
    assert rows(world) == before


@on_sqlite
def test_unknown_extra_fields_are_signed_and_welcome(world: World) -> None:
    assert post(world, form_of(world, ChannelMetadata='{"type": "new"}', FutureField="")).status_code == 200


@on_sqlite
def test_the_token_before_counts_while_rotating(database_url: str, standin: StandInTwilio, clock: Any, tmp_path: Any) -> None:
    settings = settings_for(database_url, standin, tmp_path, TWILIO_AUTH_TOKEN="new", TWILIO_AUTH_TOKEN_PREVIOUS="old")
    world = World(settings, standin, clock)
    answers = {token: post(world, form_of(world), token=token).status_code for token in ("new", "old", standin.auth_token)}
    world.close()
    assert answers == {"new": 200, "old": 200, standin.auth_token: 403}


@pytest.mark.parametrize(
    "changes",
    [
        {"MessageSid": None},
        {"MessageSid": ""},
        {"MessageSid": "SM 1\0"},
        {"MessageSid": "S" * 5000},
        {"From": None},
        {"From": "Maria"},
        {"From": "+1202555\0"},
        {"From": "+" + "1" * 40},
        {"NumMedia": "many"},
        {"NumMedia": "-1"},
        {"NumMedia": "²"},
        {"NumMedia": ""},
    ],
    ids=lambda changes: str(changes)[:40],
)
@on_sqlite
def test_a_malformed_text_changes_nothing(world: World, changes: dict[str, str | None]) -> None:
    before = rows(world)
    assert post(world, form_of(world, **changes)).status_code == 400
    assert rows(world) == before


@on_sqlite
def test_what_is_no_form_at_all_changes_nothing(world: World) -> None:
    before, client = rows(world), world.app.test_client()
    empty = {"X-Twilio-Signature": sign(world.twilio.auth_token, SMS, {})}
    form = urlencode(form_of(world))
    answers = [
        client.get("/twilio/sms", headers=empty),
        client.put("/twilio/sms", data=form, headers=empty),
        client.post("/twilio/sms", json=form_of(world), headers=empty),
        client.post("/twilio/sms", data=bytes(range(256)), content_type="application/octet-stream", headers=empty),
        client.post("/twilio/sms", data=b"Body=\xff\xfe&From=%FF&%00", content_type="application/x-www-form-urlencoded", headers=empty),
        client.post(
            "/twilio/sms", data=b"--x\r\nContent-Disposition: nonsense", content_type="multipart/form-data; boundary=x", headers=empty
        ),
        client.post("/twilio/sms", data=form + "&Body=" + "x" * 1_000_000, content_type="application/x-www-form-urlencoded", headers=empty),
        client.post("/twilio/sms", data="&".join(f"a{n}=1" for n in range(5000)), content_type="application/x-www-form-urlencoded"),
    ]
    assert [answer.status_code // 100 for answer in answers] == [4] * len(answers)
    assert answers[6].status_code == 413
    assert rows(world) == before


@on_sqlite
def test_odd_characters_in_a_signed_text_do_not_hide_a_sign(world: World, maria: Phone) -> None:
    world.enroll(TEST_AT)
    for body in ("I can't breathe \0", "I can't breathe \ufffd\x1b[31m", "I can't breathe " + "!" * 20_000):
        assert any("911" in reply for reply in replies(post(world, form_of(world, body))))


@pytest.mark.parametrize(
    "body",
    [
        "",
        " \n\t",
        "👩\u200d⚕️ 🩸",
        "z̸̨͑a̷l̵g̶o̷",
        "\u202eforty right to left",
        "𝓯𝓮𝓿𝓮𝓻 102",
        "%s %(x)s {0} $org",
        "'; DROP TABLE phone; --",
        "<Response/>&",
        "é" * 1600,
    ],
)
@on_sqlite
def test_any_text_is_kept_as_it_came_and_answered(world: World, body: str) -> None:
    world.enroll(TEST_AT)
    assert replies(post(world, form_of(world, body)))
    with world.parts.db.read() as session:
        assert session.scalars(select(InboundText.body)).all() == [body]


def test_without_a_database_twilio_is_told_to_come_back(world: World) -> None:
    form = form_of(world)
    with world.parts.db.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE inbound_text RENAME TO gone")
    answer = post(world, form)
    assert (answer.status_code, answer.data) == (503, b"503 Service Unavailable\n")
    with world.parts.db.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE gone RENAME TO inbound_text")
    assert rows(world)["phone"] == 0
    assert post(world, form).status_code == 200


# The same text counts once


def test_the_same_text_five_times_in_a_row_counts_once(world: World) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    form = form_of(world, "my breast is hot and I have chills")
    first = post(world, form)
    after = rows(world)
    again = [post(world, form) for _ in range(4)]
    assert [answer.data for answer in again] == [first.data] * 4
    assert rows(world) == after
    assert (after["inbound_text"], after["escalation"]) == (1, 1)
    assert len(world.texts(step="page")) == 1


def test_the_same_text_five_times_at_once_counts_once(world: World) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    form = form_of(world, "there is a lot of blood")
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: post(world, form), range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.data for answer in answers}) == 1
    assert any("911" in reply for reply in replies(answers[0]))
    after = rows(world)
    assert (after["inbound_text"], after["escalation"], len(world.texts(step="page"))) == (1, 1, 1)
    assert after["send_attempt"] == len(replies(answers[0]))


def test_an_unknown_phone_that_texts_five_times_at_once_is_one_phone(world: World) -> None:
    forms = [form_of(world, "hello", From="+12025550190") for _ in range(5)]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda form: post(world, form), forms))
    assert sorted(len(replies(answer)) for answer in answers) == [0, 0, 1, 1, 1]  # three replies an hour
    assert (rows(world)["phone"], rows(world)["inbound_text"]) == (1, 5)


def test_two_texts_of_one_patient_at_once_open_one_case(world: World) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    forms = [form_of(world, body) for body in ("I have a fever of 102", "now I can't breathe", "1", "2", "ok")]
    with ThreadPoolExecutor(5) as pool:
        statuses = [answer.status_code for answer in pool.map(lambda form: post(world, form), forms)]
    assert statuses == [200] * 5
    assert [(case.urgency, set(case.kinds) >= {"fever", "breathing"}) for case in world.cases()] == [("emergency", True)]
    with world.parts.db.read() as session:
        assert len(set(session.scalars(select(InboundText.carrier_id)))) == 5


def test_without_its_page_a_sign_is_not_taken_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.nurse("ana", "nurse")
    world.enroll(TEST_AT)
    world.settle()
    form, put, before = form_of(world, "there is a lot of blood"), outbox.put, rows(world)

    def no_page(connection: Any, messages: Any, now: Any, cause: str) -> Any:
        if cause == "page":
            raise RuntimeError("the disk is full")
        return put(connection, messages, now, cause)

    with monkeypatch.context() as broken:
        broken.setattr(outbox, "put", no_page)
        answer = post(world, form)
        assert (answer.status_code, answer.data) == (500, b"500 Internal Server Error\n")
    assert rows(world) == before
    assert post(world, form).status_code == 200  # Twilio tries again
    assert len(world.cases()) == 1


@on_sqlite
def test_the_answer_is_well_formed_whatever_the_clinic_is_called(
    database_url: str, standin: StandInTwilio, clock: Any, tmp_path: Any
) -> None:
    world = World(settings_for(database_url, standin, tmp_path, PREPLINE_CLINIC__NAME='A&B <"x">'), standin, clock)
    world.enroll(TEST_AT)
    answer = post(world, form_of(world, "help"))
    world.close()
    assert any('A&B <"x">' in reply for reply in replies(answer))


@on_sqlite
def test_each_reply_names_the_address_of_its_own_receipts(world: World) -> None:
    world.enroll(TEST_AT)
    answer = post(world, form_of(world, "hello"))
    [message] = ElementTree.fromstring(answer.data).iter("Message")
    callback = message.get("statusCallback", "")
    assert callback.startswith(f"{PUBLIC}/twilio/status/")
    assert MARIA[1:] not in callback
    receipt = {"MessageSid": new_sid(), "MessageStatus": "delivered", "AccountSid": world.twilio.account_sid}
    path = callback.removeprefix(PUBLIC)
    assert post(world, receipt, signed_for=callback, path=path).status_code == 204
    [text] = world.texts(weight=str(Weight.ROUTINE), text_key=world.texts()[-1].text_key)
    assert (text.state, text.carrier_id) == ("delivered", receipt["MessageSid"])


# Receipts


def test_a_forged_receipt_changes_nothing_and_an_unknown_one_is_kept(world: World) -> None:
    url = f"{PUBLIC}/twilio/status/{'0' * 32}"
    form = {"MessageSid": new_sid(), "MessageStatus": "delivered", "AccountSid": world.twilio.account_sid}
    path = url.removeprefix(PUBLIC)
    before = rows(world)
    assert post(world, form, signed_for=url, path=path, token="forged").status_code == 403
    for bad in ({"MessageSid": ""}, {"MessageStatus": "\0"}, {"ErrorCode": "many"}, {"MessageStatus": "x" * 100}):
        assert post(world, form | bad, signed_for=url, path=path).status_code == 400
    assert rows(world) == before
    assert [post(world, form, signed_for=url, path=path).status_code for _ in range(3)] == [204] * 3
    with world.parts.db.read() as session:
        [kept] = session.scalars(select(DeliveryReceipt))
    assert (kept.status, kept.applied_at) == ("delivered", None)
