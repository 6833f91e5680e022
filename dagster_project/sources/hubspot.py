"""HubSpot CRM: companies, contacts, deals and owners, with the former values of their properties.

Objects: https://developers.hubspot.com/docs/api-reference/crm-objects-v3/ (list, batch read, search);
associations: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide;
limits: https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines.

The first pull lists all, the next ones search for what has changed and read that with its history. Archived records are
listed apart. Of two merged records the winner names the other one, which HubSpot then no longer has by itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import islice, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import Response

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import HTTP_TOO_MANY, Again, Refused, VendorClient, Verdict, retry_after
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import FieldChange, Page, Pull, Record, VendorTable, utc_moment, value_at

OPTIONS: Mapping[str, Any] = {
    "objects_path": "/crm/v3/objects",
    "associations_path": "/crm/v4/associations",
    "owners_path": "/crm/v3/owners",
    # Property of a company that holds the id by which the other systems know the account.
    "account_id_property": "hs_object_id",
    # Field of an owner that holds the id by which they know our people: id, userId, email, or `code`, which is the mail
    # address's part before the @, in capitals.
    "owner_id_field": "id",
    # Dates with a time of day, such as closedate, are days of this zone.
    "portal_timezone": "UTC",
    # A search gives no more results than these.
    "search_results": 10_000,
}
LIST_ROWS, HISTORY_ROWS, SEARCH_ROWS = 100, 50, 200
# So many former values of a property are kept at least.
HISTORY_VERSIONS = 20
TEN_SECONDS = 10.0
OWNER, PARENT, MERGED = "hubspot_owner_id", "hs_parent_company_id", "hs_merged_object_ids"
# Fields that are made of others, and the properties of which they are.
MADE_OF: Mapping[str, Sequence[str]] = {
    "owner": (OWNER,),
    "parent": (PARENT,),
    "merged_into": (MERGED,),
    "full_name": ("firstname", "lastname"),
    "company": (),
    "is_deleted": (),
}
STAGES = {
    "appointmentscheduled": "open",
    "qualifiedtobuy": "open",
    "presentationscheduled": "open",
    "decisionmakerboughtin": "proposed",
    "contractsent": "proposed",
    "closedwon": "won",
    "closedlost": "lost",
}
KINDS = {"newbusiness": "new", "existingbusiness": "expansion"}

TABLES: Mapping[str, VendorTable] = {
    "accounts": VendorTable(
        object="companies",
        columns={
            "account_id": "{account_id_property}",
            "account_name": "name",
            "industry": "industry",
            "country": "country",
            "domain": "domain",
            "acquisition_channel": "hs_analytics_source",
            "parent_account_id": "parent.{account_id_property}",
            "seller_owner_id": "owner.{owner_id_field}",
            "merged_into_account_id": "merged_into.{account_id_property}",
            "is_deleted": "is_deleted",
            "signed_up_date": "createdate",
        },
        key="hs_object_id",
        modified_at="hs_lastmodifieddate",
        created_at="createdate",
        has_history=True,
    ),
    "contacts": VendorTable(
        object="contacts",
        columns={
            "contact_id": "hs_object_id",
            "account_id": "company.{account_id_property}",
            "contact_name": "full_name",
            "email": "email",
            "job_title": "jobtitle",
        },
        key="hs_object_id",
        modified_at="lastmodifieddate",
        created_at="createdate",
        has_history=True,
    ),
    "opportunities": VendorTable(
        object="deals",
        columns={
            "opportunity_id": "hs_object_id",
            "account_id": "company.{account_id_property}",
            "owner_id": "owner.{owner_id_field}",
            "opportunity_kind": ColumnMapping(column="dealtype", values=KINDS),
            "stage": ColumnMapping(column="dealstage", values=STAGES),
            "currency_code": "deal_currency_code",
            "opportunity_amount": "amount",
            "created_date": "createdate",
            "close_date": "closedate",
        },
        key="hs_object_id",
        modified_at="hs_lastmodifieddate",
        created_at="createdate",
        has_history=True,
    ),
    "owners": VendorTable(
        object="owners",
        columns={
            "owner_id": "{owner_id_field}",
            "owner_name": "full_name",
            "email": "email",
            "team_id": "team.id",
            "is_active": "is_active",
        },
        modified_at="updatedAt",
        created_at="createdAt",
    ),
}


def connect(client: VendorClient) -> None:
    """Requests carry the `access_token` of a private app."""
    client.session.headers["Authorization"] = f"Bearer {client.credentials.get('access_token', '')}"
    client.judge = _judge


def pages(pull: Pull) -> Iterator[Page]:
    """All records at first; then those changed since, and those archived since."""
    if pull.entity.name == "owners":
        yield from (Page(rows=rows) for rows in _owners(pull))
        return
    reading = _Reading(pull)
    changed = reading.listed(archived=False) if pull.since is None else reading.changed(_milliseconds(pull.since))
    for records in changed:
        yield reading.page(records)
    for records in reading.listed(archived=True):
        yield reading.archived_page([each for each in records if _is_since(pull, each["archivedAt"])])


def keys(pull: Pull) -> Iterator[Sequence[str]]:
    """Keys of all records; deleted and merged companies stay accounts, so that theirs are among them."""
    if pull.entity.name == "owners":
        for rows in _owners(pull):
            yield [pull.key_of(row) for row in rows]
        return
    reading = _Reading(pull)
    stays = "is_deleted" in pull.entity.column_names
    for archived in (False, True) if stays else (False,):
        for records in reading.listed(archived=archived, only=[*pull.key_fields, MERGED]):
            rows = [reading.row(record) for record in records]
            merged = [loser for record in records for loser in reading.losers(record)] if stays else []
            yield [*(pull.key_of(row) for row in rows), *(loser.account_id for loser in merged if loser.account_id)]


@dataclass(frozen=True)
class _Loser:
    """A record that was merged into another one."""

    record_id: str
    account_id: str | None
    merged_at: str


@dataclass
class _Reading:
    """One pull of an object, with what its records name by id."""

    pull: Pull
    _account_ids: dict[str, Any] = field(default_factory=dict)

    @property
    def _path(self) -> str:
        return f"{self.pull.options['objects_path']}/{self.pull.table.object}"

    @property
    def _account_id(self) -> str:
        return str(self.pull.options["account_id_property"])

    @cached_property
    def _properties(self) -> list[str]:
        """Every property that has to be asked for."""
        found: list[str] = []
        for name in self.pull.table.fields:
            found += MADE_OF.get(name.split(".", maxsplit=1)[0], (name,))
        return list(dict.fromkeys([*found, MERGED]))

    @cached_property
    def _heads(self) -> dict[str, list[str]]:
        """The table's fields by their first part: `owner` gives `owner.id`."""
        found: dict[str, list[str]] = {}
        for name in self.pull.table.fields:
            found.setdefault(name.split(".", maxsplit=1)[0], []).append(name)
        return found

    @cached_property
    def _days(self) -> set[str]:
        """Properties that become business dates."""
        columns = {column.name for column in self.pull.entity.columns if column.data_type == "date"}
        told = {name: origin for name, origin in self.pull.table.columns.items() if name in columns}
        kept = {self.pull.table.modified_at, self.pull.table.created_at}
        origins = (origin if isinstance(origin, str) else origin.column for origin in told.values())
        return {name for name in origins if name and name not in kept}

    @cached_property
    def _required(self) -> set[str]:
        """Properties that fill a required column: before they were first filled, there was no record to speak of."""
        columns = {column.name for column in self.pull.entity.columns if column.is_required}
        told = (origin for name, origin in self.pull.table.columns.items() if name in columns)
        return {str(origin if isinstance(origin, str) else origin.column) for origin in told}

    @cached_property
    def _owners(self) -> dict[str, Record]:
        return {str(row["id"]): row for rows in _owners(self.pull) for row in rows}

    def listed(self, *, archived: bool, only: Sequence[str] = ()) -> Iterator[list[Record]]:
        """Every record, or every archived one."""
        properties = ",".join(dict.fromkeys(only)) if only else ",".join(self._properties)
        with_history = bool(only) or (self.pull.table.has_history and not (archived and self.pull.since))
        largest = HISTORY_ROWS if with_history else LIST_ROWS
        params = {
            "limit": min(self.pull.page_size or largest, largest),
            "properties": properties,
            "archived": "true" if archived else "false",
        } | ({"propertiesWithHistory": properties} if with_history else {})
        for answer in self.pull.client.pages(self._path, _paginator(), params=params):
            yield answer["results"]

    def changed(self, since: int) -> Iterator[list[Record]]:
        """Records changed from a moment on (milliseconds since 1970), each as it is now."""
        largest = HISTORY_ROWS if self.pull.table.has_history else LIST_ROWS
        for found in self._found(since):
            for ids in _portions(found, largest):
                body: dict[str, Any] = {"inputs": [{"id": each} for each in ids], "properties": self._properties}
                if self.pull.table.has_history:
                    body["propertiesWithHistory"] = self._properties
                yield self.pull.client.post(f"{self._path}/batch/read", json=body)["results"]

    def _found(self, since: int) -> Iterator[list[str]]:
        """Ids of changed records. Where a search has no more to give, another begins where it ended."""
        name, most = str(self.pull.table.modified_at), int(self.pull.options["search_results"])
        seen: set[str] = set()
        while True:
            count, last = 0, since
            for results in self._search([(name, "GTE", since)], name):
                moments = {str(row["id"]): _milliseconds(_moment(row["properties"][name])) for row in results}
                count += len(results)
                yield [each for each in moments if each not in seen]
                last = max([last, *moments.values()])
                seen = {each for each in seen if last == since} | {k for k, at in moments.items() if at == last}
            if count < most:
                return
            if last == since:
                # More records than a search gives were changed in one millisecond, as by an import.
                yield from self._found_at(since, most)
                last = since + 1
            since = last

    def _found_at(self, moment: int, most: int) -> Iterator[list[str]]:
        name, after = str(self.pull.table.modified_at), 0
        while True:
            count = 0
            for results in self._search([(name, "EQ", moment), ("hs_object_id", "GT", after)], "hs_object_id"):
                count += len(results)
                yield [str(row["id"]) for row in results]
                after = max([after, *(int(row["id"]) for row in results)])
            if count < most:
                return

    def _search(self, filters: Sequence[tuple[str, str, int]], order: str) -> Iterator[list[Record]]:
        """The pages of one search, as far as it goes."""
        most, after = int(self.pull.options["search_results"]), 0
        body: dict[str, Any] = {
            "filterGroups": [
                {
                    "filters": [
                        {"propertyName": name, "operator": operator, "value": str(value)}
                        for name, operator, value in filters
                    ]
                }
            ],
            "sorts": [{"propertyName": order, "direction": "ASCENDING"}],
            "properties": [str(self.pull.table.modified_at)],
            "limit": min(self.pull.page_size or SEARCH_ROWS, SEARCH_ROWS, most),
        }
        while True:
            answer = self.pull.client.post(f"{self._path}/search", json={**body, "after": str(after)})
            yield answer["results"]
            told = int(((answer.get("paging") or {}).get("next") or {}).get("after") or 0)
            if not told or told >= most:
                return
            if told <= after:
                raise SourceError(
                    f"{self.pull.client.name}.{self.pull.client.table}: the search goes back from result {after} to "
                    f"{told}, so that there would be no end. Nothing was taken. Run again; where it stays, ask HubSpot."
                )
            after = told

    def page(self, records: list[Record]) -> Page:
        """Records with the changes of their properties, and those that were merged into them."""
        self._learn(records)
        companies = self._companies(records) if "company" in self._heads else {}
        rows = [self.row(record, companies.get(str(record["id"]))) for record in records]
        changes = [change for record in records for change in self._changes(record)]
        merged, removed = self._merged(records)
        return Page(rows=[*rows, *merged], changes=changes, removed=removed)

    def archived_page(self, records: list[Record]) -> Page:
        """Archived records: an account stays in sight, and was not deleted before; of others only the key is told."""
        if "is_deleted" not in self.pull.entity.column_names:
            return Page(removed=[(self.pull.key_of(self.row(each)), _moment(each["archivedAt"])) for each in records])
        self._learn(records)
        rows: list[Record] = []
        changes: list[FieldChange] = []
        for record in records:
            row = self.row(record)
            moment = record["archivedAt"]
            row["is_deleted"] = True
            row[str(self.pull.table.modified_at)] = moment
            rows.append(row)
            changes += self._changes(record)
            changes.append(FieldChange(str(record["id"]), "is_deleted", False, moment))
        return Page(rows=rows, changes=changes)

    def row(self, record: Record, company: str | None = None) -> Record:
        """A record as a row: its properties, and what it names by id."""
        told = {name: value or None for name, value in record["properties"].items()}
        row: Record = {
            name: self._day(name, told[name]) for name in self._properties if name in told and name != MERGED
        }
        row["hs_object_id"] = str(record["id"])
        row |= {
            head: self._value(head, told.get(MADE_OF[head][0])) for head in ("owner", "parent") if head in self._heads
        }
        if "full_name" in self._heads:
            row["full_name"] = full_name(told.get("firstname"), told.get("lastname"))
        if "company" in self._heads:
            row["company"] = {self._account_id: self._account_ids.get(company or "")}
        if "merged_into" in self._heads:
            row |= {"merged_into": {self._account_id: None}, "is_deleted": False}
        return {name: value for name, value in row.items() if name in self._heads}

    def _day(self, name: str, value: str | None) -> str | None:
        """A moment as the day that it is in the portal's zone, where it stands for one."""
        if value is None or name not in self._days:
            return value
        zone = ZoneInfo(self.pull.options["portal_timezone"])
        if value.lstrip("-").isdecimal():
            return datetime.fromtimestamp(int(value) / 1000, zone).date().isoformat()
        return datetime.fromisoformat(value).astimezone(zone).date().isoformat() if "T" in value else value

    def _value(self, head: str, told: str | None) -> Record | None:
        """What stands behind an id: an owner, or the account of a company."""
        if told is None:
            return None
        return self._owners.get(told) if head == "owner" else {self._account_id: self._account_ids.get(told)}

    def _changes(self, record: Record) -> Iterator[FieldChange]:
        """Former values of the properties; a key and the times of the record itself have none."""
        record_id = str(record["id"])
        created = _moment(record["createdAt"])
        fixed = {*self.pull.key_fields, MERGED, str(self.pull.table.modified_at), str(self.pull.table.created_at)}
        told = {name: _versions(versions) for name, versions in (record.get("propertiesWithHistory") or {}).items()}
        for name, versions in told.items():
            if name in self._heads and name not in fixed:
                for old, moment in _former(versions, created, has_beginning=name not in self._required):
                    yield FieldChange(record_id, name, self._day(name, old), moment)
        for head in {"owner", "parent"} & self._heads.keys():
            for old, moment in _former(told.get(MADE_OF[head][0], []), created, has_beginning=True):
                for path in self._heads[head]:
                    value = value_at({head: self._value(head, old)}, path.split("."))
                    yield FieldChange(record_id, path, value, moment)
        if "full_name" in self._heads:
            names = _names(told.get("firstname", []), told.get("lastname", []))
            for old, moment in _former(names, created, has_beginning=True):
                yield FieldChange(record_id, "full_name", old, moment)
        if told and "company" not in self._heads:
            # All changes up to the last one are told; what moved it may be a property that nobody asked for. Which
            # company a record belonged to before has no history.
            yield FieldChange(record_id, MERGED, None, record["properties"][str(self.pull.table.modified_at)])

    def _learn(self, records: Iterable[Record]) -> None:
        """Account ids of the companies that records name as their parents, now or before."""
        if "parent" not in self._heads:
            return
        ids = {record["properties"].get(PARENT) for record in records}
        for record in records:
            ids |= {each["value"] for each in (record.get("propertiesWithHistory") or {}).get(PARENT, [])}
        self._read_account_ids(each for each in ids if each)

    def _read_account_ids(self, company_ids: Iterable[str]) -> None:
        """Account ids of companies, of the archived ones too; null where a company is not to be had."""
        path = f"{self.pull.options['objects_path']}/companies/batch/read"
        for ids in _portions(sorted(set(company_ids) - self._account_ids.keys()), LIST_ROWS):
            wanted = set(ids)
            for archived in ("false", "true"):
                if wanted:
                    inputs = [{"id": each} for each in sorted(wanted)]
                    body = {"inputs": inputs, "properties": [self._account_id, MERGED]}
                    answer = self.pull.client.post(path, json=body, params={"archived": archived})
                    for record in answer["results"]:
                        told = {**record["properties"], "hs_object_id": str(record["id"])}
                        # The id of a company that was merged into another one gives that one.
                        names = [str(record["id"]), *(told.get(MERGED) or "").split(";")]
                        self._account_ids |= dict.fromkeys(names, told.get(self._account_id) or None)
                    wanted -= self._account_ids.keys()
            self._account_ids |= dict.fromkeys(wanted)

    def _companies(self, records: Sequence[Record]) -> dict[str, str]:
        """The company of each record by its id: the primary one, or else the first that is told."""
        path = f"{self.pull.options['associations_path']}/{self.pull.table.object}/companies/batch/read"
        found: dict[str, str] = {}
        wanted: list[Record] = [{"id": str(record["id"])} for record in records]
        is_primary: set[str] = set()
        while wanted:
            following = []
            for answer in self.pull.client.post(path, json={"inputs": wanted})["results"]:
                record_id = str(answer["from"]["id"])
                for told in answer["to"]:
                    found.setdefault(record_id, str(told["toObjectId"]))
                    if any(each.get("label") == "Primary" for each in told["associationTypes"]):
                        found[record_id] = str(told["toObjectId"])
                        is_primary.add(record_id)
                after = ((answer.get("paging") or {}).get("next") or {}).get("after")
                if after and record_id not in is_primary:
                    following.append({"id": record_id, "after": after})
            wanted = following
        self._read_account_ids(found.values())
        return found

    def losers(self, record: Record) -> list[_Loser]:
        """Records that were merged into this one.

        Their account ids, where these are not HubSpot's own, are in the history of the winner's property: a merge
        leaves both values there.
        """
        told = record["properties"].get(MERGED) or ""
        history = record.get("propertiesWithHistory") or {}
        merged_at: dict[str, str] = {}
        for value, moment in _versions(history.get(MERGED, [])):
            for each in (value or "").split(";"):
                merged_at.setdefault(each, moment)
        ids = [each for each in told.split(";") if each]
        numbers: list[str] = ids if self._account_id == "hs_object_id" else self._merged_numbers(record, history)
        padded: list[str | None] = [*numbers, *[None] * len(ids)]
        return [
            _Loser(each, number, merged_at.get(each) or str(record["updatedAt"]))
            for each, number in zip(ids, padded, strict=False)
        ]

    def _merged_numbers(self, record: Record, history: Mapping[str, Any]) -> list[str]:
        """Account ids that came by merges, the oldest first."""
        now = record["properties"].get(self._account_id)
        told = [each for each in history.get(self._account_id, []) if str(each.get("sourceType")).startswith("MERGE")]
        values = (value for value, _ in _versions(told))
        return list(dict.fromkeys(value for value in values if value and value != now))

    def _merged(self, records: Sequence[Record]) -> tuple[list[Record], list[tuple[str, datetime | None]]]:
        """Rows of accounts that were merged into others, and keys of other records that were."""
        rows: list[Record] = []
        removed: list[tuple[str, datetime | None]] = []
        for record in records:
            for loser in self.losers(record):
                if "is_deleted" not in self.pull.entity.column_names:
                    removed.append((loser.record_id, _moment(loser.merged_at)))
                elif loser.account_id:
                    winner = record["properties"].get(self._account_id)
                    row: Record = {
                        "hs_object_id": loser.record_id,
                        self._account_id: loser.account_id,
                        "merged_into": {self._account_id: winner or str(record["id"])},
                        "is_deleted": True,
                        str(self.pull.table.modified_at): loser.merged_at,
                    }
                    rows.append({name: value for name, value in row.items() if name in self._heads})
        return rows, removed


