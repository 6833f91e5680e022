"""Marketo Engage as it answers the few requests that are made of it, over the demo company's marketing.

Activities and paging tokens (300 at once, whatever their type, so that an answer may be empty although there are more):
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
Errors with HTTP 200:
https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

import base64
from bisect import bisect_left
from datetime import datetime
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.demo.vendors.exports import DemoExports, digits_of, iso_time, token_of

AT_ONCE, PROGRAMS_AT_ONCE = 300, 200
TYPES = {
    "help_read": 1,
    "mail_sent": 6,
    "mail_opened": 10,
    "mail_clicked": 11,
    "event_registered": 104,
    "event_attended": 104,
    "recording_viewed": 104,
    "mail_answered": 100001,
    "training_completed": 100002,
}
MEMBER_STATUSES = {
    "event_registered": "Registered",
    "event_attended": "Attended",
    "recording_viewed": "Attended On-demand",
}
NEW_LEAD_TYPE = 12
CHANNELS = {
    "webinar": "Webinar",
    "training": "Training",
    "study_hall": "Study Hall",
    "event": "Live Event",
    "mail_journey": "Nurture",
}
Row = dict[str, Any]


class DemoMarketo:
    """One instance."""

    def __init__(self, exports: DemoExports, secret: str) -> None:
        self._exports, self._secret = exports, secret

    def app(self) -> Starlette:
        """The server of the instance."""
        return Starlette(
            routes=[
                Route("/identity/oauth/token", self._token),
                Route("/rest/v1/activities/pagingtoken.json", self._answer(self._paging_token)),
                Route("/rest/v1/activities.json", self._answer(self._activities)),
                Route("/rest/v1/leads.json", self._answer(self._leads)),
                Route("/rest/v1/campaigns.json", self._answer(self._campaigns)),
                Route("/rest/asset/v1/programs.json", self._answer(self._programs)),
            ]
        )

    async def _token(self, request: Request) -> Response:
        if request.query_params.get("client_secret") != self._secret:
            return JSONResponse({"error": "unauthorized", "error_description": "No client with requested id"}, 401)
        return JSONResponse({"access_token": self._session, "token_type": "bearer", "expires_in": 3599})

    @property
    def _session(self) -> str:
        return token_of("marketo", self._secret, length=40)

    def _answer(self, told: Any) -> Any:
        async def answer(request: Request) -> Response:
            if request.headers.get("Authorization") != f"Bearer {self._session}":
                error = {"code": "601", "message": "Access token invalid"}
                return JSONResponse({"requestId": "1", "success": False, "errors": [error]})
            return JSONResponse({"requestId": token_of(str(request.url)), "success": True, **told(request)})

        return answer

    @cached_property
    def programs(self) -> dict[str, Row]:
        """Programs by our own id, which is their name there."""
        return {
            record.key: {
                "id": number,
                "name": record.key,
                "description": record.now["programme_name"],
                "type": "Event" if record.now["held_at"] else "Engagement",
                "channel": CHANNELS[record.now["programme_kind"]],
                "tags": [
                    {"tagType": kind, "tagValue": record.now[column]}
                    for kind, column in (("Phase", "phase"), ("Touch", "touch"))
                    if record.now[column]
                ],
                "createdAt": iso_time(record.created_at),
                "updatedAt": iso_time(record.modified_at),
                **({"startDate": iso_time(record.now["held_at"])} if record.now["held_at"] else {}),
            }
            for number, record in enumerate(self._exports.records("marketing", "programmes"), start=1001)
        }

    @cached_property
    def activities(self) -> list[Row]:
        """All activities, by their time."""
        rows = [self._activity(row) for row in self._exports.rows("marketing", "engagements")]
        for record in self._exports.records("marketing", "people"):
            guid = f"NL{digits_of(record.key)}"
            rows.append(_activity_row(guid, digits_of(record.key), record.created_at, NEW_LEAD_TYPE))
        return sorted(rows, key=lambda row: (row["activityDate"], row["marketoGUID"]))

    def _activity(self, row: Row) -> Row:
        kind = row["engagement_kind"]
        found = _activity_row(row["engagement_id"], digits_of(row["user_id"]), row["engaged_at"], TYPES[kind])
        program = self.programs.get(row["programme_id"])
        if kind in MEMBER_STATUSES and program:
            found |= {"primaryAttributeValueId": program["id"], "primaryAttributeValue": program["name"]}
            found["attributes"].append({"name": "New Status", "value": MEMBER_STATUSES[kind]})
        elif row["content_id"]:
            found |= {
                "primaryAttributeValueId": digits_of(row["content_id"]),
                "primaryAttributeValue": row["content_id"],
            }
        if program and kind not in MEMBER_STATUSES:
            found["campaignId"] = program["id"] + 5000
        if row["answer"]:
            found["attributes"].append({"name": "Answer", "value": row["answer"]})
        if row["is_bot"] is not None:
            found["attributes"].append({"name": "Is Bot Activity", "value": row["is_bot"]})
        return found

    @cached_property
    def _leads_by_id(self) -> dict[int, Row]:
        found = {}
        for record in self._exports.records("marketing", "people"):
            first, _, last = str(record.now["person_name"]).partition(" ")
            found[digits_of(record.key)] = {
                "id": digits_of(record.key),
                "firstName": first,
                "lastName": last or None,
                "email": record.now["email"],
                "company": None,
                "createdAt": iso_time(record.created_at),
                "updatedAt": iso_time(record.modified_at),
            }
        return found

    def _paging_token(self, request: Request) -> Row:
        since = datetime.fromisoformat(request.query_params["sinceDatetime"]).replace(tzinfo=None)
        place = bisect_left(self.activities, iso_time(since), key=lambda row: row["activityDate"])
        return {"nextPageToken": _token_at(place)}

    def _activities(self, request: Request) -> Row:
        start = int(base64.b32decode(request.query_params["nextPageToken"]).decode())
        types = {int(kind) for kind in request.query_params["activityTypeIds"].split(",")}
        looked_at = self.activities[start : start + AT_ONCE]
        end = start + len(looked_at)
        found = [row for row in looked_at if row["activityTypeId"] in types]
        answer: Row = {"nextPageToken": _token_at(end), "moreResult": end < len(self.activities)}
        return answer | ({"result": found} if found else {})

    def _leads(self, request: Request) -> Row:
        ids = [int(each) for each in request.query_params["filterValues"].split(",")]
        fields = request.query_params["fields"].split(",")
        rows = [self._leads_by_id[each] for each in ids if each in self._leads_by_id]
        return {"result": [{name: row.get(name) for name in fields} for row in rows]}

    def _campaigns(self, request: Request) -> Row:
        rows = [
            {"id": program["id"] + 5000, "name": "Send", "programId": program["id"], "programName": program["name"]}
            for program in self.programs.values()
        ]
        start = (
            int(base64.b32decode(request.query_params["nextPageToken"]).decode())
            if "nextPageToken" in request.query_params
            else 0
        )
        end = start + AT_ONCE
        more = {"nextPageToken": _token_at(end)} if end < len(rows) else {}
        return {"result": rows[start:end], **more}

    def _programs(self, request: Request) -> Row:
        since = request.query_params.get("earliestUpdatedAt", "")
        start, size = int(request.query_params.get("offset", "0")), int(request.query_params.get("maxReturn", "20"))
        rows = [row for row in self.programs.values() if row["updatedAt"] >= since]
        found = rows[start : start + min(size, PROGRAMS_AT_ONCE)]
        return {"result": found} if found else {"warnings": ["No assets found for the given search criteria."]}


def _activity_row(guid: str, lead_id: int, moment: datetime, kind: int) -> Row:
    return {
        "id": digits_of(guid),
        "marketoGUID": guid,
        "leadId": lead_id,
        "activityDate": iso_time(moment),
        "activityTypeId": kind,
        "campaignId": None,
        "primaryAttributeValueId": None,
        "primaryAttributeValue": None,
        "attributes": [],
    }


def _token_at(place: int) -> str:
    return base64.b32encode(str(place).encode()).decode()
