"""What a module of a vendor's interface offers: which entities it delivers, and how their pages are read.

A module named as the source type (`salesforce`, `zendesk` …) has `TABLES`, `connect` and `pages`, and may have `keys`,
where records can vanish without a word, `OPTIONS` and `CUSTOM_TABLE`. It knows HTTP and the vendor; landing, mapping
and raw are not its business.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from dagster_project.contract import Entity
from dagster_project.settings import PROJECT_ROOT, ApiTable, ColumnMapping, KeepRule
from dagster_project.sources.landing import SourceError

if TYPE_CHECKING:
    from dagster_project.sources.http import VendorClient

Record = dict[str, Any]
TimeFormat = Literal["iso", "epoch_seconds", "epoch_milliseconds"]
OPTION_KINDS: Mapping[tuple[type, ...], str] = {(list,): "list", (dict,): "table", (int, float): "number"}
SOURCES_DIR = PROJECT_ROOT / "dagster_project" / "sources"


@dataclass(frozen=True)
class VendorTable:
    """How one entity is read of a vendor.

    Fields are given as paths: `Account.AccountNumber` is the field of a nested object, `custom_fields.77` the value of
    the list's member whose id or name is `77`.
    """

    object: str
    """The vendor's own name of what is read."""
    columns: Mapping[str, str | ColumnMapping]
    """Contract column to vendor's field."""
    key: str = "id"
    """Field of the record's id at the vendor; empty where nothing but the columns' own key tells records apart."""
    modified_at: str | None = None
    """Field of the last change; without one, every pull reads all."""
    created_at: str | None = None
    time_format: TimeFormat = "iso"
    """Form of the two times above."""
    has_history: bool = False
    """True where pages bring the changes of fields, so that former states are known."""
    keep: tuple[KeepRule, ...] = ()
    timezone: str = "UTC"
    omits_empty_fields: bool = False
    """True where the vendor leaves a field out of a record in which it is empty."""

    @cached_property
    def fields(self) -> list[str]:
        """Every field that is read, once."""
        told = [
            mapping if isinstance(mapping, str) else mapping.column
            for mapping in self.columns.values()
            if isinstance(mapping, str) or mapping.column is not None
        ]
        told += [self.key, self.modified_at, self.created_at, *(rule.column for rule in self.keep)]
        return list(dict.fromkeys(name for name in told if name))

    def configured(self, told: ApiTable, options: Mapping[str, Any]) -> "VendorTable":
        """The table as a configuration wants it: its columns beside and in place of the usual ones.

        `{option}` within a field's path stands for the value of that option.
        """
        columns = {**({} if told.object else self.columns), **told.columns}
        return replace(
            self,
            object=told.object or self.object,
            columns={name: _filled_in(origin, options) for name, origin in columns.items()},
            keep=(*self.keep, *told.keep),
            timezone=told.timezone or self.timezone,
            modified_at=told.modified_at or self.modified_at,
            created_at=told.created_at or self.created_at,
            has_history=self.has_history if told.has_history is None else told.has_history,
        )


class FieldChange(NamedTuple):
    """A field of a record had another value until a moment; `changed_at` in the table's time format."""

    record_id: str
    field: str
    old_value: Any
    changed_at: Any


@dataclass(frozen=True)
class Page:
    """What one answer of the vendor brought."""

    rows: Sequence[Record] = ()
    changes: Sequence[FieldChange] = ()
    removed: Sequence[tuple[str, datetime | None]] = ()
    """Keys, as the input contract has them, of records that are gone, each with the time of it (UTC)."""
    cursor: Mapping[str, Any] | None = None
    """Where the next pull goes on, for a vendor that says so itself; counts once all pages have been read."""


@dataclass(frozen=True)
class Pull:
    """One table of one source, about to be read."""

    client: "VendorClient"
    table: VendorTable
    entity: Entity
    since: datetime | None = None
    """Changes from here on are wanted, the overlap with the last pull included; null for everything. UTC."""
    cursor: Mapping[str, Any] = field(default_factory=dict)
    """What the last page of the last pull gave."""
    options: Mapping[str, Any] = field(default_factory=dict)
    page_size: int | None = None

    def key_of(self, record: Record) -> str:
        """The record's key as raw has it."""
        return "|".join(str(value_at(record, path.split("."))) for path in self.key_fields)

    @property
    def key_fields(self) -> list[str]:
        """Fields that fill the columns of the entity's key."""
        told = (self.table.columns[name] for name in self.entity.key)
        return [mapping if isinstance(mapping, str) else str(mapping.column) for mapping in told]

    @property
    def since_epoch(self) -> int:
        """Seconds since 1970 of `since`; 0 for everything."""
        return int(self.since.replace(tzinfo=UTC).timestamp()) if self.since else 0


