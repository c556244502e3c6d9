"""The stand-in Twilio as the official client and a listening application see it."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from tests.support import contract
from tests.support.clock import HandClock
from tests.support.missing import cannot_run
from tests.support.phones import Phone
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import (
    BUSY,
    DROP_RESPONSE,
    NO_RECEIPTS,
    RESET,
    SERVER_ERROR,
    SERVER_ERROR_ACCEPTED,
    Receipts,
    Script,
    hang,
    refuse,
    undelivered,
)
from tests.support.twilio_webhooks import Answer

MARIA = "+14125550101"
PUBLIC = "https://prepline.example"
EMPTY = "<?xml version='1.0'?><Response/>"


class Application:
    """Stands where our application will: notes each webhook, checks its signature, answers as told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Mapping[str, str], bool]] = []
        self.answer: Callable[[Mapping[str, str]], Answer] = lambda form: Answer(200, EMPTY, "text/xml")
        self.token = ""

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        genuine = RequestValidator(self.token).validate(url, form, headers["X-Twilio-Signature"])
        self.calls.append((url, form, genuine))
        return self.answer(form)

    def statuses(self) -> list[str]:
        return [form["MessageStatus"] for _, form, _ in self.calls if "MessageStatus" in form]


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def twilio(application: Application, clock: HandClock) -> Iterator[StandInTwilio]:
    with StandInTwilio(PUBLIC, now=clock.now, post=application.post) as standin:
        application.token = standin.auth_token
        yield standin


def client_of(twilio: StandInTwilio, token: str | None = None, timeout: float = 5) -> Client:
    client = Client(twilio.account_sid, token or twilio.auth_token, http_client=TwilioHttpClient(timeout=timeout))
    client.api.base_url = twilio.url
    return client


@pytest.fixture
def client(twilio: StandInTwilio) -> Iterator[Client]:
    client = client_of(twilio)
    yield client
    client.http_client.session.close()


def send(client: Client, twilio: StandInTwilio, **more: object):
    form = {"to": MARIA, "from_": twilio.number, "body": "hola", "status_callback": f"{PUBLIC}/twilio/status/t0ken"} | more
    return client.messages.create(**form)


def test_an_accepted_text_is_in_the_ledger_and_walks_to_delivered_with_genuine_receipts(client, twilio, application, clock):
    sent = send(client, twilio)
    assert (sent.status, sent.to, sent.from_, sent.body, sent.num_segments) == ("queued", MARIA, twilio.number, "hola", "1")
    assert sent.date_created == clock.now()
    assert [text.sid for text in twilio.ledger.outbound(MARIA)] == [sent.sid]
    clock.forward(seconds=3)
    twilio.settle()
    final = client.messages(sent.sid).fetch()
    assert (final.status, final.date_sent) == ("delivered", clock.now())
    assert application.statuses() == ["sent", "delivered"]
    assert all(genuine and url == f"{PUBLIC}/twilio/status/t0ken" for url, _, genuine in application.calls)
    assert application.calls[0][1]["MessageSid"] == sent.sid


def test_a_messaging_service_starts_at_accepted_and_tells_of_queued(client, twilio, application):
    service = "MG" + "0" * 32
    sent = client.messages.create(to=MARIA, messaging_service_sid=service, body="hola", status_callback=f"{PUBLIC}/s")
    twilio.settle()
    assert (sent.status, sent.messaging_service_sid) == ("accepted", service)
    assert application.statuses() == ["queued", "sent", "delivered"]


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"to": "412-555-0101"}, 21211),
        ({"to": ""}, 21604),
        ({"from_": "+14125550000"}, 21606),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"to": "+14125550199"}, 21266),
        ({"status_callback": "prepline.example/status"}, 21609),
    ],
)
def test_a_form_twilio_would_refuse_is_refused_with_its_code(client, twilio, form, code):
    with pytest.raises(TwilioRestException) as refused:
        send(client, twilio, **form)
    assert (refused.value.status, refused.value.code) == (400, code)
    assert twilio.ledger.all() == []


