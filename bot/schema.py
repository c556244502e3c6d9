"""Whether the database is up to date, and how it gets there."""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from bot.database import Database
from bot.migrations import HEAD


class OldDatabase(Exception):
    """The database is not up to date; the message says what brings it there."""


def version(db: Database) -> str | None:
    """The migration that the database is at; None for an empty one."""
    with db.read() as session:
        return _version(session.connection())


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def upgrade(db: Database) -> bool:
    """Bring the database up to date in one transaction; False when it was already."""
    if version(db) == HEAD:
        return False
    from alembic import command  # a third of a second, needed once
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with db.write() as session:
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")
    return True


def require_current(db: Database) -> None:
    """Bring a SQLite file up to date; refuse an older PostgreSQL database. Raises OldDatabase."""
    if not db.is_postgres:
        upgrade(db)
        return
    at = version(db)
    if at != HEAD:
        raise OldDatabase(f"the database is at version {at or 'none'}, this program needs {HEAD}: run `flask upgrade-database`")
