"""A stand-in for api.twilio.com: takes and lists messages, sends signed webhooks, and fails when told to.

    with StandInTwilio("http://127.0.0.1:8000") as twilio:
        client.api.base_url = twilio.url
        twilio.next(DROP_RESPONSE)                       # the next POST is accepted, its answer never arrives
        twilio.rules.append(lambda form: BUSY if form["To"] == MARIA else None)
        twilio.text(MARIA, "is coffee ok?")              # posts the signed webhook, follows the TwiML it gets
        twilio.settle()                                  # the receipts are posted
        assert [text.body for text in twilio.ledger.outbound(MARIA)] == [...]

What a message is refused for and the scripts are in `twilio_rules`, the texts in `twilio_ledger`.
"""

import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self
from urllib.parse import urlencode, urljoin
from xml.etree import ElementTree

from tests.support import contract
from tests.support.twilio_ledger import API, Ledger, Text
from tests.support.twilio_rules import ACCEPT, FINAL, HELP_WORDS, START_WORDS, STOP_WORDS, Script, error_json, refusal
from tests.support.twilio_server import Reply, Request, Server
from tests.support.twilio_webhooks import Answer, Errands, Post, Webhooks, post_over_http

Rule = Callable[[Mapping[str, str]], Script | None]


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_sid(kind: str = "SM") -> str:
    return kind + uuid.uuid4().hex


