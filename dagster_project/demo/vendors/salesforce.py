"""Salesforce as it answers the few requests that are made of it, over the demo company's CRM.

Below https://developer.salesforce.com/docs/atlas.en-us: query, queryAll and paging by `nextRecordsUrl` in
api_rest/resources_queryall.htm, errors in api_rest/errorcodes.htm, history objects in
object_reference/sforce_api_objects_opportunityfieldhistory.htm, Bulk 2.0 in api_asynch/query_create_job.htm.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from dagster_project.demo.vendors.exports import DemoExports, DemoRecord, plain, token_of

PAGE_ROWS = 2000
# An answer may be shorter than asked for, and the pages of a query are not all of one length.
SHORTER_PAGE_ROWS = 1700
STAGES = {
    "open": "Qualification",
    "proposed": "Proposal/Price Quote",
    "won": "Closed Won",
    "lost": "Closed Lost",
    "declined": "Declined",
}
KINDS = {
    "new": "New Customer",
    "renewal": "Renewal",
    "expansion": "Existing Customer - Upgrade",
    "cross_sell": "Cross-Sell",
}
SOQL = re.compile(
    r"SELECT (?P<fields>.+?) FROM (?P<object>\w+)"
    r"(?: WHERE (?P<field>\w+) >= (?P<since>\S+))?(?: ORDER BY (?P<order>.+))?"
)


@dataclass(frozen=True)
class SalesforceObject:
    """An object, and the entity of the demo that it holds.

    `fields` gives the column by field; a path such as `Account.AccountNumber` names the object behind the relation too.
    """

    entity: str
    prefix: str
    fields: Mapping[str, str | tuple[str, str]]


OBJECTS = {
    "Account": SalesforceObject(
        "accounts",
        "001",
        {
            "AccountNumber": "account_id",
            "Name": "account_name",
            "Segment__c": "segment",
            "Industry": "industry",
            "BillingCountry": "country",
            "Website": "domain",
            "AccountSource": "acquisition_channel",
            "Acquisition_Message__c": "acquisition_message",
            "Plan__c": "plan_name",
            "Parent.AccountNumber": ("Account", "parent_account_id"),
            "Corporate_Group__c": "corporate_group_id",
            "Owner.Alias": ("User", "seller_owner_id"),
            "MasterRecord.AccountNumber": ("Account", "merged_into_account_id"),
            "Is_Test__c": "is_test",
            "Is_Internal__c": "is_internal",
            "Signed_Up_Date__c": "signed_up_date",
        },
    ),
    "Contact": SalesforceObject(
        "contacts",
        "003",
        {
            "Account.AccountNumber": ("Account", "account_id"),
            "User_Id__c": "user_id",
            "Role__c": "contact_role",
            "Name": "contact_name",
            "Email": "email",
            "Title": "job_title",
            "Department": "department",
            "Is_Champion__c": "is_champion",
            "Left_Date__c": "left_date",
        },
    ),
    "Opportunity": SalesforceObject(
        "opportunities",
        "006",
        {
            "Account.AccountNumber": ("Account", "account_id"),
            "Contract_Code__c": "contract_id",
            "Owner.Alias": ("User", "owner_id"),
            "Type": "opportunity_kind",
            "StageName": "stage",
            "CurrencyIsoCode": "currency_code",
            "Amount": "opportunity_amount",
            "Opened_Date__c": "created_date",
            "CloseDate": "close_date",
        },
    ),
    "Contract": SalesforceObject(
        "contracts",
        "800",
        {
            "Contract_Code__c": "contract_id",
            "Account.AccountNumber": ("Account", "account_id"),
            "Previous_Contract__r.Contract_Code__c": ("Contract", "previous_contract_id"),
            "Model__c": "contract_model",
            "Product__c": "product_name",
            "Plan__c": "plan_name",
            "Billing_Frequency__c": "billing_frequency",
            "CurrencyIsoCode": "currency_code",
            "Is_Trial__c": "is_trial",
            "Seats__c": "seat_count",
            "MRR__c": "mrr_amount",
            "One_Off_Amount__c": "one_off_amount",
            "CustomerSignedDate": "signed_date",
            "StartDate": "start_date",
            "EndDate": "end_date",
        },
    ),
    "Task": SalesforceObject(
        "tasks",
        "00T",
        {
            "Account.AccountNumber": ("Account", "account_id"),
            "Owner.Alias": ("User", "owner_id"),
            "Kind__c": "task_kind",
            "Subject": "subject",
            "Minutes__c": "spent_minutes",
            "ActivityDate": "due_date",
            "CompletedDateTime": "done_date",
        },
    ),
    "User": SalesforceObject(
        "owners",
        "005",
        {
            "Alias": "owner_id",
            "Name": "owner_name",
            "Email": "email",
            "Department": "team_id",
            "IsActive": "is_active",
            "Weekly_Hours__c": "weekly_capacity_hours",
        },
    ),
    "Hearing__c": SalesforceObject(
        "hearings",
        "a01",
        {
            "Name": "hearing_id",
            "Account__r.AccountNumber": ("Account", "account_id"),
            "Heard_By__r.Alias": ("User", "owner_id"),
            "Role__c": "hearing_role",
            "Satisfaction__c": "satisfaction_points",
            "Renewal__c": "renewal_points",
            "Comment__c": "comment_text",
            "Heard_Date__c": "heard_date",
        },
    ),
    "Strategy_Assessment__c": SalesforceObject(
        "strategy_assessments",
        "a02",
        {
            "Name": "assessment_id",
            "Account__r.AccountNumber": ("Account", "account_id"),
            "Author__r.Alias": ("User", "owner_id"),
            "Strategy__c": "strategy_points",
            "Organisation__c": "organisation_points",
            "People__c": "people_points",
            "Assessed_Date__c": "assessed_date",
        },
    ),
    "Success_Plan__c": SalesforceObject(
        "success_plans",
        "a03",
        {
            "Name": "plan_item_id",
            "Account__r.AccountNumber": ("Account", "account_id"),
            "Parent__r.Name": ("Success_Plan__c", "parent_item_id"),
            "Level__c": "item_level",
            "Goal__c": "goal_id",
            "Goal_Text__c": "goal_text",
            "KPI__c": "kpi_name",
            "Target__c": "target_value",
            "Actual__c": "actual_value",
            "Is_First_Success__c": "is_first_success",
            "Is_Primary__c": "is_primary",
            "Agreed_Date__c": "agreed_date",
            "Due_Date__c": "due_date",
            "Reached_Date__c": "reached_date",
        },
    ),
    "Sales_Request__c": SalesforceObject(
        "sales_requests",
        "a04",
        {
            "Name": "sales_request_id",
            "Account__r.AccountNumber": ("Account", "account_id"),
            "Asked_By__r.Alias": ("User", "owner_id"),
            "Text__c": "request_text",
            "Requested_Date__c": "requested_date",
            "Closed_Date__c": "closed_date",
        },
    ),
}
HISTORIES = {
    "OpportunityFieldHistory": ("Opportunity", "OpportunityId"),
    **{f"{name}History": (name, f"{name}Id") for name in ("Account", "Contact", "Contract")},
    **{f"{name.removesuffix('__c')}__History": (name, "ParentId") for name in OBJECTS if name.endswith("__c")},
}


def salesforce_id(prefix: str, key: str) -> str:
    """Eighteen characters; there is no capital among the first fifteen, so that the last three are A."""
    return f"{prefix.lower()}{token_of(prefix, key)}AAA"


class DemoSalesforce:
    """The records of every object, the newest last."""

    def __init__(self, exports: DemoExports, secret: str) -> None:
        self._exports, self._secret = exports, secret
        self._queries: dict[str, list[dict[str, Any]]] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def app(self) -> Starlette:
        """The server of the one instance."""
        data = "/services/data/{version}"
        return Starlette(
            routes=[
                Route("/services/oauth2/token", self._token, methods=["POST"]),
                Route(f"{data}/query/{{locator}}", self._next_page),
                Route(f"{data}/query", self._query),
                Route(f"{data}/queryAll", self._query),
                Route(f"{data}/jobs/query", self._create_job, methods=["POST"]),
                Route(f"{data}/jobs/query/{{job_id}}", self._job),
                Route(f"{data}/jobs/query/{{job_id}}/results", self._job_results),
            ]
        )

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Every row of an object or a history, flat: by the paths that SOQL can name."""
        if name not in self._rows:
            found = self._history(name) if name in HISTORIES else self._records(name)
            self._rows[name] = list(found)
        return self._rows[name]

    def _records(self, name: str) -> Iterator[dict[str, Any]]:
        told = OBJECTS[name]
        for record in self._exports.records("crm", told.entity):
            row = {field: _value(name, field, self._of(record.now, column)) for field, column in told.fields.items()}
            yield {
                "Id": salesforce_id(told.prefix, record.key),
                "IsDeleted": bool(record.now.get("is_deleted")),
                "CreatedDate": _time(record.created_at),
                "SystemModstamp": _time(record.modified_at),
                **row,
            }

    def _history(self, name: str) -> Iterator[dict[str, Any]]:
        parent, parent_field = HISTORIES[name]
        told = OBJECTS[parent]
        tracked = {
            column if isinstance(column, str) else column[1]: field
            for field, column in told.fields.items()
            if not field.startswith("MasterRecord.")
        }
        rows = []
        for record in self._exports.records("crm", told.entity):
            for moment, column, *values in record.changes(list(tracked)):
                for row in _changes(record, parent, tracked[column], moment, values):
                    rows.append({parent_field: salesforce_id(told.prefix, record.key), **row})
        return iter(sorted(rows, key=lambda row: (row["CreatedDate"], row["Id"])))

    @staticmethod
    def _of(state: Mapping[str, Any], column: str | tuple[str, str]) -> Any:
        return state[column if isinstance(column, str) else column[1]]

    async def _token(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if form.get("client_secret") != [self._secret]:
            return JSONResponse({"error": "invalid_client", "error_description": "invalid client credentials"}, 400)
        return JSONResponse(
            {"access_token": self._session, "token_type": "Bearer", "instance_url": str(request.base_url)}
        )

    @property
    def _session(self) -> str:
        return token_of("salesforce", self._secret, length=40)

    def _is_logged_in(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self._session}"

    def _select(self, soql: str) -> list[dict[str, Any]] | JSONResponse:
        told = SOQL.fullmatch(soql.strip())
        if told is None:
            return _error(400, "MALFORMED_QUERY", f"unexpected token in: {soql[:80]}")
        name = told["object"]
        if name not in OBJECTS and name not in HISTORIES:
            return _error(400, "INVALID_TYPE", f"sObject type '{name}' is not supported.")
        rows = self.rows(name)
        fields = [field.strip() for field in told["fields"].split(",")]
        if fields == ["COUNT()"]:
            return rows
        if unknown := [field for field in fields if rows and field not in rows[0]]:
            return _error(400, "INVALID_FIELD", f"No such column '{unknown[0]}' on entity '{name}'.")
        if told["since"]:
            since = _time(datetime.fromisoformat(told["since"]).replace(tzinfo=None))
            rows = [row for row in rows if row[told["field"]] >= since]
        if told["order"]:
            order = [field.strip() for field in told["order"].split(",")]
            rows = sorted(rows, key=lambda row: [row[field] for field in order])
        return [{field: row[field] for field in fields} for row in rows]

    async def _query(self, request: Request) -> Response:
        if not self._is_logged_in(request):
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        soql = request.query_params["q"]
        rows = self._select(soql)
        if isinstance(rows, JSONResponse):
            return rows
        if "COUNT()" in soql:
            return JSONResponse({"totalSize": len(rows), "done": True, "records": []})
        if not request.url.path.endswith("/queryAll"):
            rows = [row for row in rows if not row.get("IsDeleted")]
        locator = f"01g{token_of(soql)}"
        self._queries[locator] = rows
        return self._page(request, locator, 0)

    async def _next_page(self, request: Request) -> Response:
        if not self._is_logged_in(request):
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        locator, _, start = request.path_params["locator"].rpartition("-")
        if locator not in self._queries:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(request, locator, int(start))

    def _page(self, request: Request, locator: str, start: int) -> Response:
        rows = self._queries[locator]
        size = PAGE_ROWS if start % 2 == 0 else SHORTER_PAGE_ROWS
        end = start + min(size, _batch_size(request))
        answer: dict[str, Any] = {
            "totalSize": len(rows),
            "done": end >= len(rows),
            "records": [_nested(row) for row in rows[start:end]],
        }
        if end < len(rows):
            version = request.path_params["version"]
            answer["nextRecordsUrl"] = f"{request.scope['root_path']}/services/data/{version}/query/{locator}-{end}"
        return JSONResponse(answer, headers={"Sforce-Limit-Info": "api-usage=18/100000"})

    async def _create_job(self, request: Request) -> Response:
        if not self._is_logged_in(request):
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        rows = self._select((await request.json())["query"])
        if isinstance(rows, JSONResponse):
            return rows
        job_id = f"750{token_of(str(len(self._queries)))}"
        self._queries[job_id] = rows
        return JSONResponse({"id": job_id, "state": "UploadComplete"})

    async def _job(self, request: Request) -> Response:
        return JSONResponse({"id": request.path_params["job_id"], "state": "JobComplete"})

    async def _job_results(self, request: Request) -> Response:
        rows = self._queries[request.path_params["job_id"]]
        start = int(request.query_params.get("locator", "0"))
        end = start + int(request.query_params.get("maxRecords", str(PAGE_ROWS)))
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]) if rows else ["Id"])
        writer.writeheader()
        writer.writerows(
            {name: str(value).lower() if isinstance(value, bool) else value for name, value in row.items()}
            for row in rows[start:end]
        )
        headers = {
            "Sforce-Locator": str(end) if end < len(rows) else "null",
            "Sforce-NumberOfRecords": str(end - start),
        }
        return PlainTextResponse(text.getvalue(), media_type="text/csv", headers=headers)


