"""Zendesk Support: incremental exports of tickets, users, organisations and ticket events; schedules and holidays.

Exports: https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
Schedules: https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
Limits: the exports take 10 requests a minute and say by `Retry-After` how long to wait.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator
from requests import Response
from requests.auth import HTTPBasicAuth

from dagster_project.settings import ColumnMapping, KeepRule
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import FieldChange, Page, Pull, Record, VendorTable, utc_moment

OPTIONS: Mapping[str, Any] = {
    # Names of time zones as Zendesk writes them, beside those of TIME_ZONES.
    "time_zones": {},
}
STATUSES = {
    "new": "new",
    "open": "open",
    "pending": "pending",
    "hold": "on_hold",
    "solved": "solved",
    "closed": "closed",
    "deleted": "deleted",
}
RESOLVED = {"solved", "closed"}
FIRST_REPLY = "metric_set.reply_time_in_minutes.calendar"
CHANNELS = {"email": "mail", "web": "form", "chat": "chat", "native_messaging": "chat", "voice": "phone", "api": "form"}
RATINGS = {"good": "good", "good_with_comment": "good", "bad": "bad", "bad_with_comment": "bad"}
TIME_ZONES = {
    "Tokyo": "Asia/Tokyo",
    "Osaka": "Asia/Tokyo",
    "Seoul": "Asia/Seoul",
    "Singapore": "Asia/Singapore",
    "Hong Kong": "Asia/Hong_Kong",
    "Mumbai": "Asia/Kolkata",
    "Sydney": "Australia/Sydney",
    "London": "Europe/London",
    "Dublin": "Europe/Dublin",
    "Paris": "Europe/Paris",
    "Berlin": "Europe/Berlin",
    "Madrid": "Europe/Madrid",
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Mountain Time (US & Canada)": "America/Denver",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "UTC": "UTC",
}
MINUTES_PER_DAY, DAYS_PER_WEEK = 1440, 7
NOT_FIELDS = {
    "id",
    "via",
    "via_reference_id",
    "event_type",
    "previous_value",
    "type",
    "comment_present",
    "comment_public",
}
EVENT_OVERLAP_SECONDS = 1
SYSTEM_AUTHOR = -1

TABLES: Mapping[str, VendorTable] = {
    "companies": VendorTable(
        object="organizations",
        columns={
            "company_id": "id",
            "external_account_id": "external_id",
            "company_name": "name",
            "domain": "domain_names.0",
        },
        modified_at="updated_at",
        created_at="created_at",
    ),
    "people": VendorTable(
        object="users",
        columns={
            "person_id": "id",
            "company_id": "organization_id",
            "external_user_id": "external_id",
            "person_name": "name",
            "email": "email",
        },
        modified_at="updated_at",
        created_at="created_at",
        keep=(KeepRule(column="role", none_of=["agent", "admin"]),),
    ),
    "tickets": VendorTable(
        object="tickets",
        columns={
            "ticket_id": "id",
            "account_id": "organization_id",
            "user_id": "requester_id",
            "channel": ColumnMapping(column="via.channel", values=CHANNELS, otherwise="form"),
            "status": ColumnMapping(column="status", values=STATUSES),
            "priority": "priority",
            "satisfaction": ColumnMapping(column="satisfaction_rating.score", values=RATINGS),
            "is_deleted": "is_deleted",
            "first_reply_minutes": FIRST_REPLY,
            "created_at": "created_at",
            "resolved_at": "resolved_at",
            "rated_at": "rated_at",
        },
        modified_at="updated_at",
        created_at="created_at",
        has_history=True,
    ),
    "ticket_status_changes": VendorTable(
        object="ticket_events",
        columns={
            "status_change_id": "id",
            "ticket_id": "ticket_id",
            "old_status": ColumnMapping(column="previous_value", values=STATUSES),
            "new_status": ColumnMapping(column="status", values=STATUSES),
            "changed_at": "created_at",
        },
        modified_at="created_at",
        created_at="created_at",
        omits_empty_fields=True,
    ),
    "ticket_messages": VendorTable(
        object="ticket_events",
        columns={
            "message_id": "id",
            "ticket_id": "ticket_id",
            "author_id": "author_id",
            "author_kind": "author_kind",
            "is_public": "public",
            "message_text": "plain_body",
            "sent_at": "created_at",
        },
        modified_at="created_at",
        created_at="created_at",
        omits_empty_fields=True,
    ),
    "working_schedules": VendorTable(
        object="schedules",
        columns={
            "schedule_id": "schedule_id",
            "schedule_name": "name",
            "time_zone": "time_zone",
            "iso_day_of_week": "iso_day_of_week",
            "start_minute": "start_minute",
            "end_minute": "end_minute",
        },
        key="schedule_id",
    ),
    "holidays": VendorTable(
        object="holidays",
        columns={"schedule_id": "schedule_id", "holiday_date": "holiday_date", "holiday_name": "name"},
        key="schedule_id",
    ),
}


def connect(client: VendorClient) -> None:
    """Requests carry `email` and `token` of the credentials, or an OAuth `access_token`."""
    told = client.credentials
    if "access_token" in told:
        client.session.headers["Authorization"] = f"Bearer {told['access_token']}"
    else:
        client.session.auth = HTTPBasicAuth(f"{told.get('email', '')}/token", told.get("token", ""))


def pages(pull: Pull) -> Iterator[Page]:
    """All that has changed, by the export's own cursor."""
    read = {
        "companies": _organizations,
        "people": _users,
        "tickets": _tickets,
        "ticket_status_changes": _status_changes,
        "ticket_messages": _comments,
        "working_schedules": _schedules,
        "holidays": _holidays,
    }
    yield from read[pull.entity.name](pull)


