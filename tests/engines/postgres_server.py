"""A Postgres server for one test run: made in an empty folder, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

DEBIAN_PLACE = Path("/usr/lib/postgresql")
OWNER = "bansou_builder"


class NoPostgresError(Exception):
    """There is no Postgres server on this machine; the message says how to get one."""


def server_programs() -> Path:
    """The folder of `initdb` and `pg_ctl`.

    Raises:
        NoPostgresError: there is none.
    """
    if found := shutil.which("initdb"):
        return Path(found).parent
    versions = sorted(DEBIAN_PLACE.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not versions:
        raise NoPostgresError("initdb is not found. Install Postgres 15 or newer (Debian: apt install postgresql).")
    return versions[-1].parent


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a database of its own; its user may create roles."""
    programs = server_programs()
    with tempfile.TemporaryDirectory(prefix="bansou-postgres-") as folder:
        data = Path(folder) / "data"
        # Postgres refuses to run as root; Debian's package brings a user for it.
        as_owner: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
            as_owner = ["runuser", "-u", "postgres", "--"]
        port = _free_port()
        settings = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c max_wal_size=4GB"
        _run([*as_owner, programs / "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C"])
        _run([*as_owner, programs / "pg_ctl", "-D", data, "-l", f"{folder}/log", "-o", settings, "-w", "start"])
        try:
            yield f"postgresql://{OWNER}@127.0.0.1:{port}/postgres"
        finally:
            _run([*as_owner, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])


def _run(command: list[object]) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, cwd="/")


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