def _changes(
    record: DemoRecord, name: str, field: str, moment: datetime, values: Sequence[Any]
) -> list[dict[str, Any]]:
    """A change of a field. That of a lookup comes twice: with the ids, and with the names."""
    column = OBJECTS[name].fields[field]
    named = field.split(".", maxsplit=1)[0].replace("__r", "__c")
    shown: list[list[Any]] = [[_value(name, field, value) for value in values]]
    if isinstance(column, tuple):
        prefix = OBJECTS[column[0]].prefix
        shown = [[value and salesforce_id(prefix, value) for value in values], [f"Name of {v}" for v in values]]
    return [
        {
            "Id": salesforce_id("017", f"{record.key}{field}{moment}{number}"),
            "Field": named,
            "OldValue": old,
            "NewValue": new,
            "CreatedDate": _time(moment),
            "IsDeleted": False,
        }
        for number, (old, new) in enumerate(shown)
    ]


def _batch_size(request: Request) -> int:
    told = request.headers.get("Sforce-Query-Options", "")
    return int(told.partition("batchSize=")[2] or PAGE_ROWS)


def _error(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse([{"message": message, "errorCode": code}], status)


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000+0000"


def _value(name: str, field: str, value: Any) -> Any:
    """A value of the contract as Salesforce has it."""
    if value is None:
        return None
    if name == "Opportunity" and field == "StageName":
        return STAGES[value]
    if name == "Opportunity" and field == "Type":
        return KINDS[value]
    if field == "EndDate":
        return (date.fromisoformat(value) - timedelta(days=1)).isoformat()  # the last day, not the first one after
    if field == "CompletedDateTime":
        return f"{value}T12:00:00.000+0000"
    return plain(value)


def _nested(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON has it: the fields of a related record stand in an object, which is null where there is none."""
    found: dict[str, Any] = {"attributes": {"type": "sObject"}}
    for path, value in row.items():
        relation, _, field = path.partition(".")
        if field:
            found[relation] = None if value is None else {"attributes": {"type": "sObject"}, field: value}
        else:
            found[path] = value
    return found
