"""Where Twilio knocks: signature, size, parse; nothing else. What a text means is worked out in inbox.py."""

import re
from collections.abc import Callable
from functools import wraps
from hmac import compare_digest
from typing import Final

from flask import Blueprint, Response, abort, request
from markupsafe import escape
from twilio.request_validator import RequestValidator

from bot import inbox, receipts
from bot.inbox import Received, Reply
from bot.parts import parts

bp = Blueprint("webhook", __name__)

NUMBER: Final = re.compile(r"\+?[0-9]{3,15}")
CARRIER_ID: Final = re.compile(r"[A-Za-z0-9_-]{2,64}")
LONGEST_BODY: Final = 1600  # Twilio hands over no more; a longer one is cut, not refused: a sign may stand at its start
MOST_MEDIA: Final = 10


def signed_by_carrier(view: Callable[..., Response]) -> Callable[..., Response]:
    """Let in only what Twilio signed for our public address (https://www.twilio.com/docs/usage/webhooks/webhooks-security)."""

    @wraps(view)
    def checked(**kwargs: str) -> Response:
        settings = parts().settings
        url = settings.twilio.public_url + request.full_path.removesuffix("?")
        signature = request.headers.get("X-Twilio-Signature", "")
        account = request.form.get("AccountSid", settings.secrets.account_sid)
        known = any(_signed(token, url, signature) for token in settings.secrets.auth_tokens)
        if not known or account != settings.secrets.account_sid:
            abort(403)
        return view(**kwargs)

    return checked


def _signed(token: str, url: str, signature: str) -> bool:
    """Whether this token signed the form; `validate` looks again, with and without a port in the address."""
    validator = RequestValidator(token)
    expected = validator.compute_signature(url, request.form)
    return compare_digest(expected.encode(), signature.encode()) or validator.validate(url, request.form, signature)


@bp.post("/twilio/sms")
@signed_by_carrier
def inbound_text() -> Response:
    """A text: stored, read and answered before Twilio gets its answer."""
    form = request.form
    carrier_id, number, media = form.get("MessageSid", ""), form.get("From", ""), form.get("NumMedia", "0")
    if not CARRIER_ID.fullmatch(carrier_id) or not NUMBER.fullmatch(number) or not media.isascii() or not media.isdigit():
        abort(400)
    body = form.get("Body", "").replace("\0", "\N{REPLACEMENT CHARACTER}")[:LONGEST_BODY]
    text = Received(carrier_id, number, body, min(int(media[:3]), MOST_MEDIA), carrier_answers="OptOutType" in form)
    made = parts()
    replies = inbox.receive(made, text)
    answer = twiml(replies, made.settings.twilio.public_url)
    answer.call_on_close(lambda: made.process.handed_over(reply.message_id for reply in replies))
    return answer


@bp.post("/twilio/status/<token>")
@signed_by_carrier
def delivery_receipt(token: str) -> Response:
    """What became of a text."""
    form = request.form
    carrier_id, status, code = form.get("MessageSid", ""), form.get("MessageStatus", ""), form.get("ErrorCode") or "0"
    if not CARRIER_ID.fullmatch(carrier_id) or not CARRIER_ID.fullmatch(status) or not code.isascii() or not code.isdigit():
        abort(400)
    receipts.receive(parts(), receipts.Receipt(token[:64], carrier_id, status, int(code[:6])))
    return Response(status=204)


def twiml(replies: list[Reply], public_url: str) -> Response:
    """The answer in Twilio's markup: each text with the address for its receipts."""
    status = f"{public_url}/twilio/status"
    messages = "".join(f'<Message statusCallback="{status}/{reply.token}">{escape(reply.body)}</Message>' for reply in replies)
    return Response(f'<?xml version="1.0" encoding="UTF-8"?><Response>{messages}</Response>', mimetype="text/xml")