def test_no_sender_a_misspelt_field_and_a_wrong_token_are_refused(twilio):
    url = f"{twilio.url}/2010-04-01/Accounts/{twilio.account_sid}/Messages.json"
    good = {"To": MARIA, "From": twilio.number, "Body": "hola"}

    def post(form: dict[str, str], password: str = twilio.auth_token) -> tuple[int, int]:
        answer = requests.post(url, data=form, auth=(twilio.account_sid, password), timeout=5)
        return answer.status_code, answer.json()["code"]

    assert post({"To": MARIA, "Body": "hola"}) == (400, 21603)
    assert post(good | {"StatusCalback": "https://x.example"}) == (400, 20001)
    assert post(good, password="another") == (401, 20003)
    assert twilio.ledger.all() == []


def test_a_form_that_breaks_twilios_own_description_is_refused_and_remembered(client, twilio):
    if contract.form_schema() is None:
        cannot_run(
            "the contract check of what is posted to Twilio", "Twilio's API description is not here", contract.REMEDY, everywhere=False
        )
    with pytest.raises(TwilioRestException):
        send(client, twilio, validity_period="soon")
    send(client, twilio, validity_period=14400)
    assert len(twilio.ledger.all()) == 1
    assert twilio.breaches.pop().startswith("ValidityPeriod: ")


@pytest.mark.parametrize(
    ("script", "status", "code"),
    [(BUSY, 429, 20429), (SERVER_ERROR, 500, 20500), (refuse(21610), 400, 21610), (refuse(21614), 400, 21614), (refuse(30034), 400, 30034)],
)
def test_a_scripted_error_keeps_nothing_and_touches_one_request(client, twilio, script, status, code):
    twilio.next(script)
    with pytest.raises(TwilioRestException) as refused:
        send(client, twilio)
    assert (refused.value.status, refused.value.code) == (status, code)
    assert twilio.ledger.all() == []
    send(client, twilio)
    assert len(twilio.ledger.all()) == 1
    assert len(twilio.posted) == 2


def test_a_server_error_may_hide_an_accepted_text(client, twilio):
    twilio.next(SERVER_ERROR_ACCEPTED)
    with pytest.raises(TwilioRestException) as refused:
        send(client, twilio)
    assert refused.value.status == 500
    assert len(twilio.ledger.all()) == 1


@pytest.mark.parametrize(("script", "kept"), [(DROP_RESPONSE, 1), (RESET, 0)])
def test_the_answer_can_get_lost_with_or_without_the_text(client, twilio, script, kept):
    twilio.next(script)
    with pytest.raises(requests.ConnectionError):
        send(client, twilio)
    assert len(twilio.ledger.all()) == kept


def test_a_hanging_call_has_been_accepted_when_the_client_gives_up(twilio):
    impatient = client_of(twilio, timeout=0.1)
    twilio.next(hang(60))
    with pytest.raises(requests.ReadTimeout):
        send(impatient, twilio)
    assert len(twilio.ledger.all()) == 1
    impatient.http_client.session.close()
    started = time.monotonic()
    twilio.stop()
    assert time.monotonic() - started < 30  # nobody waits for the hanging call


def test_an_outage_refuses_connections_and_ends_on_the_same_port(client, twilio):
    send(client, twilio)
    twilio.stop()
    with pytest.raises(requests.ConnectionError):
        send(client, twilio)
    twilio.start()
    send(client, twilio)
    assert len(twilio.ledger.all()) == 2


def test_rules_see_the_form(client, twilio):
    twilio.rules.append(lambda form: undelivered(30003) if form["To"] == MARIA else None)
    hers, other = send(client, twilio), send(client, twilio, to="+14125550102")
    twilio.settle()
    fetched = client.messages(hers.sid).fetch()
    assert (fetched.status, fetched.error_code) == ("undelivered", 30003)
    assert client.messages(other.sid).fetch().status == "delivered"
    assert twilio.messages_to(MARIA) == []


@pytest.mark.parametrize(
    ("receipts", "statuses", "genuine"),
    [
        (Receipts(copies=2), ["sent", "sent", "delivered", "delivered"], True),
        (Receipts(backwards=True), ["delivered", "sent"], True),
        (Receipts(lost=("sent",)), ["delivered"], True),
        (NO_RECEIPTS.receipts, [], True),
        (Receipts(forged=True), ["sent", "delivered"], False),
    ],
)
def test_receipts_come_twice_backwards_forged_or_never(client, twilio, application, receipts, statuses, genuine):
    twilio.next(Script(receipts=receipts))
    sent = send(client, twilio)
    twilio.settle()
    assert application.statuses() == statuses
    assert all(call[2] is genuine for call in application.calls)
    assert client.messages(sent.sid).fetch().status == "delivered"


