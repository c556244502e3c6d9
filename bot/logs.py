"""Logs: one JSON object a line; ids, states and our own words, never a name, a number or a body."""

import logging
import sys

import structlog

KNOWN = frozenset(
    (
        "event",
        "level",
        "timestamp",
        "enrollment",
        "message",
        "escalation",
        "staff",
        "task",
        "step",
        "state",
        "cause",
        "urgency",
        "intent",
        "segments",
        "tick",
        "count",
        "seconds",
        "code",
        "error",
        "process",
        "path",
        "status",
        "weight",
        "reason",
        "where",
        "listening",
        "setting",
    )
)


def _only_known(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop every field that is not on the list: what nobody thought of can't leak."""
    return {key: value for key, value in event.items() if key in KNOWN}


def _where(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """An exception as its type and the lines it came through: its message may hold a value of a patient."""
    mistake = event.pop("exc_info", None)
    if mistake is True:
        mistake = sys.exc_info()[1]
    if isinstance(mistake, BaseException):
        event["error"] = type(mistake).__name__
        places = []
        trace = mistake.__traceback__
        while trace is not None:
            places.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
            trace = trace.tb_next
        event["where"] = " ".join(places)
    return event


def set_up() -> None:
    """Send our own lines to standard error, and silence libraries that would log numbers and bodies."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _where,
            _only_known,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    for noisy in ("twilio", "urllib3", "apscheduler", "werkzeug", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL if noisy in ("twilio", "urllib3") else logging.ERROR)


log: structlog.stdlib.BoundLogger = structlog.get_logger()
