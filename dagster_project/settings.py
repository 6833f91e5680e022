"""Environment and `bansou.toml` become one typed object; no other module reads the environment."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import SplitResult, parse_qsl, urlsplit, urlunsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
STAGING_DIR = DBT_PROJECT_DIR / "models" / "staging"
INPUT_DIR = DBT_PROJECT_DIR / "models" / "input"
EXPECTATIONS_DIR = PROJECT_ROOT / "expectations"
DEMO_VARIABLES = {
    "BANSOU_DEMO_VENDORS": "http://127.0.0.1",
    "BANSOU_DEMO_EMAIL": "not yet",
    "BANSOU_DEMO_SECRET": "not yet",
}
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
OBJECT_STORE = "s3://"
# Types of sources that are asked as databases, not over HTTP.
DATABASE_TYPES = frozenset({"application"})
ENCRYPTED_SSL_MODES = frozenset({"require", "verify-ca", "verify-full"})
VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class SettingsError(Exception):
    """The configuration cannot be used; the message names the file, the place and the remedy."""


def _known_timezone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"'{name}' is no time zone name, such as 'Asia/Tokyo' or 'UTC'")
    return name


Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
TimezoneName = Annotated[str, AfterValidator(_known_timezone)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalendarSettings(_Strict):
    """Which days the warehouse covers, and when a business day ends."""

    history_start_date: date
    as_of_date: date | None = None
    """The newest day to build; without it, the demo world's today or else yesterday. A pinned day marks a closed,
    historical world."""
    business_timezone: TimezoneName = "UTC"
    fiscal_year_first_month: int = Field(default=1, ge=1, le=12)

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The business time zone as an object."""
        return ZoneInfo(self.business_timezone)


class MoneySettings(_Strict):
    """The currency of every figure."""

    reporting_currency: str = Field(default="", pattern=r"^([A-Z]{3})?$")
    """ISO 4217 code; amounts in other currencies are converted at the `currency_rates` of their contracts, and amounts
    without a code are read as it. Blank: the currency of all contracts, where they have the same."""


class DemoSettings(_Strict):
    """The demo company whose files stand in for a customer's own, and whose calendar is the run's."""

    account_count: int = Field(default=240, ge=8)
    day_count: int = Field(default=540, ge=30)
    until: date
    """The world's first today; `make tomorrow` moves it on."""
    seed: int = Field(default=7, ge=0)
    planted: bool = False
    """Whether accounts are planted besides: cases, and near misses, of every signal, cell, tier and phase."""


class ColumnMapping(_Strict):
    """Where one column of the input contract comes from."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    expression: str | None = None
    """DuckDB expression over the columns of the files; of files alone, and not of a vendor's fields."""
    format: str | None = None
    """strptime format of a date or timestamp, where it is not ISO 8601."""
    values: dict[str, str] | None = None
    """Foreign value to ours. A value that is not listed is rejected, unless `otherwise` says what it becomes."""
    otherwise: str | None = None


class KeepRule(_Strict):
    """A row filter on a foreign column; rows that fail it are counted as filtered, not loaded."""

    column: str
    one_of: list[str] | None = None
    none_of: list[str] | None = None


class JoinSettings(_Strict):
    """A second file whose columns are joined to each row; its key may not repeat."""

    files: str
    on: dict[str, str]
    """Column of the first file to column of the second."""
    prefix: str
    """Put before the second file's column names in the mapping."""


class FileTable(_Strict):
    """How one table of a files source becomes one entity of the input contract."""

    files: str
    """Glob relative to the source's folder."""
    shape: Literal["segment", "amplitude", "posthog"] | None = None
    """Whose export of events the files are: columns, time of arrival and format are then known, and what stands here
    beside it wins."""
    format: Literal["csv", "jsonl", "parquet"] | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    encoding: str = "utf-8"
    comment: str | None = Field(default=None, min_length=1, max_length=1)
    """Character that starts a line to be passed over, as in the templates; CSV only."""
    timezone: TimezoneName = "UTC"
    """Zone of timestamps that name none."""
    known_at: str | None = None
    """Foreign column with the time at which the row could be known; used for the first load and for pinned worlds."""
    source_delay_hours: float = Field(default=0, ge=0)
    is_reconstructed: bool = False
    """True where the rows show today's state only, although `known_at` lies in the past."""
    key: list[str] | Literal["whole_row"] | None = None
    columns: dict[str, str | ColumnMapping] = Field(default_factory=dict)
    """Contract column to foreign column; without any, columns of the same name are taken. In JSON lines a path such as
    `context.groupId` or `groups.account.0` leads into nested values."""
    keep: list[KeepRule] = Field(default_factory=list)
    smallest_share_of_last_fetch: float | None = Field(default=None, ge=0, le=1)
    """In place of `guards.smallest_share_of_last_fetch`, for a table whose files differ much in size."""
    join: JoinSettings | None = None


