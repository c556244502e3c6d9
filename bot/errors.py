"""Error pages: short, the same for everybody, and without a word of anybody's."""

from flask import Flask, Response, request
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException

from bot.logs import log


def register(app: Flask) -> None:
    """Answer mistakes in one line; what went wrong is in the log, by type and place."""

    @app.errorhandler(HTTPException)
    def refused(mistake: HTTPException) -> Response:
        return Response(f"{mistake.code} {mistake.name}\n", status=mistake.code, mimetype="text/plain")

    @app.errorhandler(SQLAlchemyError)
    def no_database(mistake: SQLAlchemyError) -> Response:
        log.error("no database", path=_endpoint(), exc_info=mistake)
        return Response("503 Service Unavailable\n", status=503, mimetype="text/plain")

    @app.errorhandler(Exception)
    def broken(mistake: Exception) -> Response:
        log.error("request failed", path=_endpoint(), exc_info=mistake)
        return Response("500 Internal Server Error\n", status=500, mimetype="text/plain")


def _endpoint() -> str:
    """Which view it was: an address may hold what somebody typed."""
    return request.endpoint or "none"
