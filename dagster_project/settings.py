"""Environment and `bansou.toml` become one typed object; no other module reads the environment."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

PROJECT_ROOT = Path(__file__).resolve().parent.parent
DBT_PROJECT_DIR = PROJECT_ROOT / "dbt_project"
EXPECTATIONS_DIR = PROJECT_ROOT / "expectations"
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


class DemoSettings(_Strict):
    """The demo company whose files stand in for a customer's own, and whose calendar is the run's."""

    account_count: int = Field(default=240, ge=8)
    day_count: int = Field(default=540, ge=30)
    until: date
    """The world's first today; `make tomorrow` moves it on."""
    seed: int = Field(default=7, ge=0)


class ColumnMapping(_Strict):
    """Where one column of the input contract comes from."""

    column: str | None = None
    constant: str | int | float | bool | None = None
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
    """Contract column to foreign column; without any, columns of the same name are taken."""
    keep: list[KeepRule] = Field(default_factory=list)
    smallest_share_of_last_fetch: float | None = Field(default=None, ge=0, le=1)
    """In place of `guards.smallest_share_of_last_fetch`, for a table whose files differ much in size."""
    join: JoinSettings | None = None


class FilesSource(_Strict):
    """A folder of CSV, JSON lines or Parquet files."""

    type: Literal["files"]
    folder: str
    late_after_hours: float | None = Field(default=None, gt=0)
    """A source that has told nothing for so long, counted to the end of the newest day, is late."""
    tables: dict[str, FileTable]


class GuardSettings(_Strict):
    """When a batch is held although it can be read."""

    smallest_share_of_last_fetch: float = Field(default=0.5, ge=0, le=1)
    """Rows of a file as a share of those of the same file, or of the smallest of its series, before."""
    volume_judged_from_rows: int = Field(default=20, ge=1)
    """Fewer rows than these say nothing about volume."""
    largest_rejected_share: float = Field(default=0.2, ge=0, le=1)
    """Rejected rows as a share of a batch's rows."""


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
    demo: DemoSettings | None = None
    sources: dict[Identifier, FilesSource]
    guards: GuardSettings = GuardSettings()
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
        for source in self.sources.values():
            staged = (DBT_PROJECT_DIR / "models" / "staging" / source.type).glob(f"stg_{source.type}__*.sql")
            for model in staged:
                found.setdefault(model.stem.removeprefix(f"stg_{source.type}__"), set()).add(source.type)
        return {entity: sorted(types) for entity, types in sorted(found.items())}

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
            self.resolve(source.folder, f"sources.{name}.folder")
        if told := self.notifications:
            secrets = [*told.webhooks, *told.slack_webhooks]
            secrets += [word for word in (told.email.user, told.email.password) if word] if told.email else []
            for text in secrets:
                self.resolve(text, "notifications")


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
        dotted = [str(part) for part in problem["loc"] if part not in {"ColumnMapping", "str", "[key]"}]
        place = ".".join(dotted)
        line = next((lines[p] for n in range(len(dotted), 0, -1) if (p := ".".join(dotted[:n])) in lines), None)
        word = {"extra_forbidden": "unknown key", "missing": "required key is missing"}.get(
            problem["type"], problem["msg"]
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
