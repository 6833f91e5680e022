"""Salesforce: live and deleted rows by SOQL, former states by the history objects, large objects by Bulk API 2.0.

REST API: https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/ (query, queryAll, limits);
history: .../object_reference/sforce_api_objects_opportunityfieldhistory.htm; bulk: .../api_asynch/bulk_api_2_0.htm
"""

import csv
import io
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator
from requests import Response

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import HTTP_FORBIDDEN, LogInAgain, Refused, VendorClient, Verdict
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import FieldChange, Page, Pull, Record, VendorTable, utc_moment, utc_text, value_at

OPTIONS: Mapping[str, Any] = {
    "api_version": "v62.0",
    # The fields that hold the ids by which the other systems know accounts and our people.
    "account_id_field": "Id",
    "owner_id_field": "Id",
    # Object behind each relation of fields of your own, such as { Previous_Contract__r = "Contract" }.
    "relations": {},
    # First pulls of objects with more rows go through the Bulk API.
    "bulk_from_rows": 100_000,
}
SHORT_ID = 15
ID_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
BULK_POLL_SECONDS = 2.0
BULK_PAGE_ROWS = 50_000
TIMES_ASKED_ANEW = 3
CURSOR_EXPIRED = "INVALID_QUERY_LOCATOR"
# Objects behind the relations of the standard fields, to turn the ids of a history into what the path names.
RELATIONS = {
    "Account": "Account",
    "Parent": "Account",
    "MasterRecord": "Account",
    "Owner": "User",
    "Contract": "Contract",
}
HISTORIES = {"Opportunity": ("OpportunityFieldHistory", "OpportunityId")}
STAGES = {
    "Prospecting": "open",
    "Qualification": "open",
    "Needs Analysis": "open",
    "Value Proposition": "open",
    "Id. Decision Makers": "open",
    "Perception Analysis": "open",
    "Proposal/Price Quote": "proposed",
    "Negotiation/Review": "proposed",
    "Closed Won": "won",
    "Closed Lost": "lost",
    "Declined": "declined",
}
KINDS = {
    "New Customer": "new",
    "New Business": "new",
    "Existing Customer - Upgrade": "expansion",
    "Existing Customer - Replacement": "renewal",
    "Existing Customer - Downgrade": "renewal",
    "Renewal": "renewal",
    "Expansion": "expansion",
    "Cross-Sell": "cross_sell",
}
SUBTYPES = {"Call": "call", "Email": "mail", "ListEmail": "mail", "Task": "internal", "Cadence": "internal"}


def _table(name: str, columns: Mapping[str, str | ColumnMapping], *, has_history: bool = True) -> VendorTable:
    return VendorTable(
        object=name,
        columns=columns,
        key="Id",
        modified_at="SystemModstamp",
        created_at="CreatedDate",
        has_history=has_history,
    )


TABLES: Mapping[str, VendorTable] = {
    "accounts": _table(
        "Account",
        {
            "account_id": "{account_id_field}",
            "account_name": "Name",
            "industry": "Industry",
            "country": "BillingCountry",
            "domain": "Website",
            "acquisition_channel": "AccountSource",
            "parent_account_id": "Parent.{account_id_field}",
            "seller_owner_id": "Owner.{owner_id_field}",
            "merged_into_account_id": "MasterRecord.{account_id_field}",
            "is_deleted": "IsDeleted",
            "signed_up_date": "CreatedDate",
        },
    ),
    "contacts": _table(
        "Contact",
        {
            "contact_id": "Id",
            "account_id": "Account.{account_id_field}",
            "contact_name": "Name",
            "email": "Email",
            "job_title": "Title",
            "department": "Department",
        },
    ),
    "opportunities": _table(
        "Opportunity",
        {
            "opportunity_id": "Id",
            "account_id": "Account.{account_id_field}",
            "owner_id": "Owner.{owner_id_field}",
            "opportunity_kind": ColumnMapping(column="Type", values=KINDS),
            "stage": ColumnMapping(column="StageName", values=STAGES),
            "opportunity_amount": "Amount",
            "created_date": "CreatedDate",
            "close_date": "CloseDate",
        },
    ),
    "contracts": _table(
        "Contract",
        {
            "contract_id": "ContractNumber",
            "account_id": "Account.{account_id_field}",
            "signed_date": "CustomerSignedDate",
            "start_date": "StartDate",
            "end_date": "EndDate",
        },
    ),
    "tasks": _table(
        "Task",
        {
            "task_id": "Id",
            "account_id": "Account.{account_id_field}",
            "owner_id": "Owner.{owner_id_field}",
            "task_kind": ColumnMapping(column="TaskSubtype", values=SUBTYPES, otherwise="internal"),
            "subject": "Subject",
            "due_date": "ActivityDate",
            "done_date": "CompletedDateTime",
        },
        has_history=False,
    ),
    "owners": _table(
        "User",
        {
            "owner_id": "{owner_id_field}",
            "owner_name": "Name",
            "email": "Email",
            "is_active": "IsActive",
        },
        has_history=False,
    ),
}
CUSTOM_TABLE: VendorTable | None = _table("", {})