def full_name(first: str | None, last: str | None) -> str | None:
    """Both names; the family's stands first where they are written in Chinese, Japanese or Korean letters."""
    parts = [name for name in (first, last) if name]
    if len(parts) > 1 and all(_is_east_asian(name[0]) for name in parts):
        parts.reverse()
    return " ".join(parts) or None


def _is_east_asian(letter: str) -> bool:
    return "\u3040" <= letter <= "\u9fff" or "\uac00" <= letter <= "\ud7a3"


def _judge(response: Response, body: Any) -> Verdict | None:
    """What a refusal for too many requests says of when to come again."""
    if response.status_code != HTTP_TOO_MANY or not isinstance(body, dict) or "policyName" not in body:
        return None
    policy = str(body["policyName"])
    told = f"answered {response.status_code}, {policy}: {body.get('message')}"
    if policy == "DAILY":
        return Refused(told, "The quota of the day is used up: run again tomorrow, or ask for more calls.")
    seconds = retry_after(response)
    if seconds is None and policy.startswith("TEN_SECONDLY"):
        interval = response.headers.get("X-HubSpot-RateLimit-Interval-Milliseconds", "")
        seconds = int(interval) / 1000 if interval.isdecimal() else TEN_SECONDS
    if seconds is None and policy.startswith("SECONDLY"):
        seconds = 1.0
    return Again(told, seconds)


