"""Faults of vendors over HTTP: what passes is waited for and changes nothing; what stays holds one table, and says why.

Each fault meets every connector; a further one is a line in `CONNECTORS` or `OTHER_CONNECTORS`.
"""

import re
import shutil
import uuid
from bisect import insort
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pyarrow.parquet as pq
import pytest

from dagster_project import loading
from dagster_project.checks.batches import BatchJudgement
from dagster_project.checks.expectations import SuiteResult
from dagster_project.contract import input_contract
from dagster_project.demo.vendors import marketo as demo_marketo
from dagster_project.demo.vendors import salesforce as demo_salesforce
from dagster_project.demo.vendors import zendesk as demo_zendesk
from dagster_project.loading import LoadedTable, load_all
from dagster_project.settings import ApiSource, Settings, load_settings
from dagster_project.sources import http, pulling
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import LandedBatch, SourceError
from dagster_project.sources.pulling import PullRequest, pull_table
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from dagster_project.warehouse.interface import LoadResult
from tests.faults.faulty_vendor import (
    SECRET,
    Answer,
    Asked,
    Change,
    Fault,
    FaultyVendors,
    Row,
    http_date,
    serving_faults,
)

AS_OF = date(2026, 6, 30)
OTHER_SOURCE = ("billing", "currency_rates")
PAUSE = 0.01
VARIABLES = {"BANSOU_DEMO_EMAIL": "demo@bansou.example", "BANSOU_DEMO_SECRET": SECRET}
HTML = Answer(200, b"<html><body>We are down for maintenance</body></html>", {"content-type": "text/html"})
INVALID = Answer(200, b'{"records": [{"Id": "1"')
UNAUTHORIZED = Answer.of([{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}], 401)
FORBIDDEN = Answer.of({"error": "You do not have access to this page."}, 403)
SALESFORCE_QUOTA = Answer.of([{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}], 403)
EXPIRED = Answer.of([{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}], 400)


def marketo_error(code: str, message: str) -> Answer:
    return Answer.of({"requestId": "1", "success": False, "errors": [{"code": code, "message": message}]})


def write_contact(vendors: FaultyVendors, name: str, moment: datetime, changed: Row) -> None:
    rows = vendors.vendors["salesforce"].rows("Contact")
    told = f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"
    rows.append({**rows[-1], "Id": name, "CreatedDate": told, "SystemModstamp": told, **changed})


def write_user(vendors: FaultyVendors, name: str, moment: datetime, changed: Row) -> None:
    users = vendors.vendors["zendesk"].users
    [first, *_] = [user for user in users if user["role"] == "end-user"]
    told, epoch = f"{moment:%Y-%m-%dT%H:%M:%SZ}", int(moment.replace(tzinfo=UTC).timestamp())
    users.append({**first, "id": int(name), "created_at": told, "updated_at": told, "_moment": epoch, **changed})


def write_activity(vendors: FaultyVendors, name: str, moment: datetime, changed: Row) -> None:
    activities = vendors.vendors["marketo"].activities
    [first, *_] = [row for row in activities if row["activityTypeId"] == 6]
    row = {**first, "marketoGUID": name, "activityDate": f"{moment:%Y-%m-%dT%H:%M:%SZ}", **changed}
    insort(activities, row, key=lambda each: each["activityDate"])


@dataclass(frozen=True, eq=False)
class Connector:
    """A table of a vendor whose pages are disturbed, and what the vendor's own ways are."""

    source: str
    entity: str
    pages: str
    """Part of the path of the requests for its pages."""
    rows: str
    """Member of an answer that holds the rows."""
    key: str
    account: str
    text: str
    """A field that is text, and that may be empty."""
    column: str
    """The contract's column for it."""
    write: Callable[[FaultyVendors, str, datetime, Row], None]
    """Puts a record into the vendor: its id, the time of its change, and fields that are to be so."""
    new_ids: tuple[str, str]
    quota: Answer
    quota_remedy: str
    more: Callable[[str, str], Row]
    """An answer without rows that is not the end, by its address and query."""
    logs_in: bool = True
    too_many: tuple[Answer, float | None] = (Answer.of({"error": "too many"}, 429), None)
    """The vendor's own way to say that there were too many requests, and how long that is to be waited for."""

    def __str__(self) -> str:
        return f"{self.source}.{self.entity}"