def test_a_receipt_can_come_before_the_answer(client, twilio, application):
    twilio.next(Script(receipts=Receipts(before_answer=True)))
    sent = send(client, twilio)
    assert sent.status == "queued"
    assert application.statuses() == ["sent", "delivered"]
    assert twilio.settle() == 0


def test_an_automatic_one_posts_by_itself_after_the_delay(application):
    with StandInTwilio(PUBLIC, post=application.post, automatic=True) as twilio:
        application.token = twilio.auth_token
        client = client_of(twilio)
        twilio.next(Script(receipts=Receipts(delay_seconds=0.1)))
        started = time.monotonic()
        send(client, twilio)
        assert application.calls == []
        twilio.settle()
        assert application.statuses() == ["sent", "delivered"]
        assert 0.2 <= time.monotonic() - started < 5
        client.http_client.session.close()


def test_a_receipt_that_meets_no_connection_is_posted_once_more_or_as_the_url_asks(client, twilio, application):
    application.answer = lambda form: Answer(None)
    twilio.next(undelivered(30007, "failed"), undelivered(30007, "failed"))
    send(client, twilio)
    twilio.settle()
    assert len(application.calls) == 2
    application.calls.clear()
    application.answer = lambda form: Answer(503)
    send(client, twilio, status_callback=f"{PUBLIC}/twilio/status/t#rc=3&rp=all")
    twilio.settle()
    assert [(url, genuine) for url, _, genuine in application.calls] == [(f"{PUBLIC}/twilio/status/t", True)] * 4


def test_the_listing_filters_pages_and_can_be_switched_off(client, twilio, clock):
    for number in range(7):
        clock.forward(minutes=1)
        send(client, twilio, body=f"hola {number}")
    send(client, twilio, to="+14125550102")
    assert client.messages.list(limit=1)[0].to == "+14125550102"  # newest first, within one moment of the clock too
    assert client.messages.list(to=MARIA, date_sent=clock.now().date()) == []  # none is sent yet
    twilio.settle()
    assert [text.body for text in client.messages.list(to=MARIA, page_size=3)] == [f"hola {number}" for number in reversed(range(7))]
    assert len(client.messages.list(from_=twilio.number, date_sent=clock.now().date())) == 8
    assert len(client.messages.list(date_sent_after=clock.now())) == 8
    assert client.messages.list(date_sent_before=date(2026, 11, 1)) == []
    twilio.listing = False
    with pytest.raises(TwilioException, match="Unable to fetch page"):  # the plain one: this is how the client fails on a list
        client.messages.list(to=MARIA)


def test_a_final_text_can_be_redacted(client, twilio):
    sent = send(client, twilio)
    with pytest.raises(TwilioRestException) as early:
        client.messages(sent.sid).update(body="")
    assert early.value.code == 20009
    twilio.settle()
    with pytest.raises(TwilioRestException) as rewritten:
        client.messages(sent.sid).update(body="something else")
    assert rewritten.value.code == 30400
    assert client.messages(sent.sid).update(body="").body == ""
    assert [text.body for text in twilio.ledger.outbound(MARIA)] == [""]


def test_the_account_has_one_number(client, twilio):
    [number] = client.incoming_phone_numbers.list(phone_number=twilio.number)
    assert (number.phone_number, number.sms_url) == (twilio.number, f"{PUBLIC}/twilio/sms")
    assert client.incoming_phone_numbers.list(phone_number=MARIA) == []