@dataclass(frozen=True)
class Vendor:
    """What a vendor's module offers."""

    tables: Mapping[str, VendorTable]
    """`TABLES`, by entity of the input contract."""
    connect: Callable[["VendorClient"], None]
    """Gives the client what it needs for its requests: the way to log in, and what the vendor's answers mean."""
    pages: Callable[[Pull], Iterator[Page]]
    """All that has changed since the last pull."""
    keys: Callable[[Pull], Iterator[Sequence[str]] | None] | None = None
    """The keys, as the contract has them, of all records that there are; null where nothing lists them."""
    custom_table: VendorTable | None = None
    """`CUSTOM_TABLE`: how an object that the vendor's customer made is read; the configuration maps it."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """`OPTIONS` that the configuration may give, with their defaults."""
    client: Callable[..., Any] | None = None
    """`client(name, source, base_url, credentials)` of a module whose interface is not HTTP: gives what takes the place
    of the VendorClient, with `table`, `base_url`, `source` and `server_time`."""


def vendor_of(source_type: str) -> Vendor:
    """What the module of a source type offers.

    Raises:
        SourceError: there is none.
    """
    if not (SOURCES_DIR / f"{source_type}.py").exists():
        raise SourceError(f"There is no module dagster_project/sources/{source_type}.py for sources of that type.")
    module = import_module(f"dagster_project.sources.{source_type}")
    return Vendor(
        tables=module.TABLES,
        connect=module.connect,
        pages=module.pages,
        keys=getattr(module, "keys", None),
        custom_table=getattr(module, "CUSTOM_TABLE", None),
        options=getattr(module, "OPTIONS", {}),
        client=getattr(module, "client", None),
    )


def vendor_table(vendor: Vendor, entity: str, told: ApiTable, options: Mapping[str, Any], place: str) -> VendorTable:
    """The table that a configuration asks for.

    Raises:
        SourceError: the vendor does not deliver the entity, and the configuration does not say from what.
    """
    if entity in vendor.tables:
        return vendor.tables[entity].configured(told, options)
    if vendor.custom_table and told.object:
        return vendor.custom_table.configured(told, options)
    delivered = ", ".join(sorted(vendor.tables)) or "nothing by itself"
    remedy = "Give `object` and `columns`, or let" if vendor.custom_table else "Let"
    raise SourceError(
        f"{place}: the vendor delivers no {entity} by itself. It delivers: {delivered}. "
        f"{remedy} another source deliver it."
    )


def vendor_options(vendor: Vendor, told: Mapping[str, Any], place: str) -> dict[str, Any]:
    """The options as configured, beside the defaults of those that are not.

    Raises:
        SourceError: an option is not one of the vendor's, or of another kind than its default.
    """
    if unknown := sorted(told.keys() - vendor.options.keys()):
        raise SourceError(
            f"{place}.options: {', '.join(unknown)}: unknown. There are: {', '.join(sorted(vendor.options))}."
        )
    for name, value in told.items():
        kinds = next((kinds for kinds in OPTION_KINDS if isinstance(vendor.options[name], kinds)), None)
        if kinds and not isinstance(value, kinds):
            raise SourceError(f"{place}.options.{name}: {value!r} is no {OPTION_KINDS[kinds]}.")
    return {**vendor.options, **told}


def _filled_in(origin: str | ColumnMapping, options: Mapping[str, Any]) -> str | ColumnMapping:
    if isinstance(origin, str):
        return origin.format_map(options)
    return origin if origin.column is None else origin.model_copy(update={"column": origin.column.format_map(options)})


def utc_moment(text: str) -> datetime:
    """A time by ISO 8601, as UTC without a zone; one that names no zone is UTC."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


def utc_text(moment: datetime) -> str:
    """A UTC moment as `2026-05-01T09:30:00Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def value_at(record: Any, path: Sequence[str]) -> Any:
    """The value of a field by its path; null where any part of it is absent."""
    found = record
    for part in path:
        if isinstance(found, dict):
            found = found.get(part)
        elif isinstance(found, list):
            found = _member(found, part)
        else:
            return None
    return found


def _member(members: list[Any], part: str) -> Any:
    for member in members:
        if isinstance(member, dict) and part in (str(member.get("id")), member.get("name")):
            return member.get("value")
    return members[int(part)] if part.isdecimal() and int(part) < len(members) else None