class _Source(_Strict):
    late_after_hours: float | None = Field(default=None, gt=0)
    """A source that has told nothing for so long, counted to the end of the newest day, is late."""


def _secret(value: str) -> str:
    if not VARIABLE.search(value):
        raise ValueError("stands there in the open: put it into the environment, and ${VAR} here")
    return value


Secret = Annotated[str, AfterValidator(_secret)]


class FilesSource(_Source):
    """A folder of CSV, JSON lines or Parquet files, on this machine or on storage that speaks S3."""

    type: Literal["files"]
    folder: str
    """A path, or `s3://bucket/prefix`."""
    tables: dict[str, FileTable]
    endpoint: str | None = None
    """Address of the storage where it is not Amazon's; `https`, or plain `http` on this machine alone."""
    region: str | None = None
    access_key: Secret | None = None
    """As `${VAR}`, together with `secret_key`; without them, the usual places of the environment are looked at:
    AWS_ACCESS_KEY_ID, ~/.aws, the role of the machine."""
    secret_key: Secret | None = None
    longest_wait_seconds: float = Field(default=600, gt=0)
    """How long listing the storage, or fetching one object of it, may take."""

    @field_validator("tables")
    @classmethod
    def _shapes_are_of_events(cls, told: dict[str, FileTable]) -> dict[str, FileTable]:
        for name, table in told.items():
            if table.shape and name != "usage_events":
                raise ValueError(f"{name}: the shape {table.shape} is one of usage_events, and of nothing else")
        return told


class ApiTable(_Strict):
    """What a configuration wants otherwise than the vendor's module has it, for one entity."""

    object: str | None = None
    """The vendor's name of what is read, such as `Hearing__c`; then `columns` gives all of the mapping."""
    columns: dict[str, str | ColumnMapping] = Field(default_factory=dict)
    """Contract column to vendor's field, beside and in place of the usual ones."""
    keep: list[KeepRule] = Field(default_factory=list)
    timezone: TimezoneName | None = None
    """Zone of timestamps that name none."""
    modified_at: str | None = None
    """Field of the last change, or of the arrival of what never changes, in place of the usual one; pulls go on from
    the newest that was read."""
    created_at: str | None = None
    has_history: bool | None = None
    """Whether the vendor keeps the changes of this object's fields."""
    source_delay_hours: float = Field(default=0, ge=0)
    smallest_share_of_last_fetch: float | None = Field(default=None, ge=0, le=1)
    """Records that are still there as a share of those held, in place of `guards.smallest_share_of_last_fetch`."""

    @field_validator("columns")
    @classmethod
    def _fields_are_named(cls, told: dict[str, str | ColumnMapping]) -> dict[str, str | ColumnMapping]:
        for name, origin in told.items():
            if isinstance(origin, ColumnMapping) and origin.expression is not None:
                raise ValueError(f"{name}: an expression reads the columns of files; a vendor's field is named")
        return told