def test_an_inbound_text_is_signed_listed_and_its_twiml_followed(client, twilio, application):
    first = '<Message statusCallback="/twilio/status/r1">Black coffee is fine.</Message>'
    second = "<Message><Body>Anything else?</Body></Message>"
    application.answer = lambda form: Answer(200, f"<Response>{first}{second}</Response>", "text/xml; charset=utf-8")
    answer = twilio.text(MARIA, "is coffee ok?", NumMedia="1", MediaUrl0="https://x.example/1")
    assert answer.status == 200
    [(url, form, genuine)] = application.calls
    assert (url, genuine) == (f"{PUBLIC}/twilio/sms", True)
    assert (form["Body"], form["NumMedia"], form["MessageSid"]) == ("is coffee ok?", "1", form["SmsSid"])
    assert twilio.messages_to(MARIA) == ["Black coffee is fine.", "Anything else?"]
    twilio.settle()
    assert [(url, form["MessageStatus"]) for url, form, _ in application.calls[1:]] == [
        (f"{PUBLIC}/twilio/status/r1", "sent"),
        (f"{PUBLIC}/twilio/status/r1", "delivered"),
    ]
    [heard] = client.messages.list(to=twilio.number)
    assert (heard.direction, heard.status, heard.body, heard.from_) == ("inbound", "received", "is coffee ok?", MARIA)


def test_a_text_the_application_could_not_take_is_still_in_the_list(client, twilio, application):
    application.answer = lambda form: Answer(None)
    assert twilio.text(MARIA, "I feel faint").status is None
    assert len(application.calls) == 2
    assert [text.body for text in client.messages.list(to=twilio.number)] == ["I feel faint"]


def test_the_same_text_told_twice_is_one_text_and_a_forged_one_is_seen_through(twilio, application):
    twilio.text(MARIA, "hi", MessageSid="SM" + "1" * 32)
    twilio.text(MARIA, "hi", MessageSid="SM" + "1" * 32, auth_token="somebody else's")
    assert len(twilio.ledger.inbound()) == 1
    assert [genuine for _, _, genuine in application.calls] == [True, False]


@pytest.mark.parametrize(
    ("content_type", "body"), [("text/html", "<p>oops</p>"), ("text/xml", ""), ("text/xml", "<Response><Dial/></Response>")]
)
def test_an_answer_that_is_no_twiml_is_a_breach(twilio, application, content_type, body):
    application.answer = lambda form: Answer(200, body, content_type)
    twilio.text(MARIA, "hi")
    assert len(twilio.breaches) == 1


def test_only_the_bare_word_stops_and_only_start_lifts_it(client, twilio, application):
    application.answer = lambda form: Answer(200, "<Response><Message>Noted.</Message></Response>", "text/xml")
    twilio.text(MARIA, "stop please")
    send(client, twilio)
    twilio.text(MARIA, " Stop ")
    with pytest.raises(TwilioRestException) as blocked:
        send(client, twilio)
    assert blocked.value.code == 21610
    assert [code for code, _ in twilio.refused] == [21610, 21610]  # the TwiML reply to STOP, and the POST
    twilio.text(MARIA, "START")
    send(client, twilio)
    assert [text.body[:30] for text in twilio.ledger.outbound(MARIA) if text.automatic] == [
        "You have successfully been uns",
        "You have successfully been re-",
    ]
    assert len([text for text in twilio.ledger.outbound(MARIA) if not text.automatic]) == 4
    assert len(application.calls) == 3  # each of her texts reaches the application too


def test_fifty_at_once_are_fifty_in_the_ledger(twilio):
    clients = [client_of(twilio) for _ in range(5)]

    def send_ten(client: Client) -> None:
        for _ in range(10):
            send(client, twilio)
        client.http_client.session.close()

    threads = [threading.Thread(target=send_ten, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({text.sid for text in twilio.ledger.outbound(MARIA)}) == 50


def test_a_phone_hears_what_the_stand_in_sends(client, twilio, application):
    application.answer = lambda form: Answer(200, "<Response><Message>A nurse will call you.</Message></Response>", "text/xml")
    maria = Phone(MARIA, twilio.text, twilio.messages_to, twilio.settle, "Maria")
    maria.hears_nothing().texts("there is a lot of blood").hears("a NURSE", "call").hears_nothing()
    send(client, twilio, body="one")
    send(client, twilio, body="two")
    with pytest.raises(AssertionError, match="did not hear"):
        maria.hears("a nurse")  # read before
    with pytest.raises(AssertionError, match=r"(?s)Maria did not hear 'three'.*- one.*- two"):
        maria.hears("three")
    maria.hears("one").hears("two").hears_nothing()
    send(client, twilio, body="three")
    with pytest.raises(AssertionError, match="- three"):
        maria.hears_nothing()
    maria.catches_up().hears_nothing()
    assert maria.heard == ["A nurse will call you.", "one", "two", "three"]