class StandInTwilio:
    """Holds one account with one number.

    `public_url` is where our application is reached; it may be set later. `automatic`: receipts leave by themselves on
    a thread; otherwise each waits for `settle()`. `post` may hand webhooks to an application in the same process.
    """

    def __init__(
        self,
        public_url: str = "http://127.0.0.1:8000",
        *,
        number: str = "+14125550199",
        now: Callable[[], datetime] = utc_now,
        automatic: bool = False,
        post: Post = post_over_http,
        retries: int = 1,
    ) -> None:
        self.public_url = public_url
        self.number = number
        self.now = now
        self.account_sid = new_sid("AC")
        self.auth_token = uuid.uuid4().hex
        self.webhooks = Webhooks(self.auth_token, post, retries)
        self.ledger = Ledger()
        self.rules: list[Rule] = []
        self.posted: list[Mapping[str, str]] = []  # every form that came to Messages.json, taken or not
        self.refused: list[tuple[int, Mapping[str, str]]] = []  # codes of what our own scripts and Twilio's rules refused
        self.breaches: list[str] = []  # what real Twilio would complain of; a test that leaves any fails
        self.listing = True
        self.blocked: set[str] = set()
        self._scripts: deque[Script] = deque()
        self._lock = threading.Lock()
        self._errands = Errands(automatic=automatic)
        self._server: Server | None = None
        self.start()

    # For tests

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen, after `stop` on the same port as before."""
        self._server = Server(self._answer, getattr(self, "_port", 0))
        self._port: int = self._server.server_address[1]

    def stop(self) -> None:
        """Refuse connections, as in an outage. The ledger stays."""
        if self._server:
            self._server.close()
            self._server = None

    def close(self) -> None:
        self._errands.stop()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def next(self, *scripts: Script) -> None:
        """Script the coming POSTs of a message, one each, before any rule is asked."""
        with self._lock:
            self._scripts.extend(scripts)

    def settle(self) -> int:
        """See that every receipt has been posted; return how many steps of texts were taken here."""
        return self._errands.settle()

    def messages_to(self, number: str) -> list[str]:
        """Return the bodies a phone has received, oldest first: what failed on the way is not among them."""
        return [text.body for text in self.ledger.outbound(number) if text.status not in {"undelivered", "failed"}]

    def text(self, from_: str, body: str, *, auth_token: str | None = None, **extra: str) -> Answer:
        """Text our number: keep it, apply opt-out words, post the webhook and follow the TwiML. Returns the webhook's answer.

        `extra` adds to or replaces the form (`MessageSid` to say the same thing twice); `auth_token` forges the signature.
        """
        form = self._inbound_form(from_, body) | extra
        heard = Text(form["MessageSid"], self.account_sid, "inbound", from_, self.number, body, "received", self.now(), form)
        heard.sent_at = heard.created_at
        self.ledger.add(heard)
        self._apply_opt_out_words(from_, body)
        url = urljoin(self.public_url, "/twilio/sms")
        answer = self.webhooks.send(url, form, auth_token)
        self._follow(answer, url, from_)
        return answer

    # Requests to the API

    def _answer(self, request: Request) -> Reply:
        account = f"{API}/Accounts/{self.account_sid}"
        if (request.user, request.password) != (self.account_sid, self.auth_token):
            return _error(20003)
        match request.method, request.path.removeprefix(account).removesuffix(".json").split("/")[1:]:
            case "POST", ["Messages"]:
                return self._create(request.form)
            case "GET", ["Messages"]:
                return self._list(request) if self.listing else _error(20503)
            case "GET", ["Messages", sid]:
                text = self.ledger.find(sid)
                return Reply(200, text.as_json()) if text else _error(20404)
            case "POST", ["Messages", sid]:
                return self._redact(sid, request.form)
            case "GET", ["IncomingPhoneNumbers"]:
                return self._numbers(request)
        return _error(20404)

    def _create(self, form: Mapping[str, str]) -> Reply:
        with self._lock:
            self.posted.append(form)
            script = self._scripts.popleft() if self._scripts else self._ruled(form)
        if not script.accepted:
            return self._refuse(form, script)
        wrong = refusal(form, {self.number}) or self._breach(form) or self._opted_out(form["To"])
        if wrong:
            self.refused.append((wrong[0], form))
            return _error(*wrong)
        text = Text(new_sid(), self.account_sid, "outbound-api", form.get("From", self.number), form["To"], form.get("Body", ""),
                    "accepted" if "MessagingServiceSid" in form else "queued", self.now(), form)  # fmt: skip
        first = text.as_json()
        self.ledger.add(text)
        self._walk(text, script, form.get("StatusCallback", ""))
        status, payload = error_json(script.code) if script.code else (201, first)
        return Reply(status, payload, script.answer, script.wait_seconds)

    def _refuse(self, form: Mapping[str, str], script: Script) -> Reply:
        code = script.code or 20503
        self.refused.append((code, form))
        status, payload = error_json(code)
        return Reply(status, payload, script.answer, script.wait_seconds)

    def _ruled(self, form: Mapping[str, str]) -> Script:
        return next((script for rule in self.rules if (script := rule(form))), ACCEPT)

    def _breach(self, form: Mapping[str, str]) -> tuple[int, str] | None:
        broken = contract.breaches(form)
        self.breaches += broken
        return (20001, "; ".join(broken)) if broken else None

    def _opted_out(self, number: str) -> tuple[int, str] | None:
        return (21610, "") if number in self.blocked else None

    def _list(self, request: Request) -> Reply:
        texts = self.ledger.matching(request.query)
        return _page(request, "messages", [text.as_json() for text in texts])

    def _redact(self, sid: str, form: Mapping[str, str]) -> Reply:
        text = self.ledger.find(sid)
        if text is None:
            return _error(20404)
        if form != {"Body": ""}:
            return _error(30400)
        if text.status not in FINAL:
            return _error(20009)
        text.body, text.updated_at = "", self.now()
        return Reply(200, text.as_json())

    def _numbers(self, request: Request) -> Reply:
        ours: dict[str, object] = {
            "account_sid": self.account_sid,
            "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
            "friendly_name": self.number,
            "phone_number": self.number,
            "sid": "PN" + self.account_sid[2:],
            "sms_method": "POST",
            "sms_url": urljoin(self.public_url, "/twilio/sms"),
            "status": "in-use",
        }
        wanted = request.query.get("PhoneNumber") in {None, self.number}
        return _page(request, "incoming_phone_numbers", [ours] if wanted else [])

    # What goes to our application

    def _walk(self, text: Text, script: Script, callback: str) -> None:
        """Arrange the statuses of one text, and the receipts that tell of them."""
        receipts = script.receipts
        statuses = ("queued", *script.walk) if text.status == "accepted" else script.walk
        told = statuses[::-1] if receipts.backwards else statuses
        url = urljoin(self.public_url, callback) if callback else ""

        def take_step(reached: str, tell: str) -> None:
            text.advance(reached, script.error_code, self.now())
            if url and tell not in receipts.lost:
                form = self._receipt_form(text, tell, script.error_code)
                for _ in range(receipts.copies):
                    self.webhooks.send(url, form, "not the token" if receipts.forged else None)

        for position, (reached, tell) in enumerate(zip(statuses, told, strict=True), start=1):
            step = partial(take_step, reached, tell)
            if receipts.before_answer:
                step()
            else:
                self._errands.add(receipts.delay_seconds * position, step)

    def _receipt_form(self, text: Text, status: str, error_code: int | None) -> dict[str, str]:
        form = {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": status,
            "SmsSid": text.sid,
            "SmsStatus": status,
            "To": text.to,
        }
        if "MessagingServiceSid" in text.form:
            form["MessagingServiceSid"] = text.form["MessagingServiceSid"]
        if status in {"undelivered", "failed"} and error_code:
            form["ErrorCode"] = str(error_code)
        if status == "delivered":
            form["RawDlrDoneDate"] = f"{self.now():%y%m%d%H%M}"
        return form

    def _inbound_form(self, from_: str, body: str) -> dict[str, str]:
        sid = new_sid()
        places = {f"{end}{part}": "" for end in ("From", "To") for part in ("City", "State", "Zip")}
        return places | {
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
            "Body": body,
            "From": from_,
            "FromCountry": "US",
            "MessageSid": sid,
            "NumMedia": "0",
            "NumSegments": str(Text(sid, "", "inbound", from_, self.number, body, "received", self.now()).segments),
            "SmsMessageSid": sid,
            "SmsSid": sid,
            "SmsStatus": "received",
            "To": self.number,
            "ToCountry": "US",
        }

    def _apply_opt_out_words(self, number: str, body: str) -> None:
        """Block and lift as Twilio does: before our webhook, for the bare word only, with an answer of its own."""
        word = body.strip().casefold()
        if word in STOP_WORDS and number not in self.blocked:
            self._say(number, "You have successfully been unsubscribed. You will not receive any more messages from this number.", "", True)
            self.blocked.add(number)
        elif word in START_WORDS and number in self.blocked:
            self.blocked.remove(number)
            self._say(number, "You have successfully been re-subscribed to messages from this number.", "", True)
        elif word in HELP_WORDS:
            self._say(number, "Reply STOP to unsubscribe. Msg&Data Rates May Apply.", "", True)

    def _follow(self, answer: Answer, url: str, caller: str) -> None:
        """Send each <Message> of a TwiML answer."""
        if answer.status is None or answer.status >= 300 or answer.status == 204:
            return
        if "xml" not in answer.content_type or not answer.body:
            self.breaches.append(f"a webhook was answered {answer.status} with {answer.content_type or 'no type'}, which is not TwiML")
            return
        for verb in ElementTree.fromstring(answer.body):
            if verb.tag == "Message":
                body = verb.findtext("Body") or verb.text or ""
                self._say(verb.get("to", caller), body, urljoin(url, verb.get("statusCallback", "")) if verb.get("statusCallback") else "")
            else:
                self.breaches.append(f"<{verb.tag}> is not known here")

    def _say(self, to: str, body: str, callback: str, automatic: bool = False) -> None:
        """Send a reply, or note why it is refused."""
        form = {"To": to, "From": self.number, "Body": body} | ({"StatusCallback": callback} if callback else {})
        script = ACCEPT if automatic else self._ruled(form)
        wrong = refusal(form, {self.number}) or self._opted_out(to)
        if wrong or not script.accepted:
            self.refused.append((wrong[0] if wrong else script.code or 20503, form))
            return
        text = Text(new_sid(), self.account_sid, "outbound-reply", self.number, to, body, "queued", self.now(), form, automatic)
        self.ledger.add(text)
        self._walk(text, script, callback)


def _error(code: int, about: str = "") -> Reply:
    return Reply(*error_json(code, about))


def _page(request: Request, name: str, rows: list[dict[str, object]]) -> Reply:
    """Return one page of a listing, with the way to the next."""
    size, page = min(int(request.query.get("PageSize", 50)), 1000), int(request.query.get("Page", 0))
    start, end = page * size, (page + 1) * size
    following = request.path + "?" + urlencode({**request.query, "Page": page + 1, "PageSize": size, "PageToken": f"PA{page + 1}"})
    return Reply(200, {
        name: rows[start:end],
        "end": min(end, len(rows)) - 1,
        "first_page_uri": request.path,
        "next_page_uri": following if end < len(rows) else None,
        "page": page,
        "page_size": size,
        "previous_page_uri": None,
        "start": start,
        "uri": request.path,
    })  # fmt: skip