class ApiSource(_Source):
    """A vendor's interface over HTTP, a vendor's export, or a database; `type` names the module of `sources/`."""

    type: Identifier
    base_url: str = ""
    """Where the interface is; `https`, or plain `http` on this machine alone. Of a database `postgresql://…`. An export
    lies in `options.folder`."""
    credentials: dict[str, str] = Field(default_factory=dict)
    """Secrets, each as `${VAR}`."""
    options: dict[str, str | int | float | bool | list[str] | dict[str, str]] = Field(default_factory=dict)
    """What only this vendor knows: docs/sources.md."""
    tables: dict[str, ApiTable] = Field(min_length=1)
    page_size: int | None = Field(default=None, ge=1)
    overlap_minutes: float = Field(default=10, ge=0)
    """How far before the newest change of the last pull the next one begins; what comes twice is taken once."""
    compare_keys_every_days: int = Field(default=7, ge=1)
    """How often the ids of all records are compared, to find those that were deleted without a word."""
    timeout_seconds: float = Field(default=60, gt=0)
    attempts: int = Field(default=6, ge=1)
    first_pause_seconds: float = Field(default=1, ge=0)
    """Pause before the second attempt, where the vendor does not say how long; it doubles each time."""
    longest_wait_seconds: float = Field(default=600, ge=0)
    """How long all pauses of one request may be together."""

    @field_validator("type")
    @classmethod
    def _has_staging_models(cls, told: str) -> str:
        if not staged_entities(told):
            known = ", ".join(sorted(path.name for path in STAGING_DIR.iterdir() if staged_entities(path.name)))
            raise ValueError(f"'{told}' has no staging models; there are {known}")
        return told

    @field_validator("credentials")
    @classmethod
    def _come_from_the_environment(cls, told: dict[str, str]) -> dict[str, str]:
        for name, value in told.items():
            if not VARIABLE.search(value):
                raise ValueError(f"{name} stands there in the open: put it into the environment, and ${{VAR}} here")
        return told

    @model_validator(mode="after")
    def _is_at_one_place(self) -> Self:
        if bool(self.base_url) == bool(self.folder):
            raise ValueError("give base_url, where the interface is, or else options.folder, where the export lies")
        return self

    @property
    def folder(self) -> str | None:
        """Folder of the vendor's export, for a type that has no interface to ask."""
        told = self.options.get("folder")
        return None if told is None else str(told)


@dataclass(frozen=True)
class ObjectPlace:
    """Where the files of a source are on storage that speaks S3."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str | None
    access_key: str | None
    secret_key: str | None = field(repr=False)
    longest_wait_seconds: float


def _kind_of_source(told: Any) -> str:
    kind = told.get("type") if isinstance(told, dict) else getattr(told, "type", None)
    return "files_source" if kind in {"files", None} else "api_source"


Source = Annotated[
    Annotated[FilesSource, Tag("files_source")] | Annotated[ApiSource, Tag("api_source")],
    Discriminator(_kind_of_source),
]
SOURCE_TAGS = {"files_source", "api_source"}


class GuardSettings(_Strict):
    """When a batch is held although it can be read."""

    smallest_share_of_last_fetch: float = Field(default=0.5, ge=0, le=1)
    """Rows of a file as a share of those of the same file, or of the smallest of its series, before."""
    volume_judged_from_rows: int = Field(default=20, ge=1)
    """Fewer rows than these say nothing about volume."""
    largest_rejected_share: float = Field(default=0.2, ge=0, le=1)
    """Rejected rows as a share of a batch's rows."""


class SupportSettings(_Strict):
    """How the times of the support desk are counted."""

    default_schedule_id: str | None = None
    """Working schedule of tickets that name none; without it, they have no business minutes."""


class PublishSettings(_Strict):
    """What is kept of earlier publishes."""

    sets_kept: int = Field(default=5, ge=1)


class PrivacySettings(_Strict):
    """How keys of persons are shown to readers."""

    person_salt: str | None = None
    """Mixed into the hashed keys; without it, one is drawn with the first run and kept in the data folder."""


class EmailSettings(_Strict):
    """A mail server and who is written to."""

    smtp_host: str
    smtp_port: int = 587
    sender: str
    recipients: list[str] = Field(min_length=1)
    user: str | None = None
    password: str | None = None
    """Best as `${VAR}`."""
    starttls: bool = True


class NotificationSettings(_Strict):
    """Who is told how a run ended."""

    on: list[Literal["success", "warning", "failure"]] = ["warning", "failure"]
    webhooks: list[str] = Field(default_factory=list)
    """Addresses that take the notice as JSON, best as `${VAR}`: whoever knows one can write to it."""
    slack_webhooks: list[str] = Field(default_factory=list)
    """Addresses of chats that take Slack's form."""
    email: EmailSettings | None = None


class PostgresSettings(_Strict):
    """The database of the Postgres engine."""

    url: str
    """`postgresql://user:password@host:port/database`, the password best as `${VAR}`."""
    reader_role: Identifier = "bansou_reader"
    """Role that may read the schema `published` and nothing else; created where it is absent."""