def keys(pull: Pull) -> Iterator[Sequence[str]] | None:
    """Users and organisations; lists of tickets leave out the archived ones, so that nothing could be told by them."""
    if pull.entity.name not in {"companies", "people"}:
        return None
    return _listed(pull)


def _listed(pull: Pull) -> Iterator[Sequence[str]]:
    name = pull.table.object
    for answer in pull.client.pages(f"/api/v2/{name}.json", _Listed(), params={"page[size]": pull.page_size or 100}):
        rows = [row for row in answer[name] if row.get("role", "end-user") == "end-user"]
        yield [pull.key_of(row) for row in rows]


class _Export(JSONLinkPaginator):
    """Ends where the export says so, and nowhere else."""

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if response.json()["end_of_stream"]:
            self._has_next_page = False


class _Listed(JSONLinkPaginator):
    def __init__(self) -> None:
        super().__init__("links.next")

    def update_state(self, response: Response, data: list[Any] | None = None) -> None:
        super().update_state(response, data)
        if not response.json()["meta"]["has_more"]:
            self._has_next_page = False


def _organizations(pull: Pull) -> Iterator[Page]:
    start = int(pull.cursor.get("end_time", 0))
    path = "/api/v2/incremental/organizations.json"
    for answer in pull.client.pages(path, _Export("next_page"), params={"start_time": start}):
        rows = answer["organizations"]
        gone = [(pull.key_of(row), utc_moment(row["deleted_at"])) for row in rows if row.get("deleted_at")]
        yield Page(
            rows=[row for row in rows if not row.get("deleted_at")],
            removed=gone,
            cursor={"end_time": answer["end_time"] or start},
        )


def _users(pull: Pull) -> Iterator[Page]:
    for answer in _by_cursor(pull, "users", {}):
        rows = answer["users"]
        gone = [(pull.key_of(row), utc_moment(row["updated_at"])) for row in rows if not row.get("active", True)]
        yield Page(
            rows=[row for row in rows if row.get("active", True)],
            removed=gone,
            cursor={"users": answer["after_cursor"] or pull.cursor.get("users")},
        )


def _by_cursor(pull: Pull, name: str, params: Mapping[str, Any]) -> Iterator[Any]:
    known = pull.cursor.get(name)
    start = {"cursor": known} if known else {"start_time": 0}
    path = f"/api/v2/incremental/{name}/cursor.json"
    params = {**params, **start, "per_page": pull.page_size or 1000}
    yield from pull.client.pages(path, _Export("after_url"), params=params)


