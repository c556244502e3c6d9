"""Pretend phones in the browser, and the way to move the demo clock. Every text goes the road it would go with Twilio."""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal, TypeVar, cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, redirect, render_template, request, url_for
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from bot import demo, enrollments, oncall, phones_state
from bot.carrier.simulator import Simulator
from bot.cli.common import in_zone
from bot.clock import DemoClock
from bot.enrollments import NewEnrollment, Refused
from bot.models import Enrollment, Phone
from bot.oncall import BadStaff
from bot.parts import parts
from bot.people import BadNumber
from bot.settings import Language

bp = Blueprint("phones_page", __name__)

BY: Final = "phones page"
FURTHEST_SECONDS: Final = 366 * 24 * 3600.0  # in one move
LONGEST_TEXT: Final = 1600
ZONES: Final = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Asked(BaseModel):
    """The JSON body of a request: exactly these keys, in their own types."""

    model_config = ConfigDict(extra="forbid", strict=True)


Id = Annotated[int, Field(ge=1, lt=2**31)]


class Move(Asked):
    """How far the demo clock shall go."""

    forward_seconds: Annotated[float, Field(ge=0, le=FURTHEST_SECONDS, allow_inf_nan=False)] | None = None
    to: Literal["next"] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> "Move":
        if (self.forward_seconds is None) == (self.to is None):
            raise ValueError('say either {"forward_seconds": 3600} or {"to": "next"}')
        return self


class TextFromPatient(Asked):
    """A text typed into a patient's phone."""

    enrollment: Id
    body: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class TextFromStaff(Asked):
    """A text typed into a nurse's phone."""

    staff: Id
    body: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class AnotherPatient(Asked):
    """The form for another patient; `procedure_at` is a wall-clock time in `timezone`."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    number: Annotated[str, Field(max_length=32)]
    procedure_at: Annotated[str, Field(max_length=32)]
    timezone: Annotated[str, Field(max_length=64)]
    language: Language


class OfEnrollment(Asked):
    """Which patient is meant."""

    enrollment: Id


class InLanguage(OfEnrollment):
    """The language a patient shall be written in."""

    language: Language


A = TypeVar("A", bound=Asked)


class BadRequest(Exception):
    """The request can't be carried out; the message says why, and nothing was changed."""


@bp.before_request
def from_this_page_only() -> None:
    """Another site's page must not drive this one: no strange name may lead here, and no post may come from elsewhere."""
    if not _is_ours(request.host):
        abort(403)
    if request.method == "POST":
        told = request.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none")
        origin = request.headers.get("Origin")
        if told or (origin is not None and urlsplit(origin).netloc != request.host):
            abort(403)


def _is_ours(host: str) -> bool:
    """Whether a browser may have come by this name: an address, this machine, or our public name, which no other site can point at us."""
    name = urlsplit(f"//{host}").hostname or ""
    if name in ("localhost", urlsplit(parts().settings.twilio.public_url).hostname):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


@bp.after_request
def shut(response: Response) -> Response:
    """Nothing from elsewhere runs in the page, and nothing of it is kept."""
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-cache, private"
    return response


@bp.errorhandler(BadRequest)
@bp.errorhandler(Refused)
@bp.errorhandler(BadNumber)
@bp.errorhandler(BadStaff)
@bp.errorhandler(demo.TooFar)
def refuse(mistake: Exception) -> tuple[Response, int]:
    """Bad input: a clear answer, and nothing changed."""
    return jsonify(error=str(mistake)), 400


@bp.post("/demo/clock")
def move_clock() -> Response:
    """Move the demo clock, and tell the new now."""
    clock = parts().clock
    if not parts().settings.demo.enabled or not isinstance(clock, DemoClock):
        abort(404)
    move = _body(Move)
    now = clock.now()
    if move.forward_seconds is not None:
        by = timedelta(seconds=move.forward_seconds)
    else:
        with parts().db.read() as session:
            by = demo.landing(session, now) - now
    return jsonify(now=demo.forward(clock, by).isoformat())


@bp.get("/")
def front_door() -> BaseResponse:
    """Until there is a console, the phones are what there is to see."""
    return redirect(url_for("phones_page.page"))