class Settings(_Strict):
    """Everything that a run is told: file and environment together."""

    home: Path
    config_path: Path
    environment: dict[str, str] = Field(repr=False)
    engine: Literal["duckdb", "postgres"] = "duckdb"
    postgres: PostgresSettings | None = None
    calendar: CalendarSettings
    money: MoneySettings = MoneySettings()
    demo: DemoSettings | None = None
    sources: dict[Identifier, Source]
    guards: GuardSettings = GuardSettings()
    support: SupportSettings = SupportSettings()
    privacy: PrivacySettings = PrivacySettings()
    notifications: NotificationSettings | None = None
    publish: PublishSettings = PublishSettings()

    @property
    def build_path(self) -> Path:
        """The warehouse file that a run writes; readers use `published_dir`."""
        return self.home / "build" / "warehouse.duckdb"

    @property
    def landing_dir(self) -> Path:
        """Parquet batches as they arrived."""
        return self.home / "landing"

    @property
    def facts_dir(self) -> Path:
        """What was decided or observed here, a file each."""
        return self.home / "facts"

    @property
    def published_dir(self) -> Path:
        """What dashboards read."""
        return self.home / "published"

    @property
    def failed_candidate_dir(self) -> Path:
        """Marts and failing rows of the last run that was refused."""
        return self.home / "build" / "failed_candidate"

    @property
    def demo_dir(self) -> Path:
        """Files of the demo company."""
        return self.home / "demo"

    @property
    def dbt_target_dir(self) -> Path:
        """dbt's manifest and parse cache; one per home, because the configured sources shape the graph."""
        return self.home / "build" / "dbt"

    @property
    def dagster_dir(self) -> Path:
        """Dagster's own storage."""
        return self.home / "dagster"

    @property
    def is_pinned(self) -> bool:
        """True for a closed world: a demo, or an export of the past. The source's own times are then those of
        knowledge at every load."""
        return self.demo is not None or self.calendar.as_of_date is not None

    @property
    def entities_fed(self) -> frozenset[str]:
        """Entities of the input contract that a configured source delivers."""
        return frozenset(entity for source in self.sources.values() for entity in source.tables)

    @property
    def table_names(self) -> frozenset[str]:
        """Configured tables as `<source>.<entity>`."""
        return frozenset(f"{name}.{entity}" for name, source in self.sources.items() for entity in source.tables)

    @property
    def feeds(self) -> dict[str, list[str]]:
        """Input entity to the source types whose staging models feed it."""
        found: dict[str, set[str]] = {}
        for source_type in self.source_types:
            for entity in staged_entities(source_type):
                found.setdefault(entity, set()).add(source_type)
        return {entity: sorted(types) for entity, types in sorted(found.items())}

    @property
    def source_types(self) -> list[str]:
        """Types of the configured sources."""
        return sorted({source.type for source in self.sources.values()})

    def resolve(self, text: str, place: str) -> str:
        """Replace every `${VAR}` in `text`.

        Raises:
            SettingsError: a variable is not set.
        """

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            if name == "BANSOU_HOME":
                return str(self.home)
            if name not in self.environment:
                raise SettingsError(
                    f"{self.config_path}, {place}: the environment variable {name} is not set. "
                    f"Set it, or write the value into the file."
                )
            return self.environment[name]

        return VARIABLE.sub(value, text)

    def require_api(self, name: str, source: ApiSource) -> tuple[str, dict[str, str]]:
        """Address of a vendor's interface or folder of its export, and credentials, with their variables filled in.

        Raises:
            SettingsError: a variable is not set, the address is not safe, or the vendor delivers no such table.
        """
        place = f"sources.{name}"
        staged = staged_entities(source.type)
        for entity in source.tables:
            if entity not in staged:
                raise SettingsError(
                    f"{self.config_path}, {place}.tables.{entity}: there is no staging model "
                    f"stg_{source.type}__{entity}. docs/sources.md lists what {source.type} delivers, and "
                    f"docs/how_to_add_a_source.md says how to add a table."
                )
        credentials = {
            key: self.resolve(value, f"{place}.credentials.{key}") for key, value in source.credentials.items()
        }
        if not source.base_url:
            return self.resolve(str(source.folder), f"{place}.options.folder"), credentials
        base_url = self.resolve(source.base_url, f"{place}.base_url")
        if source.type in DATABASE_TYPES:
            self._require_database(base_url, source.base_url, f"{place}.base_url")
        else:
            self._require_https(base_url, f"{place}.base_url")
        return base_url, credentials

    def require_folder(self, name: str, source: FilesSource) -> Path | ObjectPlace:
        """The folder of a files source, with its variables filled in.

        Raises:
            SettingsError: a variable is not set, the address is not safe, or half of what proves who we are is missing.
        """
        place = f"sources.{name}"
        folder = self.resolve(source.folder, f"{place}.folder")
        if not folder.startswith(OBJECT_STORE):
            if any((source.endpoint, source.region, source.access_key, source.secret_key)):
                raise SettingsError(
                    f"{self.config_path}, {place}: endpoint, region, access_key and secret_key are of a folder "
                    f"{OBJECT_STORE}bucket/prefix, and the folder is {folder}."
                )
            return Path(folder)
        bucket, _, prefix = folder.removeprefix(OBJECT_STORE).partition("/")
        if not bucket:
            raise SettingsError(f"{self.config_path}, {place}.folder: {folder} names no bucket.")
        if (source.access_key is None) != (source.secret_key is None):
            raise SettingsError(f"{self.config_path}, {place}: give both access_key and secret_key, or neither.")
        endpoint = self.resolve(source.endpoint, f"{place}.endpoint") if source.endpoint else None
        told = self.environment.get("AWS_ENDPOINT_URL_S3") or self.environment.get("AWS_ENDPOINT_URL")
        if endpoint or told:
            self._require_https(endpoint or told or "", f"{place}.endpoint")
        return ObjectPlace(
            bucket=bucket,
            prefix=prefix.strip("/"),
            endpoint=endpoint or told,
            region=self.resolve(source.region, f"{place}.region") if source.region else None,
            access_key=self.resolve(source.access_key, f"{place}.access_key") if source.access_key else None,
            secret_key=self.resolve(source.secret_key, f"{place}.secret_key") if source.secret_key else None,
            longest_wait_seconds=source.longest_wait_seconds,
        )

    def _require_https(self, url: str, place: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS):
            raise SettingsError(
                f"{self.config_path}, {place}: {url} is not https; plain http is taken on this machine "
                f"alone, because credentials and customers' data would travel in the open."
            )

    def _require_database(self, url: str, told: str, place: str) -> None:
        parts = urlsplit(url)
        shown = without_user(parts)
        if parts.scheme not in {"postgresql", "postgres"}:
            raise SettingsError(f"{self.config_path}, {place}: {shown} is no address postgresql://host:port/database.")
        words = dict(parse_qsl(parts.query))
        written = urlsplit(told)
        if "password" in words or (written.password and not VARIABLE.search(written.password)):
            raise SettingsError(
                f"{self.config_path}, {place}: the password stands there in the open: put it into the environment, "
                f'and credentials = {{ password = "${{VAR}}" }} beside the address.'
            )
        # Words of the query can lead elsewhere than the address says.
        is_here = parts.hostname in LOOPBACK_HOSTS and not words.keys() & {"host", "hostaddr", "service"}
        is_socket = parts.hostname is None and words.get("host", "").startswith("/") and "hostaddr" not in words
        if not is_here and not is_socket and words.get("sslmode") not in ENCRYPTED_SSL_MODES:
            raise SettingsError(
                f"{self.config_path}, {place}: {shown} has no ?sslmode=require (or verify-full); without it a database "
                f"is taken on this machine alone, because credentials and customers' data would travel in the open."
            )

    def is_of_demo(self, source: Source) -> bool:
        """Whether a source is one of the demo's vendors, which tell what lies in the demo's folder and nothing else."""
        return self.demo is not None and isinstance(source, ApiSource) and "${BANSOU_DEMO_VENDORS}" in source.base_url

    def with_variables(self, variables: Mapping[str, str]) -> "Settings":
        """The same settings, in an environment that has more variables."""
        return self.model_copy(update={"environment": {**self.environment, **variables}})

    def require_postgres(self) -> PostgresSettings:
        """The settings of the Postgres engine.

        Raises:
            SettingsError: there are none.
        """
        if self.postgres is None:
            raise SettingsError(f'{self.config_path}: engine = "postgres" needs a table [postgres] with its url.')
        return self.postgres

    @property
    def postgres_url(self) -> str:
        """The database's URL with its variables filled in."""
        return self.resolve(self.require_postgres().url, "postgres.url")

    @property
    def person_salt(self) -> str | None:
        """The configured salt with its variable filled in."""
        told = self.privacy.person_salt
        return None if told is None else self.resolve(told, "privacy.person_salt")

    def require_complete(self) -> None:
        """Check that every variable named in the sources, the engine's settings and the notifications is set.

        Raises:
            SettingsError: one is not.
        """
        _ = self.person_salt
        if self.engine == "postgres":
            _ = self.postgres_url
        for name, source in self.sources.items():
            if isinstance(source, FilesSource):
                self.require_folder(name, source)
            else:
                # The demo's systems have an address once they are started.
                absent = DEMO_VARIABLES.keys() - self.environment.keys() if self.demo else set()
                self.with_variables({told: DEMO_VARIABLES[told] for told in absent}).require_api(name, source)
        if told := self.notifications:
            secrets = [*told.webhooks, *told.slack_webhooks]
            secrets += [word for word in (told.email.user, told.email.password) if word] if told.email else []
            for text in secrets:
                self.resolve(text, "notifications")