CONNECTORS = [
    Connector("crm", "contacts", "/query", "records", "Id", "Account.AccountNumber", "Title", "job_title", write_contact, ("003newA", "003newB"), SALESFORCE_QUOTA, "ask for more calls", lambda url, _: {"totalSize": 1, "done": False, "records": [], "nextRecordsUrl": url}),  # noqa: E501
    Connector("desk", "people", "/users/cursor", "users", "id", "organization_id", "name", "person_name", write_user, ("7000001", "7000002"), FORBIDDEN, "log-in may read this", lambda url, _: {"users": [], "after_cursor": None, "after_url": url, "end_of_stream": False}, logs_in=False),  # noqa: E501
    Connector("marketing", "engagements", "/activities.json", "result", "marketoGUID", "leadId", "primaryAttributeValue", "content_id", write_activity, ("E9000001", "E9000002"), marketo_error("607", "Daily quota reached"), "midnight US Central", lambda _, query: {"success": True, "moreResult": True, "nextPageToken": re.findall("nextPageToken=([^&]+)", query)[-1].replace("%3D", "=")}, too_many=(marketo_error("606", "Max rate limit exceeded"), 20.0)),  # noqa: E501
]  # fmt: skip
EACH = pytest.mark.parametrize("connector", CONNECTORS, ids=str)


def not_written(*_: object) -> None:
    raise AssertionError


HUBSPOT_QUOTA = Answer.of({"policyName": "DAILY", "message": "You have reached your daily limit."}, 429)
# They meet the faults of requests and answers; those of fields are met by one connector of each form above.
OTHER_CONNECTORS = [
    Connector("hubspot", "opportunities", "/objects/deals", "results", "id", "id", "id", "opportunity_id", not_written, ("", ""), HUBSPOT_QUOTA, "run again tomorrow", lambda *_: {}, logs_in=False),  # noqa: E501
    Connector("intercom", "people", "/contacts/search", "data", "id", "id", "name", "person_name", not_written, ("", ""), FORBIDDEN, "log-in may read this", lambda *_: {}, logs_in=False),  # noqa: E501
]  # fmt: skip
EVERY = pytest.mark.parametrize("connector", [*CONNECTORS, *OTHER_CONNECTORS], ids=str)


@dataclass
class House:
    """One faulty vendor, a source of files beside it, and the warehouse that both fill."""

    settings: Settings
    warehouse: DuckDBWarehouse
    vendors: FaultyVendors
    connector: Connector

    def with_source(self, **changes: Any) -> "House":
        source = self.settings.sources[self.connector.source].model_copy(update=changes)
        sources = {**self.settings.sources, self.connector.source: source}
        return replace(self, settings=self.settings.model_copy(update={"sources": sources}))

    @property
    def source(self) -> ApiSource:
        source = self.settings.sources[self.connector.source]
        assert isinstance(source, ApiSource)
        return source

    def strike(self, change: Change, times: int | None = None, after: int = 0) -> Fault:
        """From now on the vendor's pages are so."""
        self.vendors.fault = Fault(change, self.connector.pages, times, after)
        return self.vendors.fault

    def pull(self) -> LandedBatch:
        """A pull of the table, landed."""
        name, entity = self.connector.source, self.connector.entity
        request = PullRequest(
            source_name=name,
            source=self.source,
            client=self.client(),
            entity=input_contract()[entity],
            landing_dir=self.settings.landing_dir,
            load_id=uuid.uuid4().hex,
            state=self.warehouse.source_state(name, entity),
            known_keys=lambda: self.warehouse.known_keys(f"{self.source.type}_{entity}", name),
        )
        batch = pull_table(request)
        assert batch is not None
        return batch

    def take(self) -> LoadResult:
        """A pull of the table, loaded without having been judged."""
        batch = self.pull()
        return self.warehouse.load(batch, datetime.now(UTC).replace(tzinfo=None), datetime(2026, 1, 1), is_pinned=True)

    def client(self) -> VendorClient:
        name = self.connector.source
        return pulling.connect(name, self.source, *self.settings.require_api(name, self.source))

    def load(self, *others: tuple[str, str]) -> list[LoadedTable]:
        """Fetch, judge and load the vendor's table and others; the vendor's first."""
        tables = [(self.connector.source, self.connector.entity), *others]
        loaded = load_all(self.settings, self.warehouse, tables, AS_OF, ())
        return sorted(loaded, key=lambda table: table.source_name != self.connector.source)

    def raw(self) -> list[tuple[Any, ...]]:
        """The vendor's rows in raw, without what tells of the load."""
        told = self.warehouse.rows(f"select * from raw.{self.source.type}_{self.connector.entity}")
        return sorted(
            tuple(str(value) for name, value in row.items() if name not in {"_load_number", "_loaded_at"})
            for row in told
        )

    def newest(self, name: str) -> Row:
        """The newest row of a record in raw."""
        [*_, row] = self.warehouse.rows(
            f"select * from raw.{self.source.type}_{self.connector.entity} "
            f"where _record_key = '{self.connector.source}:{name}' order by _known_at, _load_number"
        )
        return row

    def state(self) -> str | None:
        """Where the next pull goes on."""
        return self.warehouse.source_state(self.connector.source, self.connector.entity)

    def litter(self) -> list[Path]:
        """What lies in landing of the vendor."""
        folder = self.settings.landing_dir
        other = folder / OTHER_SOURCE[0]
        return [path for path in folder.rglob("*") if path.is_file() and other not in path.parents]