def _portions(values: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(values)
    while portion := list(islice(rest, size)):
        yield portion


def _paginator() -> JSONResponseCursorPaginator:
    return JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after")


def _owners(pull: Pull) -> Iterator[list[Record]]:
    """Our people, those who have left too."""
    for archived in ("false", "true"):
        params = {"limit": LIST_ROWS, "archived": archived}
        for answer in pull.client.pages(pull.options["owners_path"], _paginator(), params=params):
            yield [_owner(row) for row in answer["results"]]


def _owner(row: Record) -> Record:
    teams = row.pop("teams", None) or []
    email = row.get("email") or ""
    return {
        **row,
        "email": email or None,
        "code": email.partition("@")[0].upper() or None,
        "full_name": full_name(row.pop("firstName", None), row.pop("lastName", None)),
        "team": next((team for team in teams if team.get("primary")), teams[0] if teams else None),
        "is_active": not row.pop("archived"),
    }


def _versions(told: Iterable[Record]) -> list[tuple[str | None, str]]:
    """Values of a property with the time of each, the oldest first."""
    found = [(each["value"] or None, str(each["timestamp"])) for each in told]
    return sorted(found, key=lambda version: _moment(version[1]))


def _former(
    versions: Sequence[tuple[str | None, str]], created: datetime, *, has_beginning: bool
) -> Iterator[tuple[str | None, str]]:
    """Each value that no longer stands, with the time of the one after it.

    A property that was first filled after its record came to be was empty before, where it may be; of one with many
    values the oldest are no longer told.
    """
    has_beginning = has_beginning and 0 < len(versions) < HISTORY_VERSIONS
    if has_beginning and (_moment(versions[0][1]) - created).total_seconds() >= 1:
        yield None, versions[0][1]
    for (old, _), (new, moment) in pairwise(versions):
        if old != new:
            yield old, moment


def _names(
    first: Sequence[tuple[str | None, str]], last: Sequence[tuple[str | None, str]]
) -> list[tuple[str | None, str]]:
    """Whole names by the time at which either part changed."""
    parts: dict[int, str | None] = {}
    found: dict[str, str | None] = {}
    told = [(moment, place, value) for place, versions in enumerate((first, last)) for value, moment in versions]
    for moment, place, value in sorted(told, key=lambda change: _moment(change[0])):
        parts[place] = value
        found[moment] = full_name(parts.get(0), parts.get(1))
    return [(name, moment) for moment, name in found.items()]


def _is_since(pull: Pull, moment: str) -> bool:
    return pull.since is None or _moment(moment) >= pull.since


def _moment(text: str) -> datetime:
    """A moment of the vendor, given by ISO 8601 or as milliseconds since 1970."""
    if text.isdecimal():
        return datetime.fromtimestamp(int(text) / 1000, UTC).replace(tzinfo=None)
    return utc_moment(text)


def _milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