def _tickets(pull: Pull) -> Iterator[Page]:
    """First the changes, so that the last state of a ticket before its deletion is known, then the tickets."""
    resolved_at: dict[str, str] = {}
    last_status: dict[str, str] = {}
    cursor = dict(pull.cursor)
    for answer in _events(pull, {}):
        changes: list[FieldChange] = []
        for event in answer["ticket_events"]:
            for child in event["child_events"]:
                changes += _changes(event, child, resolved_at, last_status)
        cursor["events"] = answer["end_time"] or cursor.get("events")
        yield Page(changes=changes, cursor=cursor)
    rated_at = _ratings(pull)
    for answer in _by_cursor(pull, "tickets", {"include": "metric_sets"}):
        changes = []
        for row in answer["tickets"]:
            ticket_id = str(row["id"])
            # It moves without a change of the ticket, and would make a new version of it.
            row.pop("generated_timestamp", None)
            rating = row.get("satisfaction_rating") or {}
            is_rated = rating.get("score") in RATINGS
            row["satisfaction_rating"] = {"score": rating["score"] if is_rated else None}
            row["is_deleted"] = row["status"] == "deleted"
            row["resolved_at"] = (
                (row.get("metric_set") or {}).get("solved_at") if row["status"] in {*RESOLVED, "deleted"} else None
            )
            row["rated_at"] = (rated_at.get(ticket_id) or _rated_at(pull, rating)) if is_rated else None
            changes += _first_reply(row)
            if row["is_deleted"]:
                told = (("status", last_status.get(ticket_id)), ("is_deleted", False))
                changes += [FieldChange(ticket_id, name, old, row["updated_at"]) for name, old in told]
        cursor["tickets"] = answer["after_cursor"] or cursor.get("tickets")
        yield Page(rows=answer["tickets"], changes=changes, cursor=cursor)


def _events(pull: Pull, params: Mapping[str, Any]) -> Iterator[Any]:
    start = max(0, int(pull.cursor.get("events", 0)) - EVENT_OVERLAP_SECONDS)
    path = "/api/v2/incremental/ticket_events.json"
    yield from pull.client.pages(path, _Export("next_page"), params={**params, "start_time": start})


def _changes(
    event: Record, child: Record, resolved_at: dict[str, str], last_status: dict[str, str]
) -> Iterator[FieldChange]:
    """Changes of fields that a child of an audit tells of; with the time of solution, which follows the status."""
    if child["event_type"] not in {"Change", "Create"}:
        return
    ticket_id, moment, old = str(event["ticket_id"]), event["created_at"], child.get("previous_value")
    for name, value in child.items():
        if name in NOT_FIELDS:
            continue
        if name == "status":
            last_status[ticket_id] = value
            if (value in RESOLVED) != (ticket_id in resolved_at):
                before = resolved_at.pop(ticket_id, None)
                if value in RESOLVED:
                    resolved_at[ticket_id] = moment
                yield FieldChange(ticket_id, "resolved_at", before, moment)
        if child["event_type"] == "Create":
            continue
        if name == "custom_ticket_fields":
            for field_id in value:
                yield FieldChange(ticket_id, f"custom_fields.{field_id}", old, moment)
        elif name == "satisfaction_score":
            yield FieldChange(ticket_id, "satisfaction_rating.score", old if old in RATINGS else None, moment)
            yield FieldChange(ticket_id, "rated_at", None, moment)
        else:
            yield FieldChange(ticket_id, name, old, moment)


def _ratings(pull: Pull) -> dict[str, str]:
    """When each ticket was rated, among the ratings given since the last pull."""
    found: dict[str, str] = {}
    params = {"start_time": pull.since_epoch, "page[size]": 100}
    for answer in pull.client.pages("/api/v2/satisfaction_ratings.json", _Listed(), params=params):
        for rating in answer["satisfaction_ratings"]:
            if rating["score"] in RATINGS:
                found[str(rating["ticket_id"])] = rating["updated_at"]
    return found


