"""What a nurse texts: ACK K7Q2 takes a case, DONE K7Q2 REACHED closes it. Anything else is answered with how to write it."""

import re
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from bot import escalations, oncall
from bot.escalations import NoSuchCase
from bot.oncall import BadStaff
from bot.parts import Parts

OUTCOMES: Final = {
    "REACHED": "reached",
    "ADVISED": "advised",
    "EMERGENCY": "sent_to_emergency",
    "NO CONTACT": "no_contact",
    "NO ACTION": "no_action_needed",
}
_COMMAND: Final = re.compile(r"\W*(?P<verb>ACK|DONE)\b\W*(?P<code>\w{4}\b)?\W*(?P<rest>[\w ]*)\W*", re.IGNORECASE | re.ASCII)


def carry_out(session: Session, parts: Parts, text: str, staff_id: int, phone_id: int, now: datetime) -> str:
    """Do what a member of staff texted, and return the answer. Only a whole command does anything."""
    say = parts.wording.staff_text
    codes = escalations.open_codes_paged_to(session, phone_id)
    command = _COMMAND.fullmatch(text)
    if command is None:
        return say("command_help", codes=_listed(codes))
    verb, code, rest = command["verb"].upper(), (command["code"] or "").upper(), " ".join(command["rest"].upper().split())
    if not code:
        if len(codes) != 1 or verb == "DONE":
            return say("which_code", codes=_listed(codes))
        code = codes[0]
    try:
        oncall.require_nurse(session, staff_id)
        if verb == "DONE":
            return _resolve(session, parts, code, rest, staff_id, now)
        return say("command_help", codes=_listed(codes)) if rest else _acknowledge(session, parts, code, staff_id, now)
    except BadStaff:
        return say("takes_no_cases")
    except NoSuchCase:
        return say("unknown_code", code=code, codes=_listed(codes))


def _acknowledge(session: Session, parts: Parts, code: str, staff_id: int, now: datetime) -> str:
    taken = escalations.acknowledge(session, parts, code, staff_id, now, "text")
    if taken.closed:
        return parts.wording.staff_text("already_closed", code=code)
    if taken.first or taken.by == staff_id:
        return parts.wording.staff_text("acknowledged", code=code, deadline=escalations.deadline(parts, now))
    return parts.wording.staff_text("already_acknowledged", code=code, who=f"staff {taken.by}")


def _resolve(session: Session, parts: Parts, code: str, words: str, staff_id: int, now: datetime) -> str:
    outcome = OUTCOMES.get(words)
    if outcome is None:
        return parts.wording.staff_text("bad_outcome", code=code)
    closed = escalations.resolve(session, code, staff_id, outcome, None, now)
    return parts.wording.staff_text("resolved" if closed else "already_closed", code=code)


def _listed(codes: list[str]) -> str:
    return ", ".join(codes) or "none"
