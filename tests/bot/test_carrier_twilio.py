"""The door to Twilio: what each answer means for trying again, and what is told about a text."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from bot.carrier import CannotLook, CarrierBusy, CarrierRefused, OutcomeUnknown, Refusal
from bot.carrier.twilio import TwilioCarrier
from bot.clock import real_now
from tests.support.standin_twilio import StandInTwilio
from tests.support.twilio_rules import BUSY, DROP_RESPONSE, RESET, SERVER_ERROR, SERVER_ERROR_ACCEPTED, Script, hang, refuse
from tests.support.twilio_webhooks import Answer
from tests.support.world import MARIA, settings_for

TOKEN = "0123456789abcdef0123456789abcdef"
WORDS = "Oak Imaging: no coffee before the test."
Make = Callable[..., TwilioCarrier]


@pytest.fixture
def make(standin: StandInTwilio, tmp_path: Path) -> Make:
    """Gives a carrier with some settings of its own."""
    return lambda **overrides: TwilioCarrier(settings_for("sqlite:///unused", standin, tmp_path, **overrides))


@pytest.fixture
def carrier(make: Make) -> TwilioCarrier:
    return make()


def send(carrier: TwilioCarrier, valid_for: timedelta | None = None) -> str:
    return carrier.send(MARIA, WORDS, reference=TOKEN, valid_for=valid_for)


def test_an_accepted_text_comes_back_with_its_id(carrier: TwilioCarrier, standin: StandInTwilio) -> None:
    sid = send(carrier)
    assert [(text.sid, text.to, text.body) for text in standin.ledger.outbound()] == [(sid, MARIA, WORDS)]


@pytest.mark.parametrize(
    ("script", "means"),
    [
        (BUSY, CarrierBusy),
        (refuse(21611), CarrierBusy),
        (refuse(30001), CarrierBusy),
        (SERVER_ERROR, OutcomeUnknown),
        (SERVER_ERROR_ACCEPTED, OutcomeUnknown),
        (refuse(20503), OutcomeUnknown),
        (hang(1.5), OutcomeUnknown),
        (hang(1.5, accepted=False), OutcomeUnknown),
        (DROP_RESPONSE, OutcomeUnknown),
        (RESET, OutcomeUnknown),
        (Script(answer="reset"), OutcomeUnknown),
    ],
)
def test_only_proof_that_nothing_was_sent_is_busy(
    carrier: TwilioCarrier, standin: StandInTwilio, script: Script, means: type[Exception]
) -> None:
    standin.next(script)
    with pytest.raises(means):
        send(carrier)
    assert len(standin.posted) == 1, "the client must not try again by itself"


def test_a_refused_connection_is_busy(carrier: TwilioCarrier, standin: StandInTwilio) -> None:
    standin.stop()
    with pytest.raises(CarrierBusy):
        send(carrier)


def test_an_unknown_host_is_busy(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with pytest.raises(CarrierBusy):
        send(make(PREPLINE_TWILIO__API_URL="http://no-such-host.invalid"))


@pytest.mark.parametrize(
    ("code", "refusal"),
    [
        (21610, Refusal.OPTED_OUT),
        *((code, Refusal.BAD_NUMBER) for code in (21211, 21614, 21635, 30005, 30006)),
        *((code, Refusal.CONFIGURATION) for code in (20003, 20404, 21212, 21408, 21603, 21606, 21609, 21612, 21659, 21703)),
        *((code, Refusal.CONFIGURATION) for code in (30002, 30032, 30034)),
        *((code, Refusal.BLOCKED) for code in (30004, 30007)),
        *((code, Refusal.OURS) for code in (21602, 21617, 21999)),
    ],
)
def test_every_error_code_has_its_class(carrier: TwilioCarrier, standin: StandInTwilio, code: int, refusal: Refusal) -> None:
    standin.next(refuse(code))
    with pytest.raises(CarrierRefused) as refused:
        send(carrier)
    assert (refused.value.refusal, refused.value.code) == (refusal, code)


def test_a_wrong_auth_token_is_our_configuration(make: Make) -> None:
    with pytest.raises(CarrierRefused) as refused:
        send(make(TWILIO_AUTH_TOKEN="not the token"))
    assert refused.value.refusal is Refusal.CONFIGURATION


# What is no answer of Twilio's at all


class Garbler(ThreadingHTTPServer):
    """Answers everything with the same bytes."""

    answer: tuple[int, bytes] = (201, b"")


class _Handler(BaseHTTPRequestHandler):
    server: Garbler

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def do_GET(self) -> None:
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def garbler() -> Iterator[Garbler]:
    with Garbler(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("body", [b"", b"<html>Sign in to this network", b"[]", b"{}", b'"ok"', b"null", b'{"sid": null}', b'{"sid": ""}'])
def test_a_broken_answer_may_stand_for_a_sent_text(make: Make, garbler: Garbler, body: bytes) -> None:
    garbler.answer = (201, body)
    with pytest.raises(OutcomeUnknown):
        send(make(PREPLINE_TWILIO__API_URL=f"http://127.0.0.1:{garbler.server_port}"))


@pytest.mark.parametrize("status", [400, 403, 404, 407])
def test_a_refusal_without_a_code_of_twilio_holds_the_text(make: Make, garbler: Garbler, status: int) -> None:
    garbler.answer = (status, b"<html>the proxy says no</html>")
    with pytest.raises(CarrierRefused) as refused:
        send(make(PREPLINE_TWILIO__API_URL=f"http://127.0.0.1:{garbler.server_port}"))
    assert refused.value.refusal is Refusal.CONFIGURATION


def test_errors_in_the_newer_form_mean_the_same(make: Make, garbler: Garbler) -> None:
    garbler.answer = (400, b'{"type": "https://example.com/21610", "title": "stopped", "status": 400, "code": 21610}')
    with pytest.raises(CarrierRefused) as refused:
        send(make(PREPLINE_TWILIO__API_URL=f"http://127.0.0.1:{garbler.server_port}"))
    assert refused.value.refusal is Refusal.OPTED_OUT


# What is told about a text


@pytest.mark.parametrize(("seconds_left", "told"), [(None, None), (0.4, "1"), (2.9, "2"), (600, "600"), (36000, "36000"), (90000, "36000")])
def test_a_text_is_valid_no_longer_than_it_makes_sense(
    carrier: TwilioCarrier, standin: StandInTwilio, seconds_left: float | None, told: str | None
) -> None:
    send(carrier, None if seconds_left is None else timedelta(seconds=seconds_left))
    assert standin.posted[0].get("ValidityPeriod") == told


def test_the_number_sends_unless_a_messaging_service_does(make: Make, standin: StandInTwilio) -> None:
    send(make())
    service = "MG" + "0" * 32
    send(make(PREPLINE_TWILIO__MESSAGING_SERVICE_SID=service))
    told = [{name: form.get(name) for name in ("From", "MessagingServiceSid")} for form in standin.posted]
    assert told == [{"From": standin.number, "MessagingServiceSid": None}, {"From": None, "MessagingServiceSid": service}]


def test_the_address_for_receipts_holds_the_token_and_nothing_of_the_patient(make: Make, standin: StandInTwilio) -> None:
    send(make(PREPLINE_TWILIO__PUBLIC_URL="https://texts.example.org"))
    assert standin.posted[0]["StatusCallback"] == f"https://texts.example.org/twilio/status/{TOKEN}"


def test_one_client_serves_all_threads(carrier: TwilioCarrier, standin: StandInTwilio) -> None:
    with ThreadPoolExecutor(8) as pool:
        sids = list(pool.map(lambda _: send(carrier), range(40)))
    assert sorted(sids) == sorted(text.sid for text in standin.ledger.outbound())


# Looking in Twilio's list


def test_only_our_own_words_to_this_number_since_then_are_found(carrier: TwilioCarrier, standin: StandInTwilio) -> None:
    before = real_now() - timedelta(seconds=2)
    sid = send(carrier)
    carrier.send(MARIA, WORDS + " ", reference=TOKEN, valid_for=None)
    carrier.send("+12025550112", WORDS, reference=TOKEN, valid_for=None)
    standin.rules.clear()
    standin.ledger.outbound()[0].sent_at = None  # still queued: Twilio has no day of sending for it
    assert [found.carrier_id for found in carrier.find(MARIA, WORDS, since=before)] == [sid]
    assert carrier.find(MARIA, WORDS, since=real_now() + timedelta(seconds=60)) == []
    assert carrier.find(standin.number, WORDS, since=before) == []


def test_what_she_texted_to_us_is_not_ours(carrier: TwilioCarrier, standin: StandInTwilio) -> None:
    standin.webhooks.post = lambda *_: Answer(204)
    standin.text(standin.number, WORDS)
    assert carrier.find(standin.number, WORDS, since=real_now() - timedelta(hours=1)) == []


def test_a_list_that_cannot_be_read_says_so(make: Make, standin: StandInTwilio, garbler: Garbler) -> None:
    standin.listing = False
    with pytest.raises(CannotLook):
        make().find(MARIA, WORDS, since=real_now())
    standin.stop()
    with pytest.raises(CannotLook):
        make().find(MARIA, WORDS, since=real_now())
    for body in (b"<html>", b"[]", b'{"messages": 3}', b'{"messages": [3]}'):
        garbler.answer = (200, body)
        with pytest.raises(CannotLook):
            make(PREPLINE_TWILIO__API_URL=f"http://127.0.0.1:{garbler.server_port}").find(MARIA, WORDS, since=real_now())