def _rated_at(pull: Pull, rating: Record) -> str | None:
    """When a rating of before the last pull was given."""
    if "id" not in rating:
        return None
    told: str = pull.client.get(f"/api/v2/satisfaction_ratings/{rating['id']}.json")["satisfaction_rating"][
        "updated_at"
    ]
    return told


def _first_reply(row: Record) -> Iterator[FieldChange]:
    """No event tells of the first reply's minutes, but they say themselves when they came to be."""
    minutes = ((row.get("metric_set") or {}).get("reply_time_in_minutes") or {}).get("calendar")
    if minutes is not None:
        moment = datetime.fromisoformat(row["created_at"]) + timedelta(minutes=minutes)
        yield FieldChange(str(row["id"]), FIRST_REPLY, None, moment.isoformat())


def _status_changes(pull: Pull) -> Iterator[Page]:
    for answer in _events(pull, {}):
        rows = [
            {**child, "ticket_id": event["ticket_id"], "created_at": event["created_at"]}
            for event in answer["ticket_events"]
            for child in event["child_events"]
            if child["event_type"] in {"Create", "Change"} and "status" in child
        ]
        yield Page(rows=rows, cursor={"events": answer["end_time"] or pull.cursor.get("events", 0)})


def _comments(pull: Pull) -> Iterator[Page]:
    agents = _agent_ids(pull)
    for answer in _events(pull, {"include": "comment_events"}):
        rows = []
        for event in answer["ticket_events"]:
            for child in event["child_events"]:
                if child["event_type"] == "Comment":
                    author = child.get("author_id")
                    kind = "bot" if author == SYSTEM_AUTHOR else "agent" if author in agents else "customer"
                    shared = {name: event.get(name) for name in ("ticket_id", "created_at", "metadata")}
                    rows.append({**child, **shared, "author_kind": kind})
        yield Page(rows=rows, cursor={"events": answer["end_time"] or pull.cursor.get("events", 0)})


def _agent_ids(pull: Pull) -> set[int]:
    params = {"role[]": ["agent", "admin"], "page[size]": 100}
    answers = pull.client.pages("/api/v2/users.json", _Listed(), params=params)
    return {user["id"] for answer in answers for user in answer["users"]}


def _schedules(pull: Pull) -> Iterator[Page]:
    """An interval counts in minutes from the start of Sunday; one over midnight becomes one a day."""
    zones = TIME_ZONES | pull.options["time_zones"]
    rows = []
    for schedule in pull.client.get("/api/v2/business_hours/schedules.json")["schedules"]:
        zone = schedule["time_zone"]
        if zone not in zones and "/" not in zone:
            raise SourceError(
                f"{pull.client.name}.{pull.client.table}: the schedule {schedule['name']} has the time zone '{zone}'. "
                f"Say in sources.{pull.client.name}.options.time_zones which it is, such as Asia/Tokyo."
            )
        for interval in schedule["intervals"]:
            start, end = interval["start_time"], interval["end_time"]
            while start < end:
                day, minute = divmod(start, MINUTES_PER_DAY)
                until = min(end, (day + 1) * MINUTES_PER_DAY)
                rows.append(
                    {
                        "schedule_id": schedule["id"],
                        "name": schedule["name"],
                        "time_zone": zones.get(zone, zone),
                        "iso_day_of_week": day % DAYS_PER_WEEK or DAYS_PER_WEEK,
                        "start_minute": minute,
                        "end_minute": until - day * MINUTES_PER_DAY,
                    }
                )
                start = until
    yield Page(rows=rows)


def _holidays(pull: Pull) -> Iterator[Page]:
    for schedule in pull.client.get("/api/v2/business_hours/schedules.json")["schedules"]:
        path = f"/api/v2/business_hours/schedules/{schedule['id']}/holidays.json"
        yield Page(
            rows=[
                {"schedule_id": schedule["id"], "name": holiday["name"], "holiday_date": day.isoformat()}
                for holiday in pull.client.get(path)["holidays"]
                for day in _days(date.fromisoformat(holiday["start_date"]), date.fromisoformat(holiday["end_date"]))
            ]
        )


def _days(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)
