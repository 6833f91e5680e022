"""Tables of a Postgres database that an application works on, such as the product's own.

Only the columns that the configuration maps are read, in one transaction that sees one state of the database, through
a cursor on the server. What is read for is given as `object = "schema.table"`; changes are found by `modified_at`, the
time of the last change, or of the arrival of what never changes.
"""

import re
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from os import dup
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ
from psycopg2.extensions import connection as Connection  # noqa: N812 - a class

from dagster_project.settings import ApiSource, without_user
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import Page, Pull, VendorTable

if TYPE_CHECKING:
    from dagster_project.sources.http import VendorClient

TABLES: Mapping[str, VendorTable] = {}
CUSTOM_TABLE: VendorTable | None = VendorTable(object="", columns={}, key="")
CREDENTIALS = {"user", "password"}
ROWS_AT_ONCE = 10_000
CONNECT_SECONDS = 10
# Times with a zone, and without one.
MOMENTS, LOCAL_MOMENTS = "timestamp with time zone", "timestamp without time zone"
# What the server says of faults that stay, by SQLSTATE; when connecting, it gives no SQLSTATE, but words.
REMEDIES = {
    "42501": "Let this user read the table: grant usage on its schema, and select on it.",
    "42P01": "Correct `object`, the schema and the name of the table.",
    "42703": "Correct the columns of the configuration.",
    "57014": "The answer took longer than longest_wait_seconds: give modified_at an index, or the source more time.",
    "22": "A value of the table cannot be read as what the configuration says that it is.",
}
CONNECTING_REMEDIES = {
    r"password authentication failed|no password supplied": "See that user and password are right.",
    r"role \".*\" does not exist": "See that the user is right.",
    r"database \".*\" does not exist": "Correct the database in base_url.",
    r"no pg_hba.conf entry": "Let the server take this user from this machine, with TLS.",
    r"server does not support SSL": "Switch TLS on at the server: customers' data must not travel in the open.",
    r"certificate verify failed|root certificate": "Give sslrootcert in base_url the authority of the certificate.",
    r"could not translate host name": "Correct the host in base_url.",
    r"invalid (dsn|connection option|URI)|invalid .* value": "Correct base_url: postgresql://host:port/database.",
}