@pytest.fixture(scope="module")
def exports(
    tiny_vendor_config: Path, tiny_other_vendor_config: Path, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings of a tiny demo company whose exports are there, with every vendor that can serve it."""
    from dagster_project.assets.demo import write_demo  # noqa: PLC0415 - dagster

    home = tmp_path_factory.mktemp("vendors") / "home"
    settings = load_settings({"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(tiny_vendor_config)})
    others = load_settings({"BANSOU_HOME": str(home), "BANSOU_CONFIG": str(tiny_other_vendor_config)}).sources
    sources = {**settings.sources, "hubspot": others["crm"], "intercom": others["desk"]}
    settings = settings.model_copy(update={"sources": sources})
    assert settings.demo is not None
    write_demo(settings.demo, settings.demo_dir)
    warehouse = DuckDBWarehouse(home / "empty.duckdb")
    warehouse.prepare(settings.source_types)
    return settings


@pytest.fixture(scope="module")
def vendors(exports: Settings) -> Iterator[tuple[FaultyVendors, str]]:
    """The vendors, with pages so small that a tiny company has several."""
    found = FaultyVendors(exports.demo_dir)
    with (
        patch.multiple(demo_salesforce, PAGE_ROWS=7, SHORTER_PAGE_ROWS=5),
        patch.multiple(demo_zendesk, EVENTS_AT_ONCE=40, LIST_ROWS=7),
        patch.multiple(demo_marketo, AT_ONCE=150, PROGRAMS_AT_ONCE=7),
        serving_faults(found) as address,
    ):
        yield found, address


def house_of(exports: Settings, vendors: tuple[FaultyVendors, str], connector: Connector, home: Path) -> House:
    found, address = vendors
    found.heal()
    home.mkdir()
    (home / "demo").symlink_to(exports.demo_dir, target_is_directory=True)
    shutil.copy(exports.home / "empty.duckdb", home / "warehouse.duckdb")
    told = exports.sources[connector.source]
    assert isinstance(told, ApiSource)
    changes = {"attempts": 3, "first_pause_seconds": PAUSE, "page_size": 7, "timeout_seconds": 20.0}
    sources = {**exports.sources, connector.source: told.model_copy(update=changes)}
    environment = {**exports.environment, "BANSOU_DEMO_VENDORS": address, **VARIABLES}
    settings = exports.model_copy(update={"home": home, "sources": sources, "environment": environment})
    return House(settings, DuckDBWarehouse(home / "warehouse.duckdb"), found, connector)


@pytest.fixture
def house(
    exports: Settings, vendors: tuple[FaultyVendors, str], connector: Connector, tmp_path: Path
) -> Iterator[House]:
    yield house_of(exports, vendors, connector, tmp_path / "home")
    vendors[0].heal()


@pytest.fixture
def fresh(house: House) -> Iterator[House]:
    """A house whose vendor may be written to."""
    house.vendors.begin_anew()
    yield house
    house.vendors.begin_anew()


@pytest.fixture(scope="module")
def undisturbed(
    exports: Settings, vendors: tuple[FaultyVendors, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[Connector, tuple[list[Row], list[tuple[Any, ...]]]]:
    """Rows landed and rows in raw where nothing is wrong."""
    found = {}
    for number, connector in enumerate([*CONNECTORS, *OTHER_CONNECTORS]):
        house = house_of(exports, vendors, connector, tmp_path_factory.mktemp("sound") / str(number))
        landed = rows_of(house.pull())
        house.take()
        found[connector] = (landed, house.raw())
        assert len(landed) > 30
        assert sum(connector.pages in asked.path for asked in vendors[0].asked) > 10
    return found


Undisturbed = dict[Connector, tuple[list[Row], list[tuple[Any, ...]]]]


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were to be waited, none of which is."""
    seconds: list[float] = []
    monkeypatch.setattr(http, "time", SimpleNamespace(sleep=seconds.append))
    return seconds


@pytest.fixture
def unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches are taken as they are: what expectations cost is left out where no batch of the vendor comes to them."""
    sound = BatchJudgement((), {}, SuiteResult(0, ()))

    def judge(_settings: Settings, _warehouse: object, batches: list[LandedBatch], *_: object) -> Any:
        assert {batch.source_name for batch in batches} == {OTHER_SOURCE[0]}
        return {batch.load_id: sound for batch in batches}

    monkeypatch.setattr(loading, "judge_batches", judge)


def rows_of(batch: LandedBatch) -> list[Row]:
    rows: list[Row] = pq.read_table(batch.rows_path).to_pylist()
    return rows


def becomes(answer: Answer) -> Change:
    return lambda _sound, _asked: answer


def slow(sound: Answer, _asked: Asked) -> Answer:
    return replace(sound, delay_seconds=0.6)


def cut(sound: Answer, _asked: Asked) -> Answer:
    return replace(sound, is_cut=True)


def repeated() -> Change:
    """The first page that is struck comes again and again; what is drawn anew for each request is new."""
    first: list[Answer] = []

    def change(sound: Answer, _asked: Asked) -> Answer:
        first.append(sound)
        body = first[0].json
        return sound.with_json({**body, "requestId": uuid.uuid4().hex} if "requestId" in body else body)

    return change


def on_rows(connector: Connector, edit: Callable[[Row], Row | None]) -> Change:
    """Another form for each row of the table; other answers stay as they are."""

    def change(sound: Answer, _asked: Asked) -> Answer:
        body = sound.json
        rows = body.get(connector.rows)
        if not rows or connector.text not in rows[0]:
            return sound
        return sound.with_json({**body, connector.rows: [edit(row) for row in rows]})

    return change


def without(row: Row, name: str) -> Row:
    return {each: value for each, value in row.items() if each != name}


@dataclass(frozen=True)
class Passing:
    """A fault that passes."""

    change: Change
    slept: list[float]
    times: int = 1
    after: int = 3
    timeout_seconds: float = 20


PASSING = {
    "too_many_seconds": Passing(becomes(Answer.of({"error": "too many"}, 429, retry_after="7")), [7]),
    "too_many_bare": Passing(becomes(Answer.of({"error": "too many"}, 429)), [PAUSE]),
    "too_many_first": Passing(becomes(Answer.of({"error": "too many"}, 429, retry_after="0.5")), [0.5], after=0),
    "server_errors": Passing(becomes(Answer(502, b"Bad Gateway", {"content-type": "text/plain"})), [PAUSE, 0.02], 2),
    "unavailable_seconds": Passing(becomes(Answer.of({}, 503, retry_after="30")), [30]),
    "slow": Passing(slow, [PAUSE], timeout_seconds=0.3),
    "cut": Passing(cut, [PAUSE]),
    "cut_twice": Passing(cut, [PAUSE, 0.02], 2),
    "invalid_json": Passing(becomes(INVALID), [PAUSE]),
    "html": Passing(becomes(HTML), [PAUSE]),
    "nothing": Passing(becomes(Answer(200, b"")), [PAUSE]),
}


@EVERY
@pytest.mark.parametrize("name", PASSING)
def test_fault_that_passes_is_waited_for_and_changes_nothing(
    house: House, connector: Connector, undisturbed: Undisturbed, slept: list[float], name: str
) -> None:
    case = PASSING[name]
    fault = house.strike(case.change, case.times, case.after)
    batch = house.with_source(timeout_seconds=case.timeout_seconds).pull()
    assert (fault.struck, slept) == (case.times, case.slept)
    assert rows_of(batch) == undisturbed[connector][0]


@EVERY
def test_wait_until_a_date_counts_from_the_time_of_the_answer(
    house: House, connector: Connector, undisturbed: Undisturbed, slept: list[float]
) -> None:
    until = http_date(house.vendors.exports.now + timedelta(seconds=90))
    house.strike(becomes(Answer.of({"error": "too many"}, 429, retry_after=until)), 1, 3)
    assert rows_of(house.pull()) == undisturbed[connector][0]
    assert slept == [90]


@EVERY
def test_vendors_own_word_for_too_many_is_waited_for(
    house: House, connector: Connector, undisturbed: Undisturbed, slept: list[float]
) -> None:
    answer, seconds = connector.too_many
    house.strike(becomes(answer), 1, 3)
    assert rows_of(house.pull()) == undisturbed[connector][0]
    assert slept == [PAUSE if seconds is None else seconds]


@EVERY
@pytest.mark.parametrize("date_", ["", "yesterday", "Tue, 30 Jun 2026 25:61:00 GMT"], ids=["none", "word", "no_time"])
def test_answers_without_a_date_that_can_be_read_are_taken(
    house: House, connector: Connector, undisturbed: Undisturbed, date_: str
) -> None:
    house.vendors.date = date_
    assert rows_of(house.pull()) == undisturbed[connector][0]


@EVERY
@pytest.mark.parametrize("attempts", [1, 3])
def test_log_in_that_has_run_out_is_renewed_once(
    house: House, connector: Connector, undisturbed: Undisturbed, attempts: int
) -> None:
    """In the last attempt too; a token that nothing renews holds the table."""
    fault = house.strike(becomes(UNAUTHORIZED), 1, 3)
    house = house.with_source(attempts=attempts)
    if connector.logs_in:
        assert rows_of(house.pull()) == undisturbed[connector][0]
        assert sum("/oauth" in asked.path for asked in house.vendors.asked) == 2
    else:
        [table] = house.load()
        assert table.fault is not None
        assert "See that the credentials are right" in table.fault
    assert fault.struck == 1


@dataclass(frozen=True)
class Staying:
    """A fault that stays: what it does to the pages, and what is to be read of it."""

    change: Callable[[Connector], Change]
    told: str
    """Pattern of what is wrong and what to do."""
    after: int = 3
    timeout_seconds: float = 20
    names_request: bool = True


FAULTS_OF_FIELDS = {"field_gone", "key_gone"}
STAYING = {
    "unauthorized": Staying(lambda _: becomes(UNAUTHORIZED), "401.*|INVALID_SESSION_ID.* See that the credentials"),
    "quota": Staying(lambda connector: becomes(connector.quota), "{quota_remedy}"),
    "forbidden": Staying(lambda _: becomes(FORBIDDEN), "403 .*docs/sources.md lists the rights"),
    "too_many_for_too_long": Staying(
        lambda _: becomes(Answer.of({}, 429, retry_after="3600")), "429 .*asks to wait 3600 s.* run again later"
    ),
    "too_many_for_ever": Staying(lambda _: becomes(Answer.of({}, 429, retry_after="1")), "429 .*tried 3.* Run again"),
    "server_errors": Staying(lambda _: becomes(Answer.of({}, 500)), "500 .*tried 3 times.* vendor's status page"),
    "slow": Staying(lambda _: slow, "ReadTimeout.*tried 3 times.* Run again", timeout_seconds=0.1),
    "cut": Staying(lambda _: cut, "no whole answer.*tried 3 times.* Run again"),
    "cut_from_the_first": Staying(lambda _: cut, "no whole answer.*tried 3 times.* Run again", after=0),
    "invalid_json": Staying(lambda _: becomes(INVALID), "not JSON.*tried 3 times.* Run again"),
    "html": Staying(lambda _: becomes(HTML), "not JSON: <html>.*maintenance.*tried 3 times.* Run again"),
    "nothing": Staying(lambda _: becomes(Answer(200, b"")), "tried 3 times.* Run again"),
    "no_such_object": Staying(lambda _: becomes(Answer.of({"error": "x"}, 404)), "404 .*object and the fields"),
    "repeats": Staying(lambda _: repeated(), "gives a page again.*ask the vendor"),
    "other_form": Staying(lambda _: becomes(Answer.of({"answers": []})), "another form.*release notes"),
    "list_for_an_object": Staying(lambda _: becomes(Answer.of([])), "another form.*release notes"),
    "rows_that_are_none": Staying(lambda c: becomes(Answer.of({c.rows: [1, "x"]})), "another form.*release notes"),
    "field_gone": Staying(
        lambda connector: on_rows(connector, lambda row: without(row, connector.text)),
        "has no field .*Correct the columns|another form.*KeyError: '{text}'",
        after=0,
        names_request=False,
    ),
    "key_gone": Staying(
        lambda connector: on_rows(connector, lambda row: without(row, connector.key)),
        "has no field .*Correct the columns|another form.*KeyError: '{text}'",
        after=0,
        names_request=False,
    ),
}


@pytest.mark.usefixtures("unjudged")
@pytest.mark.parametrize(
    ("connector", "name"),
    [
        pytest.param(connector, name, id=f"{connector}-{name}")
        for connector in [*CONNECTORS, *OTHER_CONNECTORS]
        for name in STAYING
        if connector in CONNECTORS or name not in FAULTS_OF_FIELDS
    ],
)
def test_fault_that_stays_holds_its_table_alone_until_it_is_gone(
    house: House, connector: Connector, undisturbed: Undisturbed, slept: list[float], name: str
) -> None:
    case = STAYING[name]
    fault = house.strike(case.change(connector), None, case.after)
    house = house.with_source(timeout_seconds=case.timeout_seconds)
    held, other = house.load(OTHER_SOURCE)
    assert fault.struck > 0
    assert (other.fault, other.result is not None) == (None, True)
    assert held.fault is not None, held.result
    assert f"{connector}" in held.fault.replace(".tables.", ".")
    assert re.search(case.told.format(quota_remedy=connector.quota_remedy, text=connector.text), held.fault), held.fault
    if case.names_request:
        assert re.search(rf"(GET|POST) http://\S+{re.escape(connector.pages)}", held.fault), held.fault
    assert SECRET not in held.fault
    assert (house.raw(), house.litter()) == ([], [])
    house.vendors.heal()
    house.with_source(timeout_seconds=20.0).take()
    assert house.raw() == undisturbed[connector][1]
    assert len(slept) < 3


@EACH
def test_page_without_rows_is_not_the_end(house: House, connector: Connector, undisturbed: Undisturbed) -> None:
    empty: list[str] = []

    def change(sound: Answer, asked: Asked) -> Answer:
        if connector.text not in str(sound.json):
            return sound
        empty.append(asked.url)
        return sound.with_json(connector.more(asked.url, asked.query))

    house.strike(change, 1, 3)
    assert rows_of(house.pull()) == undisturbed[connector][0]
    assert len(empty) == 1


@EACH
def test_row_without_id_is_rejected_and_the_others_are_taken(
    house: House, connector: Connector, undisturbed: Undisturbed
) -> None:
    nameless: list[Row] = []

    def edit(row: Row) -> Row:
        if nameless:
            return row
        nameless.append(row)
        return {**row, connector.key: None}

    house.strike(on_rows(connector, edit), after=3)
    result = house.take()
    assert result.rows_rejected == 1
    name = str(nameless[0][connector.key])
    assert len(house.raw()) < len(undisturbed[connector][1])
    assert {row for row in undisturbed[connector][1] if name not in row} == set(house.raw())
    [rejected] = house.warehouse.rows("select column_name, reason from raw.rejected_rows")
    assert rejected["column_name"] in {"contact_id", "person_id", "engagement_id"}


@EACH
@pytest.mark.parametrize("value", [12345, True, {"nested": [1]}, ["one", "two"]], ids=["int", "flag", "object", "list"])
def test_field_of_another_type_in_the_middle_is_taken_as_its_text(
    house: House, connector: Connector, undisturbed: Undisturbed, value: Any
) -> None:
    changed: list[str] = []

    def edit(row: Row) -> Row:
        changed.append(str(row[connector.key]))
        return {**row, connector.text: value}

    house.strike(on_rows(connector, edit), 2, 3)
    found, sound = rows_of(house.pull()), undisturbed[connector][0]
    told = {12345: "12345", True: "true"}.get(value) if isinstance(value, int) else None
    assert len(changed) > 3
    for row, expected in zip(found, sound, strict=True):
        if str(row["_record_key"]).partition(":")[2] not in changed:
            assert row == expected
        elif told:
            assert row[connector.column] in {told, expected[connector.column]}
        else:
            assert row["_record_key"] == expected["_record_key"]
    texts = {row[connector.column] for row in found}
    assert (told or ('{"nested":[1]}' if isinstance(value, dict) else '["one","two"]')) in texts


@EACH
def test_new_field_is_kept_beside_the_others(house: House, connector: Connector, undisturbed: Undisturbed) -> None:
    house.strike(on_rows(connector, lambda row: {**row, "brand_new": "x"}), after=4)
    found, sound = rows_of(house.pull()), undisturbed[connector][0]
    extras = [row for row, before in zip(found, sound, strict=True) if row != before]
    assert 0 < len(extras) < len(found)
    for row, before in zip(found, sound, strict=True):
        if row in extras:
            assert '"brand_new":"x"' in row["_extra"]
        assert {**row, "_extra": None, "_row_hash": None} == {**before, "_extra": None, "_row_hash": None}


@EACH
def test_rows_of_the_watermarks_second_are_not_passed_over(fresh: House, connector: Connector) -> None:
    moment = fresh.vendors.exports.now - timedelta(minutes=5)
    first, second = connector.new_ids
    connector.write(fresh.vendors, first, moment, {})
    house = fresh.with_source(overlap_minutes=0)
    house.take()
    connector.write(house.vendors, second, moment, {})
    assert house.take().rows_new == 1
    assert house.newest(second)["_record_key"] == f"{connector.source}:{second}"


@EACH
def test_id_that_another_account_uses_now_is_a_new_state_of_it(fresh: House, connector: Connector) -> None:
    if input_contract()[connector.entity].kind == "events":
        pytest.skip("an event has one state")
    moment = fresh.vendors.exports.now - timedelta(hours=5)
    name = connector.new_ids[0]
    column = "account_id" if connector.entity == "contacts" else "company_id"
    connector.write(fresh.vendors, name, moment, {connector.account: "A1"})
    fresh.take()
    before = fresh.raw()
    connector.write(fresh.vendors, name, moment + timedelta(hours=4), {connector.account: "A2"})
    fresh.take()
    assert fresh.newest(name)[column] == "A2"
    assert set(before) < set(fresh.raw())
    assert len(fresh.raw()) == len(before) + 1


@EACH
def test_what_is_written_after_a_clock_ran_ahead_is_not_passed_over(
    fresh: House, connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their clock, and with it the times of their changes, is an hour ahead, then right again."""
    exports, (first, second) = fresh.vendors.exports, connector.new_ids
    moment = exports.now
    exports.now = moment + timedelta(hours=1)
    monkeypatch.setattr(pulling, "_our_time", lambda: moment)
    connector.write(fresh.vendors, first, moment + timedelta(minutes=57), {})
    fresh.take()
    assert fresh.newest(first)["_record_key"] == f"{connector.source}:{first}"
    connector.write(fresh.vendors, second, moment + timedelta(minutes=20), {})
    exports.now = moment + timedelta(hours=3)
    monkeypatch.setattr(pulling, "_our_time", lambda: moment + timedelta(hours=3))
    assert fresh.take().rows_new == 1
    assert fresh.newest(second)["_record_key"] == f"{connector.source}:{second}"
    assert pulling.PullState.read(fresh.state()).watermark == moment + timedelta(minutes=57)  # type: ignore[union-attr]


@pytest.mark.parametrize("times", [4, None])
@pytest.mark.parametrize("connector", CONNECTORS[:1], ids=str)
def test_query_whose_cursor_expires_is_asked_anew_from_its_last_row(
    house: House, undisturbed: Undisturbed, times: int | None
) -> None:
    """Once, or after each page."""
    fault = house.strike(lambda sound, asked: sound if "queryAll" in asked.path else EXPIRED, times)
    house.take()
    assert fault.struck > 1
    assert house.raw() == undisturbed[house.connector][1]


@pytest.mark.usefixtures("unjudged")
@pytest.mark.parametrize("connector", CONNECTORS[:1], ids=str)
def test_query_whose_cursors_expire_without_end_holds_the_table(fresh: House, undisturbed: Undisturbed) -> None:
    """Where a page is of one second, there is no row to go on from."""
    for number in range(20):
        write_contact(fresh.vendors, f"003same{number}", fresh.vendors.exports.now - timedelta(hours=1), {})
    house = fresh
    house.strike(lambda sound, asked: sound if "queryAll" in asked.path else EXPIRED)
    held, other = house.load(OTHER_SOURCE)
    assert other.fault is None
    assert held.fault is not None
    assert re.match(r"crm\.contacts: GET \S+/query/\S+.*INVALID_QUERY_LOCATOR.* Run again", held.fault), held.fault
    assert (house.raw(), house.litter()) == ([], [])
    house.vendors.heal()
    house.take()
    assert len(house.raw()) == len(undisturbed[house.connector][1]) + 20


@pytest.mark.parametrize("connector", CONNECTORS[2:3], ids=str)
def test_programmes_of_short_pages_are_all_read(house: House) -> None:
    """The next page begins behind the rows that came, not behind those that were asked for."""
    house = replace(house, connector=replace(house.connector, entity="programmes"))
    house.take()
    assert len(house.raw()) == len(house.vendors.vendors["marketo"].programs) > 14


@pytest.mark.parametrize("connector", CONNECTORS[:1], ids=str)
@pytest.mark.parametrize(("answer", "times"), [(HTML, 1), (HTML, None), ("cut", 1)], ids=["html", "for_ever", "cut"])
def test_results_in_bulk_are_read_whole_or_not_at_all(
    house: House, undisturbed: Undisturbed, slept: list[float], answer: Answer | str, times: int | None
) -> None:
    sound_options = house.source.options
    house = house.with_source(options={**sound_options, "bulk_from_rows": 0})
    house.vendors.fault = Fault(becomes(answer) if isinstance(answer, Answer) else cut, "/results", times)
    if times is None:
        with pytest.raises(SourceError, match=r"crm.contacts: GET \S+/results: .*<html>.* Run again"):
            house.pull()
        assert house.litter() == []
    else:
        house.take()
        assert len(slept) == times
        keys = {row[0] for row in house.raw()}
        assert keys == {row[0] for row in undisturbed[house.connector][1]}
        assert len(house.raw()) == len(undisturbed[house.connector][1])


@EVERY
@pytest.mark.usefixtures("unjudged")
def test_refused_log_in_names_the_credentials(house: House) -> None:
    refused = house.with_source(credentials=dict.fromkeys(house.source.credentials, "wrong"))
    held, other = refused.load(OTHER_SOURCE)
    assert other.fault is None
    assert held.fault is not None
    assert re.search(r"(GET|POST) http://\S+.*40[01].*See that the credentials are right", held.fault), held.fault
    assert "wrong" not in held.fault
    assert house.litter() == []


@EVERY
@pytest.mark.usefixtures("slept")
def test_no_other_host_is_given_the_log_in(house: House) -> None:
    """A vendor that sends requests on elsewhere, as a proxy for logging in does."""
    heard: list[dict[bytes, bytes]] = []

    async def elsewhere(scope: Any, _receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            heard.append(dict(scope["headers"]))
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
            await send({"type": "http.response.body", "body": b"hi"})

    with serving_faults(elsewhere) as address:
        house.strike(becomes(Answer(302, b"", {"location": f"{address}/login"})), after=2)
        with pytest.raises(SourceError, match="not JSON: hi"):
            house.pull()
    assert len(heard) == 3
    assert all(b"authorization" not in headers for headers in heard)