def connect(client: VendorClient) -> None:
    """Log in by OAuth's client credentials; `credentials` are `client_id` and `client_secret`."""

    def log_in() -> None:
        told = client.session.post(
            f"{client.base_url}/services/oauth2/token",
            data={"grant_type": "client_credentials", **client.credentials},
        ).json()
        client.session.headers["Authorization"] = f"Bearer {told['access_token']}"

    client.log_in = log_in
    client.judge = _judge
    size = min(max(client.source.page_size or 2000, 200), 2000)
    client.session.headers["Sforce-Query-Options"] = f"batchSize={size}"


def pages(pull: Pull) -> Iterator[Page]:
    """The rows changed since the last pull, deleted ones included, then the changes of their fields."""
    fields = [name for name in pull.table.fields if name != "IsDeleted"]
    selected = f"SELECT {', '.join([*fields, 'IsDeleted'])} FROM {pull.table.object}"
    in_bulk = pull.since is None and _count(pull) > int(pull.options["bulk_from_rows"])
    for rows in _bulk(pull, selected) if in_bulk else _query(pull, selected, "SystemModstamp", pull.since):
        yield _page(pull, rows)
    if pull.table.has_history:
        yield from _history(pull)


def keys(pull: Pull) -> Iterator[Sequence[str]]:
    """Keys of all rows that are not deleted for good."""
    fields = list(dict.fromkeys(["Id", "SystemModstamp", *pull.key_fields]))
    selected = f"SELECT {', '.join([*fields, 'IsDeleted'])} FROM {pull.table.object}"
    stays = "is_deleted" in pull.entity.column_names
    for rows in _query(pull, selected, "SystemModstamp", None):
        yield [pull.key_of(row) for row in rows if stays or not row["IsDeleted"]]


def id18(short: str) -> str:
    """The 18 characters that stand for an id in any case, from the 15 that differ by case alone."""
    if len(short) != SHORT_ID:
        return short
    parts = (short[start : start + 5] for start in range(0, SHORT_ID, 5))
    return short + "".join(
        ID_LETTERS[sum(1 << place for place, letter in enumerate(part) if letter.isupper())] for part in parts
    )


class _CursorExpiredError(SourceError):
    """The rest of a query cannot be had any more; it is asked anew from the last row on."""


def _judge(response: Response, body: Any) -> Verdict | None:
    told = body[0] if isinstance(body, list) and body and isinstance(body[0], dict) else {}
    code = told.get("errorCode")
    if code == CURSOR_EXPIRED:
        raise _CursorExpiredError("The query's cursor has expired.")
    if code == "INVALID_SESSION_ID":
        return LogInAgain(f"{code}: {told.get('message')}")
    if response.status_code == HTTP_FORBIDDEN and code == "REQUEST_LIMIT_EXCEEDED":
        return Refused(
            f"{code}: {told.get('message')}",
            "The quota of the last 24 hours is used up: run again later, or ask for more calls.",
        )
    return None


def _query(pull: Pull, selected: str, time_field: str, since: datetime | None) -> Iterator[list[Record]]:
    """Rows by time and id. An answer may be short of rows; only `done` is the end."""
    last, asked_from, times = since, None, 0
    while True:
        times = times + 1 if last == asked_from else 1
        asked_from = last
        where = f" WHERE {time_field} >= {utc_text(last)}" if last else ""
        soql = f"{selected}{where} ORDER BY {time_field}, Id"
        path = f"/services/data/{pull.options['api_version']}/queryAll"
        try:
            for answer in pull.client.pages(path, JSONLinkPaginator("nextRecordsUrl"), params={"q": soql}):
                rows = [_normalised(row) for row in answer["records"]]
                yield rows
                if rows:
                    last = utc_moment(rows[-1][time_field])
        except _CursorExpiredError:
            if times == TIMES_ASKED_ANEW:
                raise SourceError(
                    f"{pull.client.name}.{pull.client.table}: {pull.client.last_place}: {CURSOR_EXPIRED}: the query's "
                    f"cursor has expired {times} times at the same row. Nothing was taken. Run again, when fewer "
                    f"queries are open for this user."
                ) from None
            continue
        return


def _count(pull: Pull) -> int:
    path = f"/services/data/{pull.options['api_version']}/queryAll"
    return int(pull.client.get(path, params={"q": f"SELECT COUNT() FROM {pull.table.object}"})["totalSize"])


