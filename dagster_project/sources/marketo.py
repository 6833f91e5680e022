"""Marketo Engage: leads, programs and activities.

Activities: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/lead-database/activities
Errors, which come with HTTP 200: https://experienceleague.adobe.com/en/docs/marketo-developer/marketo/rest/error-codes
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator, OffsetPaginator
from requests import Response

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import Again, LogInAgain, Refused, VendorClient, Verdict
from dagster_project.sources.vendor import Page, Pull, VendorTable, utc_moment, utc_text

# Usual types; those that a company makes for itself begin at 100001.
ACTIVITY_KINDS = {"6": "mail_sent", "10": "mail_opened", "11": "mail_clicked"}
MEMBER_STATUS_TYPE = "104"
DELETE_LEAD_TYPE, MERGE_LEADS_TYPE, NEW_LEAD_TYPE, CHANGE_LEAD_TYPE = "37", "32", "12", "13"
OPTIONS: Mapping[str, Any] = {
    # Type of activity to kind of engagement, beside ACTIVITY_KINDS.
    "activity_kinds": {},
    # New status of a program's member (activity type 104) to kind of engagement.
    "member_statuses": {
        "Registered": "event_registered",
        "Attended": "event_attended",
        "Attended On-demand": "recording_viewed",
    },
    # Whether programs are known by `id` or by `name`.
    "program_key": "id",
    "lead_fields": ["id", "email", "firstName", "lastName", "company", "createdAt", "updatedAt"],
    # Where the first pull of leads and activities begins.
    "since": "2010-01-01T00:00:00Z",
}
CHANNELS = {
    "Webinar": "webinar",
    "Training": "training",
    "Study Hall": "study_hall",
    "Live Event": "event",
    "Roadshow": "event",
    "Tradeshow": "event",
    "Nurture": "mail_journey",
    "Email Send": "mail_journey",
}
TOKEN_EXPIRED, RATE_EXCEEDED, CONCURRENCY_EXCEEDED, QUOTA_REACHED = {"601", "602"}, "606", "615", "607"
RATE_WINDOW_SECONDS = 20.0
PASSING = {"502", "604", "608", "611", "713", "719", "1003"}
LEADS_AT_ONCE, PROGRAMS_AT_ONCE = 300, 200

TABLES: Mapping[str, VendorTable] = {
    "people": VendorTable(
        object="leads",
        columns={"person_id": "id", "person_name": "name", "email": "email"},
        modified_at="updatedAt",
        created_at="createdAt",
    ),
    "programmes": VendorTable(
        object="programs",
        columns={
            "programme_id": "{program_key}",
            "programme_name": "name",
            "programme_kind": ColumnMapping(column="channel", values=CHANNELS),
            "held_at": "startDate",
        },
        modified_at="updatedAt",
        created_at="createdAt",
        omits_empty_fields=True,
    ),
    "engagements": VendorTable(
        object="activities",
        columns={
            "engagement_id": "marketoGUID",
            "user_id": "leadId",
            "programme_id": "programme_id",
            "content_id": "content_id",
            "engagement_kind": "kind",
            "answer": "answer",
            "is_bot": "is_bot",
            "engaged_at": "activityDate",
        },
        key="marketoGUID",
        modified_at="activityDate",
        created_at="activityDate",
    ),
}


def connect(client: VendorClient) -> None:
    """Log in by OAuth's client credentials; `credentials` are `client_id` and `client_secret`."""

    def log_in() -> None:
        params = {"grant_type": "client_credentials", **client.credentials}
        told = client.session.get(f"{client.base_url}/identity/oauth/token", params=params).json()
        client.session.headers["Authorization"] = f"Bearer {told['access_token']}"

    client.log_in = log_in
    client.judge = _judge


def pages(pull: Pull) -> Iterator[Page]:
    """All that has changed."""
    yield from {"people": _leads, "programmes": _programs, "engagements": _engagements}[pull.entity.name](pull)


def _judge(response: Response, body: Any) -> Verdict | None:  # noqa: ARG001 - as every vendor's
    if not isinstance(body, dict) or body.get("success", True):
        return None
    errors = [error for error in body.get("errors", []) if isinstance(error, dict)]
    codes = {str(error.get("code")) for error in errors}
    told = "; ".join(f"error {error.get('code')}: {error.get('message')}" for error in errors) or "success: false"
    if codes & TOKEN_EXPIRED:
        return LogInAgain(told)
    if QUOTA_REACHED in codes:
        return Refused(told, "The quota of the day is used up; it begins anew at midnight US Central Time.")
    if codes & {RATE_EXCEEDED, CONCURRENCY_EXCEEDED}:
        return Again(told, RATE_WINDOW_SECONDS)
    if codes & PASSING:
        return Again(told)
    return Refused(told, "See the code in Marketo's list of errors, and the rights of the API's role.")