class DatabaseClient:
    """One database of a source; every pull has a connection of its own."""

    def __init__(self, name: str, source: ApiSource, base_url: str, credentials: Mapping[str, str]) -> None:
        if unknown := sorted(credentials.keys() - CREDENTIALS):
            raise SourceError(f"sources.{name}.credentials: {', '.join(unknown)}: unknown. There are: password, user.")
        self.name, self.table = name, ""
        self.base_url = without_user(urlsplit(base_url))
        self.server_time: datetime | None = None
        self._source, self._dsn, self._credentials = source, base_url, credentials

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A transaction that reads one state of the database and changes nothing.

        Raises:
            SourceError: the database refuses.
            OSError: it cannot be reached, or does not answer any more.
        """
        told = self._source
        try:
            opened = psycopg2.connect(
                self._dsn,
                user=self._credentials.get("user"),
                password=self._credentials.get("password"),
                connect_timeout=CONNECT_SECONDS,
                application_name="bansou",
                keepalives_idle=int(told.timeout_seconds),
                tcp_user_timeout=int(told.timeout_seconds * 1000),
            )
        except psycopg2.Error as error:
            raise self._fault(error) from error
        try:
            opened.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            # Not when connecting: poolers take no settings then.
            milliseconds = sql.Literal(str(int(told.longest_wait_seconds * 1000)))
            settings = (
                "select set_config('statement_timeout', {}, true), set_config('timezone', 'UTC', true), "
                "set_config('datestyle', 'ISO', true), transaction_timestamp()"
            )
            [(*_, now)] = self.rows(opened, sql.SQL(settings).format(milliseconds))
            self.server_time = now.astimezone(UTC).replace(tzinfo=None)
            yield opened
        except psycopg2.Error as error:
            raise self._fault(error) from error
        finally:
            opened.close()

    def rows(
        self, connection: Connection, query: sql.Composable, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a short answer."""
        with self._in_time(connection), connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall()

    def pages(
        self, connection: Connection, query: sql.Composable, parameters: Sequence[Any], page_size: int
    ) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of an answer of any length, a page at a time."""
        with connection.cursor("bansou") as cursor:
            cursor.itersize = page_size
            with self._in_time(connection):
                cursor.execute(query, parameters)
            while True:
                with self._in_time(connection):
                    page = cursor.fetchmany(page_size)
                if not page:
                    return
                yield page

    @contextmanager
    def _in_time(self, connection: Connection) -> Iterator[None]:
        """Hang up where the server neither answers nor says that it took too long."""
        line = socket.socket(fileno=dup(connection.fileno()))
        seconds = self._source.longest_wait_seconds + self._source.timeout_seconds
        clock = threading.Timer(seconds, lambda: line.shutdown(socket.SHUT_RDWR))
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()
            line.close()

    def _fault(self, error: psycopg2.Error) -> Exception:
        """The error as one that stays, or as one that may pass."""
        code = error.pgcode or ""
        reason = " ".join(str(error).split()) or type(error).__name__
        for secret in self._credentials.values():
            reason = reason.replace(secret, "…")
        place = f"{self.name}.{self.table}: {self.base_url}"
        found = [remedy for mark, remedy in REMEDIES.items() if code.startswith(mark)]
        found += [] if code else [words for mark, words in CONNECTING_REMEDIES.items() if re.search(mark, reason)]
        if found:
            return SourceError(f"{place}: {reason}. {found[0]}")
        if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
            return OSError(f"{place}: {reason}. See that the server runs and can be reached from here, then run again.")
        return SourceError(f"{place}: {reason}. See the source's tables and columns in the configuration.")


def client(name: str, source: ApiSource, base_url: str, credentials: Mapping[str, str]) -> DatabaseClient:
    """The client of a source; `credentials` may have `user` and `password`, where the address does not."""
    return DatabaseClient(name, source, base_url, credentials)


def connect(client: "VendorClient") -> None:
    """Nothing is left to do: every pull connects for itself."""


def pages(pull: Pull) -> Iterator[Page]:
    """All that has changed, or all where no `modified_at` is given."""
    client = _client(pull)
    _require_sense(pull, client)
    with client.connection() as connection:
        types = _types(client, connection, pull)
        roots = list(dict.fromkeys(name.split(".")[0] for name in pull.table.fields))
        nested = {name.split(".")[0] for name in pull.table.fields if "." in name}
        values = [_value(name, types[name], pull.table.timezone, is_nested=name in nested) for name in roots]
        condition, parameters = _changed(pull, types)
        query = sql.SQL("select {} from {} {}").format(sql.SQL(", ").join(values), _object(pull), condition)
        for page in client.pages(connection, query, parameters, pull.page_size or ROWS_AT_ONCE):
            yield Page(rows=[dict(zip(roots, row, strict=True)) for row in page])


def keys(pull: Pull) -> Iterator[Sequence[str]] | None:
    """The keys of all rows. Events are not compared: an application clears away its old ones."""
    return _keys(pull) if pull.entity.kind == "versions" else None


def _keys(pull: Pull) -> Iterator[Sequence[str]]:
    client = _client(pull)
    with client.connection() as connection:
        types = _types(client, connection, pull)
        parts = [_value(name, types[name], pull.table.timezone, is_nested=False) for name in pull.key_fields]
        query = sql.SQL("select {} from {}").format(sql.SQL(", ").join(parts), _object(pull))
        for page in client.pages(connection, query, (), pull.page_size or ROWS_AT_ONCE):
            yield ["|".join(str(value).strip() for value in row) for row in page]


def _client(pull: Pull) -> DatabaseClient:
    return cast(DatabaseClient, pull.client)


def _require_sense(pull: Pull, client: DatabaseClient) -> None:
    place = f"sources.{client.name}.tables.{pull.entity.name}"
    if pull.table.has_history:
        raise SourceError(f"{place}.has_history: a table of a database shows its rows as they are now, and no history.")
    if pull.entity.kind == "events" and pull.table.modified_at is None:
        raise SourceError(
            f"{place}: give `modified_at`, the column with the time at which an event arrived; without it all events "
            f"would be read with every run, and those that the application clears away would be lost here too."
        )


def _object(pull: Pull) -> sql.Composable:
    return sql.Identifier(*pull.table.object.split("."))


def _types(client: DatabaseClient, connection: Connection, pull: Pull) -> dict[str, str]:
    """The type of each column of the table.

    Raises:
        SourceError: there is no such table, or no such column.
    """
    place = f"{client.name}.{client.table}: {client.base_url}"
    found = client.rows(
        connection,
        sql.SQL(
            "select attname, format_type(atttypid, null) from pg_attribute "
            "where attrelid = to_regclass({}) and attnum > 0 and not attisdropped order by attnum"
        ).format(sql.Literal(_object(pull).as_string(connection))),
    )
    if not found:
        raise SourceError(f"{place}: there is no table {pull.table.object}. {REMEDIES['42P01']}")
    types = dict(found)
    for name in pull.table.fields:
        if name.split(".")[0] not in types:
            raise SourceError(
                f"{place}: {pull.table.object} has no column {name}. It has: {', '.join(types)}. {REMEDIES['42703']}"
            )
    for moment in (pull.table.modified_at, pull.table.created_at):
        if moment and types.get(moment) not in {MOMENTS, LOCAL_MOMENTS}:
            kind = types.get(moment, "part of a column")
            raise SourceError(f"{place}: {moment} of {pull.table.object} is {kind}, and no timestamp.")
    return types


def _value(name: str, kind: str, zone: str, *, is_nested: bool) -> sql.Composable:
    """A column as text; moments in UTC, and what has parts as JSON."""
    column = sql.Identifier(name)
    if is_nested:
        return sql.SQL("to_jsonb({})").format(column)
    if kind in {MOMENTS, LOCAL_MOMENTS}:
        moment = column if kind == MOMENTS else sql.SQL("{} at time zone {}").format(column, sql.Literal(zone))
        return sql.SQL("case when isfinite({}) then ({})::timestamptz::text end").format(column, moment)
    return sql.SQL("{}::text").format(column)


def _changed(pull: Pull, types: Mapping[str, str]) -> tuple[sql.Composable, list[Any]]:
    """The condition that a row has changed, in a form that an index of the column serves."""
    modified, created = pull.table.modified_at, pull.table.created_at
    if pull.since is None or modified is None:
        return sql.SQL(""), []
    since = pull.since.replace(tzinfo=UTC)

    def is_later(name: str) -> sql.Composable:
        zone = sql.Literal(pull.table.timezone)
        start = sql.SQL("%s") if types[name] == MOMENTS else sql.SQL("(%s at time zone {})").format(zone)
        return sql.SQL("{} >= {}").format(sql.Identifier(name), start)

    if created is None:
        return sql.SQL("where ") + is_later(modified), [since]
    never = sql.SQL("{} is null").format(sql.Identifier(modified))
    condition = sql.SQL("where {} or ({} and {})").format(is_later(modified), never, is_later(created))
    return condition, [since, since]
