"""HubSpot CRM as it answers the few requests that are made of it, over the demo company's CRM.

Lists, batch reads and searches of objects: https://developers.hubspot.com/docs/api-reference/crm-objects-v3/;
associations: https://developers.hubspot.com/docs/api-reference/crm-associations-v4/guide;
owners: https://developers.hubspot.com/docs/api-reference/crm-owners-v3/guide
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.demo.vendors.exports import DemoExports, DemoRecord, plain, token_of

LIST_ROWS, HISTORY_ROWS, SEARCH_ROWS = 100, 50, 200
BATCH_ROWS, ASSOCIATION_ROWS = 100, 1000
CALLS_IN_TEN_SECONDS = 190
MULTI_STATUS = 207
STAGES = {
    "open": "qualifiedtobuy",
    "proposed": "contractsent",
    "won": "closedwon",
    "lost": "closedlost",
    "declined": "declined",
}
KINDS = {"new": "newbusiness", "renewal": "renewal", "expansion": "existingbusiness", "cross_sell": "cross_sell"}
MERGED = "hs_merged_object_ids"
Row = dict[str, Any]


@dataclass(frozen=True)
class HubspotObject:
    """An object, and the entity of the demo that it holds.

    `properties` gives the column by property; a second text names the object whose id the property holds.
    """

    entity: str
    modified_at: str
    properties: Mapping[str, str | tuple[str, str]]


OBJECTS = {
    "companies": HubspotObject(
        "accounts",
        "hs_lastmodifieddate",
        {
            "customer_number": "account_id",
            "name": "account_name",
            "segment": "segment",
            "industry": "industry",
            "country": "country",
            "domain": "domain",
            "acquisition_channel": "acquisition_channel",
            "acquisition_message": "acquisition_message",
            "plan": "plan_name",
            "hs_parent_company_id": ("companies", "parent_account_id"),
            "corporate_group": "corporate_group_id",
            "hubspot_owner_id": ("owners", "seller_owner_id"),
            "is_test": "is_test",
            "is_internal": "is_internal",
            "signed_up_date": "signed_up_date",
        },
    ),
    "contacts": HubspotObject(
        "contacts",
        "lastmodifieddate",
        {
            "firstname": "contact_name",
            "lastname": "contact_name",
            "email": "email",
            "jobtitle": "job_title",
            "product_user_id": "user_id",
            "contact_role": "contact_role",
            "department": "department",
            "is_champion": "is_champion",
            "left_date": "left_date",
        },
    ),
    "deals": HubspotObject(
        "opportunities",
        "hs_lastmodifieddate",
        {
            "contract_code": "contract_id",
            "hubspot_owner_id": ("owners", "owner_id"),
            "dealtype": "opportunity_kind",
            "dealstage": "stage",
            "deal_currency_code": "currency_code",
            "amount": "opportunity_amount",
            "opened_date": "created_date",
            "closedate": "close_date",
        },
    ),
}


def hubspot_id(name: str, key: str) -> str:
    """The number of a record, as text."""
    return str(int(token_of("hubspot", name, key, length=10), 16) + 1)


class DemoHubspot:
    """One portal."""

    def __init__(self, exports: DemoExports, secret: str) -> None:
        self._exports, self._secret = exports, secret
        self._records: dict[str, dict[str, Row]] = {}
        self.archived_at: dict[str, datetime] = {}
        """Records that were archived, by id, beside the accounts that the demo has deleted."""
        self.search_results = 10_000

    def app(self) -> Starlette:
        """The server of the portal."""
        objects = "/crm/v3/objects/{name}"
        return Starlette(
            routes=[
                Route("/crm/v3/owners", self._answer(self._owner_list)),
                Route(objects, self._answer(self._list)),
                Route(f"{objects}/search", self._answer(self._search, is_counted=False), methods=["POST"]),
                Route(f"{objects}/batch/read", self._answer(self._batch), methods=["POST"]),
                Route(
                    "/crm/v4/associations/{name}/companies/batch/read",
                    self._answer(self._associations),
                    methods=["POST"],
                ),
            ]
        )

    def _answer(self, told: Callable[[Request, Any], Response], *, is_counted: bool = True) -> Any:
        """Every answer but that of a search says what is left of the quota."""

        async def answer(request: Request) -> Response:
            if request.headers.get("Authorization") != f"Bearer {self._secret}":
                return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
            if request.path_params.get("name", "owners") not in {*OBJECTS, "owners"}:
                return _error(400, "VALIDATION_ERROR", "Unable to infer object type from the path")
            response = told(request, await request.json() if request.method == "POST" else None)
            if is_counted:
                response.headers["X-HubSpot-RateLimit-Max"] = str(CALLS_IN_TEN_SECONDS)
                response.headers["X-HubSpot-RateLimit-Remaining"] = str(CALLS_IN_TEN_SECONDS - 1)
                response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
            return response

        return answer

    def records(self, name: str) -> dict[str, Row]:
        """Every record of an object by its id, the archived ones and those merged into others too."""
        if name not in self._records:
            found = [self._record(name, each) for each in self._exports.records("crm", OBJECTS[name].entity)]
            self._records[name] = {row["id"]: row for row in sorted(found, key=lambda row: int(row["id"]))}
            if name == "companies":
                for row in list(found):
                    self._merge(row)
        return self._records[name]

    def _record(self, name: str, record: DemoRecord) -> Row:
        told = OBJECTS[name]
        columns = {prop: column if isinstance(column, str) else column[1] for prop, column in told.properties.items()}
        history = {
            prop: [_version(_property(name, prop, record.states[0][column]), record.created_at)]
            for prop, column in columns.items()
        }
        for moment, column, old, new in record.changes(list(dict.fromkeys(columns.values()))):
            for prop in (prop for prop, each in columns.items() if each == column):
                # What is emptied stays as empty text.
                value = _property(name, prop, new)
                before = _property(name, prop, old)
                if value != before:
                    history[prop].insert(0, _version("" if value is None else value, moment))
        created, modified = _time(record.created_at), _time(record.modified_at)
        record_id = hubspot_id(name, record.key)
        history["hs_object_id"] = [_version(record_id, record.created_at)]
        history["createdate"] = [_version(created, record.created_at)]
        history[told.modified_at] = [_version(modified, record.modified_at)]
        history[MERGED] = []
        now = record.now
        return {
            "id": record_id,
            "createdAt": created,
            "updatedAt": modified,
            "_history": history,
            "_company": now.get("account_id"),
            "_merged_into": now.get("merged_into_account_id"),
            "_archived_at": record.modified_at if now.get("is_deleted") else None,
        }

    def _merge(self, loser: Row) -> None:
        """The winner keeps its values, and names the record that was merged into it."""
        if not loser["_merged_into"]:
            return
        winner = self._records["companies"][hubspot_id("companies", loser["_merged_into"])]
        history, moment = winner["_history"], loser["_archived_at"]
        told = history[MERGED][0]["value"] + ";" if history[MERGED] else ""
        history[MERGED].insert(0, _version(told + loser["id"], moment))
        history["customer_number"][:0] = [
            _version(_now(winner, "customer_number"), moment),
            _version(_now(loser, "customer_number"), moment) | {"sourceType": "MERGE_OBJECTS", "sourceId": loser["id"]},
        ]
        modified = max(winner["updatedAt"], _time(moment))
        winner["updatedAt"] = modified
        history["hs_lastmodifieddate"][0]["value"] = modified

    def archived(self, row: Row) -> datetime | None:
        """When a record was archived; null where it stands."""
        moment: datetime | None = self.archived_at.get(row["id"], row["_archived_at"])
        return moment

    def _standing(self, name: str, *, archived: bool) -> list[Row]:
        rows = self.records(name).values()
        return [row for row in rows if not row["_merged_into"] and bool(self.archived(row)) == archived]

    def _shown(self, row: Row, properties: Sequence[str], with_history: Sequence[str]) -> Row:
        """A record with the properties that were asked for, and those that are always given."""
        history = row["_history"]
        always = ("hs_object_id", "createdate", "hs_lastmodifieddate", "lastmodifieddate")
        asked = [name for name in dict.fromkeys([*properties, *with_history, *always]) if name in history]
        archived_at = self.archived(row)
        shown = {
            "id": row["id"],
            "properties": {name: _now(row, name) for name in asked},
            "createdAt": row["createdAt"],
            "updatedAt": row["updatedAt"],
            "archived": archived_at is not None,
        }
        if archived_at:
            shown["archivedAt"] = _time(archived_at)
        if with_history:
            told = {name: history[name] for name in with_history if name in history}
            shown["propertiesWithHistory"] = {
                name: [each for each in versions if each["value"] is not None] for name, versions in told.items()
            }
        return shown

    def _list(self, request: Request, _body: Any) -> Response:
        asked = request.query_params
        with_history = [name for name in asked.get("propertiesWithHistory", "").split(",") if name]
        limit, most = int(asked.get("limit", "10")), HISTORY_ROWS if with_history else LIST_ROWS
        if limit > most:
            return _error(400, "VALIDATION_ERROR", f"limit {limit} is larger than the most allowed, {most}")
        rows = self._standing(request.path_params["name"], archived=asked.get("archived") == "true")
        after = int(asked.get("after", "0"))
        found = [row for row in rows if int(row["id"]) > after]
        page = found[:limit]
        results = [self._shown(row, asked.get("properties", "").split(","), with_history) for row in page]
        return JSONResponse(_paged(results, page[-1]["id"] if len(found) > limit else None))

    def _batch(self, request: Request, body: Any) -> Response:
        """An id that was merged into another record gives that one."""
        with_history = body.get("propertiesWithHistory", [])
        if len(body["inputs"]) > (HISTORY_ROWS if with_history else BATCH_ROWS):
            return _error(400, "VALIDATION_ERROR", "too many inputs")
        records, archived = self.records(request.path_params["name"]), request.query_params.get("archived") == "true"
        found: dict[str, Row] = {}
        errors = []
        for told in body["inputs"]:
            row = records.get(told["id"])
            if row and row["_merged_into"]:
                row = records[hubspot_id("companies", row["_merged_into"])]
            if row is None or bool(self.archived(row)) != archived:
                errors.append({"status": "error", "category": "OBJECT_NOT_FOUND", "context": {"ids": [told["id"]]}})
            else:
                found[row["id"]] = self._shown(row, body.get("properties", []), with_history)
        return _batch_answer(list(found.values()), errors)

    def _search(self, request: Request, body: Any) -> Response:
        name = request.path_params["name"]
        rows = self._standing(name, archived=False)
        for told in body["filterGroups"][0]["filters"]:
            wanted, operator = int(told["value"]), told["operator"]
            compare: Callable[[int], bool] = {
                "GTE": lambda value, wanted=wanted: value >= wanted,
                "GT": lambda value, wanted=wanted: value > wanted,
                "EQ": lambda value, wanted=wanted: value == wanted,
            }[operator]
            rows = [row for row in rows if compare(_number(row, told["propertyName"]))]
        order = body["sorts"][0]["propertyName"]
        rows = sorted(rows, key=lambda row: (_number(row, order), int(row["id"])))
        start, limit = int(body.get("after") or 0), int(body.get("limit", 10))
        if limit > SEARCH_ROWS:
            return _error(400, "VALIDATION_ERROR", f"limit {limit} is larger than the most allowed, {SEARCH_ROWS}")
        if start + limit > self.search_results:
            return _error(400, "VALIDATION_ERROR", f"paging beyond {self.search_results} results is not supported")
        end = start + limit
        results = [self._shown(row, body.get("properties", []), []) for row in rows[start:end]]
        return JSONResponse({"total": len(rows), **_paged(results, str(end) if end < len(rows) else None)})

    def _associations(self, request: Request, body: Any) -> Response:
        """The company of a contact or a deal; that of a merged account is the one that goes on for it."""
        if len(body["inputs"]) > ASSOCIATION_ROWS:
            return _error(400, "VALIDATION_ERROR", "too many inputs")
        records, companies = self.records(request.path_params["name"]), self.records("companies")
        results, errors = [], []
        for told in body["inputs"]:
            row = records.get(told["id"])
            company = companies.get(hubspot_id("companies", row["_company"])) if row and row["_company"] else None
            if company is None:
                errors.append({"subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND", "context": told})
                continue
            company_id = hubspot_id("companies", company["_merged_into"]) if company["_merged_into"] else company["id"]
            kinds = [
                {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None},
                {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"},
            ]
            to = [{"toObjectId": int(company_id), "associationTypes": kinds}]
            results.append({"from": {"id": told["id"]}, "to": to})
        return _batch_answer(results, errors)

    @cached_property
    def owners(self) -> list[Row]:
        """Our people."""
        found = []
        for record in self._exports.records("crm", "owners"):
            now = record.now
            last, _, first = now["owner_name"].partition(" ")
            team = now["team_id"]
            found.append(
                {
                    "id": hubspot_id("owners", record.key),
                    "email": now["email"],
                    "type": "PERSON",
                    "firstName": first,
                    "lastName": last,
                    "userId": int(hubspot_id("users", record.key)),
                    "createdAt": _time(record.created_at),
                    "updatedAt": _time(record.modified_at),
                    "archived": not now["is_active"],
                    "teams": [{"id": hubspot_id("teams", team), "name": team, "primary": True}] if team else [],
                }
            )
        return sorted(found, key=lambda row: int(row["id"]))

    def _owner_list(self, request: Request, _body: Any) -> Response:
        asked = request.query_params
        after, limit = int(asked.get("after", "0")), min(int(asked.get("limit", "100")), 500)
        archived = asked.get("archived") == "true"
        found = [row for row in self.owners if row["archived"] == archived and int(row["id"]) > after]
        return JSONResponse(_paged(found[:limit], found[limit - 1]["id"] if len(found) > limit else None))


def _property(name: str, prop: str, value: Any) -> str | None:
    """A value of the contract as HubSpot has it: always text."""
    if value is None:
        return None
    column = OBJECTS[name].properties[prop]
    if prop in {"firstname", "lastname"}:
        return _part_of_name(value, is_first=prop == "firstname")
    if isinstance(column, tuple):
        return hubspot_id(column[0], value)
    if isinstance(value, bool):
        return "true" if value else "false"
    named = {"dealstage": STAGES, "dealtype": KINDS}.get(prop)
    if named:
        return named[value]
    return f"{value}T09:30:00Z" if prop == "closedate" else str(plain(value))


def _part_of_name(name: str, *, is_first: bool) -> str | None:
    """Names of Chinese characters begin with the family's, others end with it."""
    before, _, after = name.partition(" ")
    begins_with_first = name.isascii()
    return (before if is_first == begins_with_first else after) or None


def _version(value: str | None, moment: datetime) -> Row:
    return {"value": value, "timestamp": _time(moment), "sourceType": "CRM_UI", "sourceId": "userId:1"}


def _now(row: Row, name: str) -> str | None:
    versions = row["_history"][name]
    value: str | None = versions[0]["value"] if versions else None
    return value


def _number(row: Row, name: str) -> int:
    """A property as the search compares it: times as milliseconds."""
    value = _now(row, name) or "0"
    if value.isdecimal():
        return int(value)
    return round(datetime.fromisoformat(value).timestamp() * 1000)


def _paged(results: Sequence[Row], after: str | None) -> Row:
    return {"results": list(results)} | ({"paging": {"next": {"after": after}}} if after else {})


def _batch_answer(results: Sequence[Row], errors: Sequence[Row]) -> Response:
    answer: Row = {"status": "COMPLETE", "results": list(results)}
    if errors:
        answer |= {"numErrors": len(errors), "errors": list(errors)}
    return JSONResponse(answer, MULTI_STATUS if errors else 200)


def _error(status: int, category: str, message: str) -> JSONResponse:
    return JSONResponse({"status": "error", "message": message, "category": category}, status)


def _time(moment: datetime) -> str:
    return moment.replace(tzinfo=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