def _activities(pull: Pull, types: Sequence[str], since: datetime | None) -> Iterator[Any]:
    """Activities of some types; an answer may have none although there are more."""
    start = utc_text(since) if since else pull.options["since"]
    token = pull.client.get("/rest/v1/activities/pagingtoken.json", params={"sinceDatetime": start})["nextPageToken"]
    paginator = JSONResponseCursorPaginator("nextPageToken", cursor_param="nextPageToken", has_more_path="moreResult")
    params = {"nextPageToken": token, "activityTypeIds": ",".join(types)}
    for answer in pull.client.pages("/rest/v1/activities.json", paginator, params=params):
        yield answer.get("result") or []


def _engagements(pull: Pull) -> Iterator[Page]:
    kinds = {**ACTIVITY_KINDS, **pull.options["activity_kinds"]}
    statuses: Mapping[str, str] = pull.options["member_statuses"]
    by = str(pull.options["program_key"])
    programs = _programs_by_campaign(pull, "programId" if by == "id" else "programName")
    for activities in _activities(pull, sorted([*kinds, MEMBER_STATUS_TYPE]), pull.since):
        rows = []
        for row in activities:
            told = {each["name"]: each["value"] for each in row.get("attributes", [])}
            kind = kinds.get(str(row["activityTypeId"])) or statuses.get(str(told.get("New Status")))
            if kind is None:
                continue  # a step of a program that is no engagement, such as Invited
            is_of_program = str(row["activityTypeId"]) == MEMBER_STATUS_TYPE
            row["kind"] = kind
            of_program = {"id": row["primaryAttributeValueId"], "name": row["primaryAttributeValue"]}
            row["programme_id"] = of_program[by] if is_of_program else programs.get(row.get("campaignId"))
            row["content_id"] = None if is_of_program else row.get("primaryAttributeValue")
            row["answer"] = told.get("Answer")
            row["is_bot"] = told.get("Is Bot Activity")
            rows.append(row)
        yield Page(rows=rows)


def _programs_by_campaign(pull: Pull, key: str) -> dict[int, Any]:
    """The program to which each campaign belongs; an activity names its campaign alone."""
    paginator = JSONResponseCursorPaginator("nextPageToken", cursor_param="nextPageToken")
    answers = pull.client.pages("/rest/v1/campaigns.json", paginator, params={"batchSize": LEADS_AT_ONCE})
    return {campaign["id"]: campaign.get(key) for answer in answers for campaign in answer.get("result") or []}


def _leads(pull: Pull) -> Iterator[Page]:
    """The leads that activities name as new, changed, merged or deleted; read by id, 300 at once."""
    types = [NEW_LEAD_TYPE, CHANGE_LEAD_TYPE, MERGE_LEADS_TYPE, DELETE_LEAD_TYPE]
    changed: dict[int, None] = {}
    removed: dict[int, datetime] = {}
    for activities in _activities(pull, types, pull.since):
        for row in activities:
            kind = str(row["activityTypeId"])
            if kind == DELETE_LEAD_TYPE:
                removed[row["leadId"]] = utc_moment(row["activityDate"])
                changed.pop(row["leadId"], None)
                continue
            changed[row["leadId"]] = None
            if kind == MERGE_LEADS_TYPE:
                told = {each["name"]: each["value"] for each in row.get("attributes", [])}
                for loser in told.get("Merge IDs") or []:
                    removed[int(loser)] = utc_moment(row["activityDate"])
                    changed.pop(int(loser), None)
        while len(changed) >= LEADS_AT_ONCE:
            yield _leads_by_id(pull, [changed.popitem()[0] for _ in range(LEADS_AT_ONCE)])
    if changed:
        yield _leads_by_id(pull, list(changed))
    yield Page(removed=[(str(lead_id), moment) for lead_id, moment in removed.items()])


def _leads_by_id(pull: Pull, ids: Sequence[int]) -> Page:
    fields = dict.fromkeys([*pull.options["lead_fields"], *(name for name in pull.table.fields if name != "name")])
    params = {
        "filterType": "id",
        "filterValues": ",".join(map(str, ids)),
        "fields": ",".join(fields),
        "batchSize": LEADS_AT_ONCE,
    }
    rows = pull.client.get("/rest/v1/leads.json", params=params)["result"]
    for row in rows:
        row["name"] = " ".join(part for part in (row.get("firstName"), row.get("lastName")) if part) or None
    return Page(rows=rows)


def _programs(pull: Pull) -> Iterator[Page]:
    paginator = _UntilEmpty(limit=PROGRAMS_AT_ONCE, limit_param="maxReturn", total_path=None, offset_param="offset")
    params = {"maxReturn": PROGRAMS_AT_ONCE}
    if pull.since:
        params |= {"earliestUpdatedAt": utc_text(pull.since)}  # type: ignore[dict-item]
    for answer in pull.client.pages("/rest/asset/v1/programs.json", paginator, params=params):
        rows = answer.get("result") or []
        for row in rows:
            row["tags"] = {tag["tagType"]: tag["tagValue"] for tag in row.get("tags") or []}
        yield Page(rows=rows)


class _UntilEmpty(OffsetPaginator):
    """Pages by offset; where none is left there is no `result` at all."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:  # noqa: ARG002
        rows = response.json().get("result") or []
        self.value_step = len(rows)  # a page may be shorter than asked for
        super().update_state(response, rows)