def _bulk(pull: Pull, selected: str) -> Iterator[list[Record]]:
    jobs = f"/services/data/{pull.options['api_version']}/jobs/query"
    job = pull.client.post(jobs, json={"operation": "queryAll", "query": selected})
    while job["state"] not in {"JobComplete", "Failed", "Aborted"}:
        time.sleep(BULK_POLL_SECONDS)
        job = pull.client.get(f"{jobs}/{job['id']}")
    if job["state"] != "JobComplete":
        raise SourceError(
            f"{pull.client.name}.{pull.client.table}: the bulk job {job['id']} ended as {job['state']}: "
            f"{job.get('errorMessage')}. Run again; where it stays, see Bulk Data Load Jobs in the setup."
        )
    locator = None
    while True:
        params = {"maxRecords": BULK_PAGE_ROWS} | ({"locator": locator} if locator else {})
        response = pull.client.response(f"{jobs}/{job['id']}/results", params=params, headers={"Accept": "text/csv"})
        yield [_nested(row) for row in csv.DictReader(io.StringIO(response.text))]
        locator = response.headers.get("Sforce-Locator")
        if not locator or locator == "null":
            return


def _nested(flat: Mapping[str, str]) -> Record:
    """A line of CSV as the record that JSON has; empty text is null there."""
    record: Record = {}
    for name, value in flat.items():
        *parents, last = name.split(".")
        place = record
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = {"true": True, "false": False}.get(value, value) if name.startswith("Is") else value or None
    return _normalised(record)


def _normalised(row: Record) -> Record:
    row.pop("attributes", None)
    for name, value in row.items():
        if isinstance(value, dict):
            _normalised(value)
        elif isinstance(value, str) and name.endswith("Id") and len(value) == SHORT_ID:
            row[name] = id18(value)
    return row


def _page(pull: Pull, rows: list[Record]) -> Page:
    """Deleted rows: an account stays in sight, and was not deleted before; of others only the key is told."""
    if "is_deleted" not in pull.entity.column_names:
        gone = [(pull.key_of(row), utc_moment(row["SystemModstamp"])) for row in rows if row["IsDeleted"]]
        return Page(rows=[row for row in rows if not row["IsDeleted"]], removed=gone)
    changes = []
    for row in rows:
        if row["IsDeleted"]:
            before = (("IsDeleted", False), *((name, None) for name in pull.table.fields if "MasterRecord." in name))
            changes += [FieldChange(row["Id"], name, old, row["SystemModstamp"]) for name, old in before]
    return Page(rows=rows, changes=changes)


def _history(pull: Pull) -> Iterator[Page]:
    name, parent = _history_object(pull.table.object)
    fields = {field: field for field in pull.table.fields if "." not in field}
    related = {field.split(".")[0]: field for field in pull.table.fields if "." in field}
    ids: dict[str, dict[str, Any]] = {}
    selected = f"SELECT Id, {parent}, Field, OldValue, NewValue, CreatedDate FROM {name}"
    for rows in _query(pull, selected, "CreatedDate", pull.since):
        changes = []
        for row in rows:
            told = row["Field"].removesuffix("Id") if row["Field"].removesuffix("Id") in related else row["Field"]
            relation = told.replace("__c", "__r") if told.replace("__c", "__r") in related else told
            if told in fields:
                changes.append(FieldChange(row[parent], told, row["OldValue"], row["CreatedDate"]))
            elif relation in related and _is_id(row["OldValue"], row["NewValue"]):
                path = related[relation]
                if relation not in ids:
                    ids[relation] = _values_by_id(pull, relation, path)
                old = ids[relation].get(id18(str(row["OldValue"])))
                changes.append(FieldChange(row[parent], path, old, row["CreatedDate"]))
        yield Page(changes=changes)


def _history_object(name: str) -> tuple[str, str]:
    """The history of an object, and the field there that names the record."""
    if name in HISTORIES:
        return HISTORIES[name]
    return (
        (f"{name.removesuffix('__c')}__History", "ParentId")
        if name.endswith("__c")
        else (f"{name}History", f"{name}Id")
    )


def _values_by_id(pull: Pull, relation: str, path: str) -> dict[str, Any]:
    """What a path such as `Account.AccountNumber` gives, by id of the related record."""
    field = path.split(".", 1)[1]
    target = RELATIONS.get(relation) or str(pull.options["relations"].get(relation, ""))
    if not target:
        return {}
    found: dict[str, Any] = {}
    selected = f"SELECT {', '.join(dict.fromkeys(['Id', 'SystemModstamp', field]))} FROM {target}"
    for rows in _query(pull, selected, "SystemModstamp", None):
        found |= {row["Id"]: value_at(row, field.split(".")) for row in rows}
    return found


def _is_id(*values: Any) -> bool:
    """A change of a lookup comes twice, once with ids and once with names."""
    return all(value is None or re.fullmatch(r"[a-zA-Z0-9]{15}|[a-zA-Z0-9]{18}", str(value)) for value in values)