def without_user(parts: SplitResult) -> str:
    """An address as it may be shown: without user, password and query."""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@cache
def staged_entities(source_type: str) -> frozenset[str]:
    """Input entities for which a source type has a staging model."""
    prefix = f"stg_{source_type}__"
    found = (path.stem.removeprefix(prefix) for path in (STAGING_DIR / source_type).glob(f"{prefix}*.sql"))
    return frozenset(found) & frozenset(path.stem.removeprefix("input_") for path in INPUT_DIR.rglob("input_*.sql"))


def _places(text: str) -> Iterator[tuple[str, int]]:
    """Dotted key and line number of each line of a TOML text that opens a table or sets a key."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[+([^\]]+)\]+", line):
            table = header.group(1).replace('"', "").strip()
            yield table, number
        elif key := re.match(r"\s*([A-Za-z0-9_.\"-]+)\s*=", line):
            yield ".".join(part for part in (table, key.group(1).replace('"', "")) if part), number


def _explain(error: ValidationError, text: str, path: Path) -> str:
    lines = dict(_places(text))
    problems = []
    for problem in error.errors():
        dotted = [str(part) for part in problem["loc"] if part not in {"ColumnMapping", "str", "[key]", *SOURCE_TAGS}]
        place = ".".join(dotted)
        line = next((lines[p] for n in range(len(dotted), 0, -1) if (p := ".".join(dotted[:n])) in lines), None)
        word = {"extra_forbidden": "unknown key", "missing": "required key is missing"}.get(
            problem["type"], problem["msg"].removeprefix("Value error, ")
        )
        problems.append(f"{path}{f':{line}' if line else ''}: {place}: {word}")
    return "\n".join(dict.fromkeys(problems))


def load_settings(environment: dict[str, str] | None = None) -> Settings:
    """Read the configuration file that `BANSOU_CONFIG` names, with `BANSOU_HOME` from the environment winning.

    Raises:
        SettingsError: the file is absent, is no TOML, or holds an unknown key or a value of the wrong type.
    """
    variables = dict(os.environ if environment is None else environment)
    path = Path(variables.get("BANSOU_CONFIG") or PROJECT_ROOT / "bansou.toml").absolute()
    try:
        text = path.read_text(encoding="utf-8")
        content: dict[str, Any] = tomllib.loads(text)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file. BANSOU_CONFIG must name a configuration file.") from None
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    told_home = content.pop("home", None)
    if not isinstance(told_home, str | None):
        line = next(number for place, number in _places(text) if place.split(".")[0] == "home")
        raise SettingsError(f"{path}:{line}: home: Input should be a valid string")
    home = variables.get("BANSOU_HOME") or told_home or PROJECT_ROOT / "data"
    reserved = {"config_path", "environment"} & content.keys()
    if reserved:
        raise SettingsError(f"{path}: {', '.join(sorted(reserved))}: unknown key")
    try:
        return Settings(home=Path(home).absolute(), config_path=path, environment=variables, **content)
    except ValidationError as error:
        raise SettingsError(_explain(error, text, path)) from None


@contextmanager
def exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for child processes, taken back afterwards."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
