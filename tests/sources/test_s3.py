"""Files on storage that speaks S3: fetched where they are new, named by their address, clear about what is wrong."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from dagster_project.loading import LoadedTable, load_all
from dagster_project.settings import CalendarSettings, FilesSource, Settings, SettingsError
from dagster_project.sources import objects
from dagster_project.sources.landing import SourceError
from dagster_project.up_to_date import is_elsewhere
from dagster_project.warehouse.duckdb import DuckDBWarehouse
from tests.sources.s3_server import ACCESS_KEY, MOTO, REGION, SECRET_KEY, Storage, s3_server

AS_OF = date(2026, 6, 30)
needs_server = pytest.mark.skipif(
    not (MOTO / "moto").exists(),
    reason=f"moto's server is not installed in {MOTO}: `make test` does it (tests/s3.lock)",
)
BUCKETS = count(1)
KEYS = {"S3_KEY": ACCESS_KEY, "S3_SECRET": SECRET_KEY}


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


def settings_of(home: Path, environment: dict[str, str] = KEYS, **told: Any) -> Settings:
    source = {
        "type": "files",
        "folder": "s3://events/usage",
        "region": REGION,
        "access_key": "${S3_KEY}",
        "secret_key": "${S3_SECRET}",
        "tables": {"usage_events": {"files": "dt=*/*.jsonl", "known_at": "received_at"}},
    }
    return Settings(
        home=home,
        config_path=home / "bansou.toml",
        environment=environment,
        calendar=CalendarSettings(history_start_date=date(2026, 1, 1), as_of_date=AS_OF),
        sources={"product": FilesSource.model_validate({**source, **told})},
    )


@dataclass
class Company:
    """A bucket of its own, and the warehouse that its events go to."""

    storage: Storage
    bucket: str
    settings: Settings
    warehouse: DuckDBWarehouse

    def put(self, key: str, numbers: Sequence[int], *, bad: bool = False) -> None:
        lines = [
            {
                "event_id": f"e{n}",
                "account_id": "a",
                "feature_id": "f",
                "event_at": f"2026-06-0{n % 9 + 1}T00:00:00Z",
                "received_at": f"2026-06-1{n % 9}T00:00:00Z",
            }
            for n in numbers
        ]
        lines += [{**lines[0], "event_id": "bad", "event_at": "yesterday"}] if bad else []
        self.storage.put(f"{self.bucket}/{key}", "".join(json.dumps(line) + "\n" for line in lines).encode())

    def load(self, settings: Settings | None = None) -> LoadedTable:
        [table] = load_all(settings or self.settings, self.warehouse, [("product", "usage_events")], AS_OF, ())
        return table

    def ids(self) -> set[str]:
        return {row["event_id"] for row in self.warehouse.rows("select event_id from raw.files_usage_events")}

    def fetched(self, run: Callable[[], LoadedTable]) -> tuple[LoadedTable, list[str]]:
        before = len(self.storage.requests())
        return run(), [path.removeprefix(f"/{self.bucket}/") for path in self.storage.fetched_since(before)]


@pytest.fixture
def company(storage: Storage, tmp_path: Path) -> Company:
    bucket = f"events{next(BUCKETS)}"
    storage.system.create_dir(bucket)
    settings = settings_of(tmp_path / "home", folder=f"s3://{bucket}/usage", endpoint=storage.endpoint)
    warehouse = DuckDBWarehouse(settings.build_path)
    warehouse.prepare(["files"])
    return Company(storage, bucket, settings, warehouse)


@needs_server
def test_only_new_and_changed_objects_are_fetched(company: Company) -> None:
    company.put("usage/dt=2026-06-01/a.jsonl", range(10))
    company.put("usage/dt=2026-06-02/b c%20ü.jsonl", range(10, 20))
    company.put("usage/other/c.jsonl", range(20, 30))
    company.put("elsewhere/dt=2026-06-01/d.jsonl", range(30, 40))
    table, fetched = company.fetched(company.load)
    assert table.fault is None
    assert table.result is not None and table.result.rows_loaded == 20
    assert len(fetched) == 2
    nothing, fetched = company.fetched(company.load)
    assert (nothing.batch, nothing.fault, fetched) == (None, None, [])
    company.put("usage/dt=2026-06-03/e.jsonl", range(40, 45))
    table, fetched = company.fetched(company.load)
    assert table.result is not None and table.result.rows_loaded == 5
    assert fetched == ["usage/dt=2026-06-03/e.jsonl"]
    company.put("usage/dt=2026-06-01/a.jsonl", [*range(10), 99])
    table, fetched = company.fetched(company.load)
    assert table.result is not None and (table.result.rows_read, table.result.rows_loaded) == (11, 1)
    assert fetched == ["usage/dt=2026-06-01/a.jsonl"]
    assert company.ids() == {f"e{n}" for n in [*range(20), *range(40, 45), 99]}


@needs_server
def test_object_written_over_within_the_same_second_is_seen(company: Company) -> None:
    company.put("usage/dt=2026-06-01/a.jsonl", range(10, 20))
    company.load()
    company.put("usage/dt=2026-06-01/a.jsonl", range(20, 30))
    company.load()
    assert company.ids() == {f"e{n}" for n in range(10, 30)}


@needs_server
def test_objects_are_known_by_their_content_when_memory_of_them_is_lost(company: Company) -> None:
    company.put("usage/dt=2026-06-01/a.jsonl", range(10))
    company.load()
    [memory] = (company.settings.landing_dir / ".objects").iterdir()
    memory.write_text("{")
    table, fetched = company.fetched(company.load)
    assert (table.batch, table.fault, len(fetched)) == (None, None, 1)
    assert company.fetched(company.load)[1] == []


@needs_server
def test_ledger_and_rejections_name_the_address_and_no_copy_stays(company: Company) -> None:
    company.put("usage/dt=2026-06-01/a.jsonl", range(30), bad=True)
    company.load()
    address = f"s3://{company.bucket}/usage/dt=2026-06-01/a.jsonl"
    [file] = company.warehouse.rows("select file_path, row_count from raw.batch_files")
    assert file == {"file_path": address, "row_count": 31}
    [row] = company.warehouse.rows("select file_path, row_number, value from raw.rejected_rows")
    assert row == {"file_path": address, "row_number": 31, "value": "yesterday"}
    assert list((company.settings.landing_dir / ".read").glob("*")) == []


@needs_server
def test_copies_of_a_run_that_was_stopped_are_removed(company: Company) -> None:
    left = company.settings.landing_dir / ".read" / "stopped" / "fetched" / "a.json"
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    company.put("usage/dt=2026-06-01/a.jsonl", range(3))
    assert company.load().fault is None
    assert not left.exists()


@needs_server
def test_large_object_is_whole(company: Company) -> None:
    assert company.settings.sources
    big = "".join(
        json.dumps(
            {
                "event_id": f"e{n}",
                "account_id": "a",
                "feature_id": "f" * 300,
                "event_at": "2026-06-01",
                "received_at": "2026-06-02",
            }
        )
        + "\n"
        for n in range(50_000)
    )
    assert len(big) > 2 * objects.CHUNK_BYTES
    company.storage.put(f"{company.bucket}/usage/dt=1/big.jsonl", big.encode())
    table = company.load()
    assert table.result is not None and table.result.rows_loaded == 50_000


@needs_server
def test_joined_object_is_fetched_with_the_first(company: Company) -> None:
    company.put("usage/dt=2026-06-01/a.jsonl", range(3))
    company.storage.put(f"{company.bucket}/usage/names.jsonl", b'{"account_id": "a", "ours": "A1"}\n')
    told = {
        "files": "dt=*/*.jsonl",
        "join": {"files": "names.jsonl", "on": {"account_id": "account_id"}, "prefix": "n_"},
        "columns": {
            "event_id": "event_id",
            "account_id": "n_ours",
            "feature_id": "feature_id",
            "event_at": "event_at",
        },
    }
    settings = settings_of(
        company.settings.home,
        folder=f"s3://{company.bucket}/usage/",
        endpoint=company.storage.endpoint,
        tables={"usage_events": told},
    )
    table, fetched = company.fetched(lambda: company.load(settings))
    assert table.fault is None and len(fetched) == 2
    assert {row["account_id"] for row in company.warehouse.rows("select account_id from raw.files_usage_events")} == {
        "A1"
    }
    assert company.fetched(lambda: company.load(settings))[1] == []


@needs_server
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("**/*.jsonl", ["a.jsonl", "x/b.jsonl", "x/y/c.jsonl"]),
        ("*.jsonl", ["a.jsonl"]),
        ("x/*.jsonl", ["x/b.jsonl"]),
        ("x/b.jsonl", ["x/b.jsonl"]),
        ("x/**/c.jsonl", ["x/y/c.jsonl"]),
        ("[!a]/?/c.jsonl", ["x/y/c.jsonl"]),
        ("none/*.jsonl", []),
    ],
)
def test_patterns_match_as_in_a_folder(company: Company, tmp_path: Path, pattern: str, expected: list[str]) -> None:
    for key in ("a.jsonl", "x/b.jsonl", "x/y/c.jsonl"):
        company.storage.put(f"{company.bucket}/usage/{key}", b"{}")
        (tmp_path / "same" / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "same" / key).write_text("{}")
    place = company.settings.require_folder("product", files_source(company.settings))
    assert not isinstance(place, Path)
    store = objects.ObjectStore(place, "product.usage_events", tmp_path / "copies", tmp_path / "memory")
    assert [each.path for each in store.find(pattern)] == expected
    assert sorted(str(path.relative_to(tmp_path / "same")) for path in (tmp_path / "same").glob(pattern)) == expected


@needs_server
def test_table_is_held_with_a_remedy_when_nothing_can_be_read(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dagster_project.loading.FIRST_PAUSE_SECONDS", 0)
    fault = company.load().fault
    assert fault == (
        f"sources.product.tables.usage_events: no file matches 'dt=*/*.jsonl' in s3://{company.bucket}/usage."
    )
    company.storage.put(f"{company.bucket}/usage/dt=1/empty.jsonl", b"")
    assert "empty.jsonl is empty (0 bytes)" in str(company.load().fault)
    home, endpoint = company.settings.home, company.storage.endpoint
    missing = company.load(settings_of(home, folder="s3://no-such-bucket/usage", endpoint=endpoint)).fault
    assert missing is not None
    assert missing.startswith("product.usage_events: cannot read s3://no-such-bucket/usage")
    assert missing.endswith("Correct the bucket in the source's folder, or the endpoint and region.")
    gone = company.load(settings_of(home, folder="s3://b/usage", endpoint="http://127.0.0.1:1")).fault
    assert gone is not None
    assert "cannot read s3://b/usage at http://127.0.0.1:1: " in gone
    assert gone.endswith("run again. (tried 3 times)")


@contextmanager
def answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers everything in one way; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_HEAD = do_GET  # noqa: N815 - as http.server names it

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def say(handler: BaseHTTPRequestHandler, status: int, body: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body.encode())


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("InvalidAccessKeyId", "See that access_key is right, and that it still holds."),
        ("SignatureDoesNotMatch", "See that secret_key belongs to access_key."),
        ("AccessDenied", "Let this key list the bucket and read its objects (s3:ListBucket, s3:GetObject)."),
    ],
)
def test_wrong_key_is_told_at_once(tmp_path: Path, code: str, remedy: str) -> None:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message></Error>"
    with answering(lambda handler: say(handler, 403, body)) as endpoint, pytest.raises(SourceError) as caught:
        store_at(endpoint, tmp_path).find("*.csv")
    assert str(caught.value).startswith("product.usage_events: cannot read s3://events/usage: ")
    assert str(caught.value).endswith(remedy)
    assert SECRET_KEY not in str(caught.value)


def test_storage_that_is_overloaded_is_asked_again_later(tmp_path: Path) -> None:
    body = "<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>no</Message></Error>"
    with answering(lambda handler: say(handler, 503, body)) as endpoint, pytest.raises(OSError, match="SLOW_DOWN"):
        store_at(endpoint, tmp_path).find("*.csv")


def test_listing_without_end_is_given_up(tmp_path: Path) -> None:
    body = (
        "<?xml version='1.0'?><ListBucketResult><IsTruncated>true</IsTruncated>"
        "<NextContinuationToken>again</NextContinuationToken><Contents><Key>usage/a.csv</Key><Size>1</Size>"
        "<LastModified>2026-06-01T00:00:00.000Z</LastModified></Contents></ListBucketResult>"
    )
    is_over = threading.Event()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(0.05)
        say(handler, *((403, "") if is_over.is_set() else (200, body)))

    with answering(answer) as endpoint:
        begun = time.monotonic()
        with pytest.raises(SourceError, match=r"s3://events/usage has no end: .* 1 seconds of longest_wait_seconds"):
            store_at(endpoint, tmp_path, longest_wait_seconds=1).find("*.csv")
        assert time.monotonic() - begun < 5
        is_over.set()
        time.sleep(0.3)


def test_body_that_ends_early_is_no_file(tmp_path: Path) -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        if "list-type" in handler.path:
            say(
                handler,
                200,
                "<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>"
                "<Key>usage/a.csv</Key><Size>1000</Size><LastModified>2026-06-01T00:00:00.000Z</LastModified>"
                "</Contents></ListBucketResult>",
            )
            return
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(b"account_id\n")
        handler.close_connection = True

    with answering(answer) as endpoint:
        store = store_at(endpoint, tmp_path)
        with pytest.raises(OSError, match=r"product.usage_events: cannot read s3://events/usage/a.csv at http"):
            store.digests(store.find("*.csv"))


def store_at(endpoint: str, folder: Path, **told: Any) -> objects.ObjectStore:
    settings = settings_of(folder, endpoint=endpoint, **told)
    place = settings.require_folder("product", files_source(settings))
    assert not isinstance(place, Path)
    return objects.ObjectStore(place, "product.usage_events", folder / "copies", folder / "memory")


def files_source(settings: Settings) -> FilesSource:
    source = settings.sources["product"]
    assert isinstance(source, FilesSource)
    return source


@pytest.mark.parametrize("key", ["a/../../b.csv", "a//b.csv", "x/" + "ü" * 128 + ".csv"])
def test_name_that_leads_elsewhere_is_refused(tmp_path: Path, key: str) -> None:
    body = (
        "<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>"
        f"<Key>usage/{key}</Key><Size>1</Size><LastModified>2026-06-01T00:00:00.000Z</LastModified>"
        "</Contents></ListBucketResult>"
    )

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body.encode())))
        handler.end_headers()
        handler.wfile.write(body.encode())

    with answering(answer) as endpoint, pytest.raises(SourceError, match="has a name that no file can have here"):
        store_at(endpoint, tmp_path).find("**/*.csv")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"endpoint": "http://storage.example.org"}, "is not https"),
        ({"folder": "s3://"}, "names no bucket"),
        ({"secret_key": None}, "give both access_key and secret_key"),
        ({"folder": "/data"}, "are of a folder s3://bucket/prefix"),
        ({"secret_key": "${NOT_SET}"}, "NOT_SET is not set"),
    ],
)
def test_settings_say_what_is_wrong(tmp_path: Path, told: dict[str, Any], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        settings_of(tmp_path, **told).require_complete()


def test_endpoint_of_the_environment_is_held_to_the_same_rule(tmp_path: Path) -> None:
    told = settings_of(tmp_path, {**KEYS, "AWS_ENDPOINT_URL": "http://storage.example.org"})
    with pytest.raises(SettingsError, match="is not https"):
        told.require_complete()


def test_secret_in_the_open_is_refused() -> None:
    with pytest.raises(ValueError, match="stands there in the open"):
        FilesSource.model_validate({"type": "files", "folder": "s3://b", "tables": {}, "secret_key": "abc"})


def test_storage_is_never_known_to_be_up_to_date_without_asking(tmp_path: Path) -> None:
    environment = {**KEYS, "EVENTS": "s3://events/usage", "HERE": "/data"}
    assert is_elsewhere(settings_of(tmp_path, environment, folder="${EVENTS}"), "product")
    plain = {"region": None, "access_key": None, "secret_key": None}
    assert not is_elsewhere(settings_of(tmp_path, environment, folder="${HERE}", **plain), "product")
