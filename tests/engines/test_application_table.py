"""A table of an application's database as a source: what is read of it, from where on, and what is said of faults."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from dagster_project.loading import LoadedTable, load_all
from dagster_project.settings import ApiSource, CalendarSettings, Settings, SettingsError
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.engines.postgres_server import postgres_server

AS_OF = date(2026, 6, 30)
TABLES = """
    drop schema if exists app cascade;
    create schema app;
    create table app."Events" (
        uid uuid primary key, account_no bigint, person text, name text, happened timestamptz,
        seconds integer, details jsonb, password_hash text, arrived timestamptz
    );
    create table app.members (
        id bigint primary key, account_no bigint, mail text, is_admin boolean, joined timestamp, updated timestamp,
        created timestamp
    );
"""
COLUMNS = {
    "event_id": "uid",
    "account_id": "account_no",
    "user_id": "person",
    "feature_id": "name",
    "event_at": "happened",
    "active_seconds": "seconds",
    "device_kind": "details.devices.0",
}
EVENTS = {"object": "app.Events", "modified_at": "arrived", "columns": COLUMNS}
MEMBERS = {
    "object": "app.members",
    "modified_at": "updated",
    "created_at": "created",
    "timezone": "Asia/Tokyo",
    "columns": {
        "user_id": "id",
        "account_id": "account_no",
        "email": "mail",
        "is_administrator": "is_admin",
        "created_at": "joined",
    },
}
pytestmark = pytest.mark.engines


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres_server() as found:
        yield found


@dataclass
class Application:
    """The database of an application, and the warehouse that reads it."""

    url: str
    home: Path
    warehouse: DuckDBWarehouse

    def execute(self, statements: str) -> None:
        with psycopg2.connect(self.url) as connection, connection.cursor() as cursor:
            cursor.execute(statements)
        connection.close()

    def settings(self, **told: Any) -> Settings:
        source = {
            "type": "application",
            "base_url": self.url,
            "compare_keys_every_days": 1,
            "tables": {"usage_events": EVENTS, "users": MEMBERS},
            **told,
        }
        return Settings(
            home=self.home,
            config_path=self.home / "bansou.toml",
            environment={"APP_USER": "limited", "APP_PASSWORD": "let me in"},
            calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
            sources={"product": ApiSource.model_validate(source)},
        )

    def load(self, entity: str, **told: Any) -> LoadedTable:
        [table] = load_all(self.settings(**told), self.warehouse, [("product", entity)], AS_OF, ())
        return table

    def rows(self, entity: str, *columns: str) -> list[tuple[Any, ...]]:
        found = self.warehouse.rows(
            f"select {', '.join(columns)} from raw.application_{entity} order by _record_key, _known_at, _load_number"
        )
        return [tuple(row.values()) for row in found]

    def add_event(self, number: int, arrived: str, details: str = '{"devices": ["mobile"]}') -> None:
        self.execute(
            f"insert into app.\"Events\" values ('00000000-0000-0000-0000-{number:012}', 7, 'u1', 'export', "
            f"'2026-06-01 12:00:00+02', 5, '{details}', 'secret', '{arrived}')"
        )


@pytest.fixture
def application(url: str, tmp_path: Path) -> Application:
    home = tmp_path / "home"
    warehouse = DuckDBWarehouse(home / "build" / "warehouse.duckdb")
    warehouse.prepare(["application"])
    found = Application(url, home, warehouse)
    found.execute(TABLES)
    return found


def test_events_are_read_from_their_arrival_on(application: Application) -> None:
    application.add_event(1, "2026-06-02 08:00:00+00")
    application.add_event(2, "2026-06-05 08:00:00+00", "{}")
    table = application.load("usage_events")
    assert table.fault is None
    assert application.rows("usage_events", "account_id", "event_at", "active_seconds", "device_kind", "_extra") == [
        ("7", datetime(2026, 6, 1, 10), 5, "mobile", None),
        ("7", datetime(2026, 6, 1, 10), 5, None, None),
    ]
    assert application.rows("usage_events", "_known_at") == [
        (datetime(2026, 6, 2, 8),),
        (datetime(2026, 6, 5, 8),),
    ]
    application.add_event(3, "2026-06-05 07:55:00+00")  # committed late, within the overlap
    application.add_event(4, "2026-06-06 08:00:00+00")
    table = application.load("usage_events")
    assert table.result is not None
    assert (table.result.rows_read, table.result.rows_loaded) == (3, 2)
    assert len(application.rows("usage_events", "event_id")) == 4


def test_only_mapped_columns_leave_the_database(application: Application) -> None:
    application.add_event(1, "2026-06-02 08:00:00+00")
    application.load("usage_events")
    landed = b"".join(path.read_bytes() for path in (application.home / "landing").rglob("*") if path.is_file())
    assert b"secret" not in landed
    ledger = application.warehouse.rows("select file_path from raw.batch_files")
    assert ledger[0]["file_path"].startswith("postgresql://127.0.0.1:")
    assert "@" not in ledger[0]["file_path"]


def test_events_that_the_application_cleared_away_stay(application: Application) -> None:
    application.add_event(1, "2026-06-02 08:00:00+00")
    application.load("usage_events")
    application.execute('delete from app."Events"')
    application.add_event(2, "2026-06-09 08:00:00+00")
    application.load("usage_events")
    assert application.rows("usage_events", "_is_removed") == [(False,), (False,)]


def test_rows_deleted_for_good_are_found_and_local_times_have_their_zone(application: Application) -> None:
    application.execute(
        "insert into app.members values (1, 7, 'a@x.example', true, '2026-05-01 09:00', '2026-06-01 09:00', "
        "'2026-05-01 09:00'), (2, 7, 'b@x.example', false, 'infinity', null, '2026-05-02 09:00')"
    )
    table = application.load("users")
    assert table.fault is None
    assert application.rows("users", "user_id", "email", "is_administrator", "created_at", "_known_at") == [
        ("1", "a@x.example", True, datetime(2026, 5, 1), datetime(2026, 5, 1)),
        ("2", "b@x.example", False, None, datetime(2026, 5, 2)),
    ]
    application.execute("update app.members set mail = 'c@x.example', updated = '2026-06-10 09:00' where id = 1")
    assert application.load("users").result is not None
    assert application.rows("users", "user_id", "email", "_known_at")[1] == (
        "1",
        "c@x.example",
        datetime(2026, 6, 10),
    )
    application.execute("delete from app.members where id = 2")
    application.execute("insert into app.members values (3, 7, null, null, null, null, '2026-06-10 08:59')")
    table = application.load("users")
    assert table.fault is None
    assert application.rows("users", "_record_key", "_is_removed")[-3:] == [
        ("product:2", False),
        ("product:2", True),
        ("product:3", False),
    ]
    assert application.load("users").batch is None or application.rows("users", "user_id")[-1] == ("3",)


def test_pages_are_read_through_a_cursor(application: Application) -> None:
    application.execute(
        "insert into app.\"Events\" select gen_random_uuid(), 7, null, 'export', '2026-06-01'::timestamptz, "
        "1, null, null, '2026-06-01'::timestamptz + n * interval '1 second' from generate_series(1, 25000) as n"
    )
    table = application.load("usage_events", page_size=1000)
    assert table.result is not None and table.result.rows_loaded == 25_000


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"object": "app.nothing"}, "there is no table app.nothing. Correct `object`"),
        ({"columns": {**COLUMNS, "user_id": "persona"}}, "has no column persona. It has: uid, account_no"),
        ({"modified_at": None}, "give `modified_at`, the column with the time at which an event arrived"),
        ({"modified_at": "name"}, "name of app.Events is text, and no timestamp"),
        ({"has_history": True}, "shows its rows as they are now, and no history"),
    ],
)
def test_table_is_held_when_the_configuration_is_wrong(
    application: Application, told: dict[str, Any], words: str
) -> None:
    application.add_event(1, "2026-06-02 08:00:00+00")
    assert words in str(application.load("usage_events", tables={"usage_events": {**EVENTS, **told}}).fault)


def test_faults_of_the_database_are_told(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dagster_project.loading.FIRST_PAUSE_SECONDS", 0)
    application.execute(
        "do $$ begin if not exists (select from pg_roles where rolname = 'limited') then "
        "create role limited login; end if; end $$"
    )
    bare = application.url.replace("bansou_builder@", "")
    credentials = {"user": "${APP_USER}", "password": "${APP_PASSWORD}"}
    fault = str(application.load("usage_events", base_url=bare, credentials=credentials).fault)
    assert "permission denied for schema app" in fault
    assert fault.endswith("Let this user read the table: grant usage on its schema, and select on it.")
    fault = str(application.load("usage_events", base_url=application.url.replace("/postgres", "/none")).fault)
    assert fault.endswith("Correct the database in base_url.")
    fault = str(application.load("usage_events", base_url="postgresql://u@127.0.0.1:1/d").fault)
    assert fault.startswith("product.usage_events: postgresql://127.0.0.1:1/d: ")
    assert fault.endswith("(tried 3 times)")
    with psycopg2.connect(application.url) as other, other.cursor() as cursor:
        cursor.execute('lock table app."Events"')
        fault = str(application.load("usage_events", longest_wait_seconds=1).fault)
    other.close()
    assert "longest_wait_seconds" in fault


@pytest.mark.parametrize(
    ("base_url", "words"),
    [
        ("postgresql://db.example.org/app", "has no ?sslmode=require"),
        ("postgresql://db.example.org/app?sslmode=prefer", "has no ?sslmode=require"),
        ("postgresql://127.0.0.1/app?host=db.example.org", "has no ?sslmode=require"),
        ("postgresql://me:open@db.example.org/app?sslmode=require", "stands there in the open"),
        ("postgresql://db.example.org/app?sslmode=require&password=open", "stands there in the open"),
        ("https://db.example.org", "no address postgresql://host:port/database"),
        ("postgresql://me:${APP_PASSWORD}@db.example.org/app?sslmode=verify-full", None),
        ("postgresql:///app?host=/var/run/postgresql", None),
        ("postgresql://127.0.0.1/app", None),
    ],
)
def test_address_has_to_be_safe(application: Application, base_url: str, words: str | None) -> None:
    settings = application.settings(base_url=base_url)
    if words is None:
        settings.require_complete()
    else:
        with pytest.raises(SettingsError, match=words.replace("?", r"\?")) as caught:
            settings.require_complete()
        assert "let me in" not in str(caught.value)