@bp.get("/phones")
def page() -> str:
    """The page itself; it fills with state.json."""
    return render_template("phones.html", demo=parts().settings.demo.enabled, simulated=parts().settings.simulated, zones=_zones())


@bp.get("/phones/state.json")
def state() -> Response:
    """What the page shows; 304 while nothing has changed."""
    with parts().db.read() as session:
        patient, nurse = (request.args.get(name, type=int) for name in ("patient", "nurse"))
        response = jsonify(phones_state.shown(session, parts(), patient, nurse, parts().clock.now()))
    response.add_etag()
    return cast(Response, response.make_conditional(request))


@bp.get("/phones/another.json")
def another() -> Response:
    """What the form for another patient holds to begin with."""
    with parts().db.read() as session:
        return jsonify(phones_state.defaults(session, parts(), parts().clock.now()))


@bp.post("/phones/patient-text")
def text_from_patient() -> Response:
    """Text from a patient's phone."""
    text = _body(TextFromPatient)
    with parts().db.read() as session:
        number = session.get_one(Phone, _enrollment(session, text.enrollment).phone_id).number
    return jsonify(replies=len(_simulator().text(number, text.body)))


@bp.post("/phones/nurse-text")
def text_from_nurse() -> Response:
    """Text from a nurse's phone."""
    text = _body(TextFromStaff)
    with parts().db.read() as session:
        phone = session.get(Phone, oncall.get_staff(session, text.staff).phone_id or 0)
    if phone is None:
        raise BadRequest(f"staff {text.staff} has no phone")
    return jsonify(replies=len(_simulator().text(phone.number, text.body)))


@bp.post("/phones/enroll")
def enroll() -> Response:
    """Enroll another patient."""
    form = _body(AnotherPatient)
    if form.timezone not in _zones():
        raise BadRequest(f"the form offers no time zone {form.timezone!r}")
    try:
        wall = datetime.fromisoformat(form.procedure_at)
    except ValueError as mistake:
        raise BadRequest("write the date and time of the test like 2026-12-01T09:30") from mistake
    new = NewEnrollment(form.name, form.number, in_zone(wall, form.timezone), form.timezone, form.timezone, form.language, demo.CONSENT)
    with parts().db.write() as session:
        enrolled = enrollments.enroll(session, parts(), new, BY)
    return jsonify(enrollment=enrolled.id, planned=enrolled.planned, phone_her=enrolled.phone_her)


@bp.post("/phones/test-done")
def test_done() -> Response:
    """Mark a test done, as staff would."""
    which = _body(OfEnrollment)
    with parts().db.write() as session:
        enrollments.mark_done(session, parts(), enrollments.find(session, which.enrollment), BY)
    return jsonify(enrollment=which.enrollment)


@bp.post("/phones/language")
def set_language() -> Response:
    """Write to a patient in another language."""
    wish = _body(InLanguage)
    with parts().db.write() as session:
        enrollments.set_language(session, parts(), enrollments.find(session, wish.enrollment), wish.language, BY)
    return jsonify(enrollment=wish.enrollment)


def _body(model: type[A]) -> A:
    """The request's JSON. Raises BadRequest with the first thing that is wrong."""
    body: Any = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("send a JSON object, as application/json")
    try:
        return model.model_validate(body)
    except ValidationError as mistake:
        first = mistake.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise BadRequest(f"{where}: {message}" if where else message) from mistake


def _enrollment(session: Session, enrollment_id: int) -> Enrollment:
    enrollment = session.get(Enrollment, enrollment_id)
    if enrollment is None:
        raise Refused(f"there is no enrollment {enrollment_id}")
    return enrollment


def _simulator() -> Simulator:
    """Texts from a pretend phone, whatever carrier brings the answers."""
    p = parts()
    return Simulator(p.settings, p.clock, p.db, cast(Flask, current_app._get_current_object()))  # type: ignore[attr-defined]


def _zones() -> list[str]:
    """The time zones of the form, the clinic's own among them."""
    return list(dict.fromkeys((parts().settings.clinic.timezone, *ZONES)))
