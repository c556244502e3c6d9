"""What Twilio refuses and how it says so, what a test may make it do, and how it signs. All pure."""

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})
HELP_WORDS = frozenset({"help", "info"})
FINAL = frozenset({"delivered", "undelivered", "failed", "read", "canceled", "received"})

# code: (HTTP status, message)
ERRORS: dict[int, tuple[int, str]] = {
    20001: (400, "Unknown parameter"),
    20003: (401, "Authenticate"),
    20009: (409, "Cannot change this resource before it is complete"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    20503: (503, "Service Unavailable"),
    21211: (400, "Invalid 'To' Phone Number"),
    21266: (400, "'To' and 'From' number cannot be the same"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21606: (400, "The 'From' number is not a valid, SMS-capable Twilio number of this account"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (429, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' number is not currently reachable via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21635: (400, "'To' number cannot be a landline"),
    30034: (400, "Message from an unregistered number"),
    30400: (400, "Parameters are not valid"),
}

# fmt: off
PARAMETERS = frozenset({
    "AddressRetention", "ApplicationSid", "Attempt", "Body", "ContentRetention", "ContentSid", "ContentVariables", "FallbackFrom",
    "ForceDelivery", "From", "MaxPrice", "MediaUrl", "MessageIntent", "MessagingServiceSid", "PersistentAction", "ProvideFeedback",
    "RiskCheck", "ScheduleType", "SendAsMms", "SendAt", "ShortenUrls", "SmartEncoded", "StatusCallback", "To",
    "TrafficType", "ValidityPeriod",
})
# fmt: on


@dataclass(frozen=True)
class Receipts:
    """How the delivery receipts of one text travel. Statuses in `lost` are never told; delays are in real seconds, each."""

    delay_seconds: float = 0.0
    copies: int = 1
    backwards: bool = False
    lost: Collection[str] = ()
    forged: bool = False
    before_answer: bool = False


@dataclass(frozen=True)
class Script:
    """What happens to one POST of a message.

    `accepted`: it goes into the ledger, and out. `answer`: with JSON, or the connection is closed (`drop`) or reset instead.
    `code`: the error to answer with, told even when the message was accepted. `walk`: the statuses after the first one;
    `error_code` comes with `undelivered` and `failed`. `wait_seconds` pass between acceptance and answer.
    """

    accepted: bool = True
    answer: Literal["json", "drop", "reset"] = "json"
    code: int | None = None
    wait_seconds: float = 0.0
    walk: tuple[str, ...] = ("sent", "delivered")
    error_code: int | None = None
    receipts: Receipts = Receipts()


def refuse(code: int) -> Script:
    """Answer with this Twilio error and keep nothing."""
    return Script(accepted=False, code=code)


def hang(seconds: float, *, accepted: bool = True) -> Script:
    """Take the message (or don't), then answer late."""
    return Script(accepted=accepted, code=None if accepted else 20503, wait_seconds=seconds)


def undelivered(error_code: int, status: Literal["undelivered", "failed"] = "undelivered") -> Script:
    """Accept it; the carrier fails to bring it."""
    return Script(walk=("sent", status) if status == "undelivered" else (status,), error_code=error_code)


ACCEPT = Script()
BUSY = refuse(20429)
DROP_RESPONSE = Script(answer="drop")
RESET = Script(accepted=False, answer="reset")
SERVER_ERROR = refuse(20500)
SERVER_ERROR_ACCEPTED = Script(code=20500)
NO_RECEIPTS = Script(receipts=Receipts(lost=("queued", "sent", "delivered", "undelivered", "failed")))


def refusal(form: Mapping[str, str], own_numbers: Collection[str]) -> tuple[int, str] | None:
    """Return the error code, and what it is about, of a message Twilio would not take; None if it would.

    Stricter than Twilio in one thing: an unknown parameter is refused, where Twilio ignores it with a warning.
    """
    to, sender, body, callback = (form.get(name, "") for name in ("To", "From", "Body", "StatusCallback"))
    unknown = sorted(form.keys() - PARAMETERS)
    has_content = body.strip() or "MediaUrl" in form or "ContentSid" in form
    checks = (
        (bool(unknown), 20001, ", ".join(unknown)),
        (not to, 21604, ""),
        (not is_e164(to), 21211, to),
        (not sender and "MessagingServiceSid" not in form, 21603, ""),
        (bool(sender) and sender not in own_numbers, 21606, sender),
        (to == sender, 21266, to),
        (not has_content, 21602, ""),
        (len(body) > 1600, 21617, f"{len(body)} characters"),
        (bool(callback) and not re.match(r"https?://[^\s/]+", callback), 21609, callback),
    )
    return next(((code, about) for wrong, code, about in checks if wrong), None)


def is_e164(number: str) -> bool:
    return re.fullmatch(r"\+[1-9][0-9]{6,14}", number) is not None


def error_json(code: int, about: str = "") -> tuple[int, dict[str, object]]:
    """Return the HTTP status and the body Twilio answers an error with. Unlisted codes are a 400."""
    status, message = ERRORS.get(code, (400, f"Error {code}"))
    full = f"{message}: {about}" if about else message
    return status, {"code": code, "message": full, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}


def sign(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """Return X-Twilio-Signature: base64 of HMAC-SHA1 over the URL and each key with its value, keys in order."""
    signed = url + "".join(key + form[key] for key in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
