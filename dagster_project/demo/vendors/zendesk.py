"""Zendesk Support as it answers the few requests that are made of it, over the demo company's desk.

Incremental exports (cursors, `end_of_stream`, the withheld last minute, deleted tickets):
https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
Lists by cursor: https://developer.zendesk.com/api-reference/introduction/pagination/
Schedules and holidays: https://developer.zendesk.com/api-reference/ticketing/ticket-management/schedules/
"""

import base64
from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.demo.vendors.exports import DemoExports, DemoRecord, digits_of, iso_time, plain

EVENTS_AT_ONCE, LIST_ROWS = 1000, 100
WITHHELD = timedelta(minutes=1)
CHANNELS = {"mail": "email", "chat": "chat", "phone": "voice", "form": "web"}
RATINGS = {"good": "good", "bad": "bad", "neutral": "offered"}  # a rating has no middle; what is asked stays offered
SCHEDULE_FIELD, ESCALATED_FIELD = 360001, 360002
ZONES = {"Asia/Tokyo": "Tokyo", "Europe/London": "London", "UTC": "UTC"}
AGENT_NUMBER, BOT_NUMBER = 9_000_000, -1
MINUTES_PER_DAY, DAYS_PER_WEEK = 1440, 7
CUSTOM_FIELDS = {"schedule_id": SCHEDULE_FIELD, "is_escalated": ESCALATED_FIELD}
Row = dict[str, Any]


def ticket_number(ticket_id: str) -> int:
    """A ticket's number."""
    return digits_of(ticket_id)


def author_number(author_id: str | None) -> int | None:
    """The id of a customer, an agent or the system; null for somebody who is not kept."""
    if author_id is None:
        return None
    if author_id.startswith("BOT"):
        return BOT_NUMBER
    return AGENT_NUMBER + digits_of(author_id) if author_id.startswith("O") else digits_of(author_id)


class DemoZendesk:
    """One instance."""

    def __init__(self, exports: DemoExports, secret: str) -> None:
        self._exports, self._secret = exports, secret

    def app(self) -> Starlette:
        """The server of the instance."""
        export, hours = "/api/v2/incremental", "/api/v2/business_hours/schedules"
        return Starlette(
            routes=[
                Route(f"{export}/tickets/cursor.json", self._answer(self._ticket_export)),
                Route(f"{export}/users/cursor.json", self._answer(self._user_export)),
                Route(f"{export}/organizations.json", self._answer(self._organization_export)),
                Route(f"{export}/ticket_events.json", self._answer(self._event_export)),
                Route("/api/v2/users.json", self._answer(self._user_list)),
                Route("/api/v2/organizations.json", self._answer(self._organization_list)),
                Route("/api/v2/satisfaction_ratings.json", self._answer(self._rating_list)),
                Route("/api/v2/satisfaction_ratings/{rating_id:int}.json", self._answer(self._rating)),
                Route(f"{hours}.json", self._answer(self._schedules)),
                Route(f"{hours}/{{schedule_id}}/holidays.json", self._answer(self._holidays)),
            ]
        )

    def _answer(self, told: Any) -> Any:
        async def answer(request: Request) -> Response:
            expected = base64.b64encode(f"demo@bansou.example/token:{self._secret}".encode()).decode()
            if request.headers.get("Authorization") != f"Basic {expected}":
                return JSONResponse({"error": "Couldn't authenticate you"}, 401)
            return JSONResponse(told(request))

        return answer

    @cached_property
    def tickets(self) -> list[Row]:
        """Every ticket as it is now, by the hidden time that the export goes by."""
        return [self._ticket(record) for record in self._exports.records("desk", "tickets")]

    @cached_property
    def users(self) -> list[Row]:
        """The customers' people and our agents."""
        people = [
            {
                "id": digits_of(record.key),
                "name": record.now["person_name"],
                "email": record.now["email"],
                "organization_id": _number(record.now["company_id"]),
                "external_id": record.now["external_user_id"],
                "role": "end-user",
                "active": True,
                "created_at": iso_time(record.created_at),
                "updated_at": iso_time(record.modified_at),
                "_moment": _epoch(record.modified_at),
            }
            for record in self._exports.records("desk", "people")
        ]
        agents = {row["author_id"] for row in self._messages if row["author_kind"] == "agent"}
        start = min((user["_moment"] for user in people), default=0)
        return sorted(
            [*people, *(_agent(agent_id, start) for agent_id in sorted(agents))], key=lambda row: row["_moment"]
        )

    @cached_property
    def organizations(self) -> list[Row]:
        """The customers."""
        return [
            {
                "id": digits_of(record.key),
                "name": record.now["company_name"],
                "external_id": record.now["external_account_id"],
                "domain_names": [record.now["domain"]] if record.now["domain"] else [],
                "deleted_at": None,
                "created_at": iso_time(record.created_at),
                "updated_at": iso_time(record.modified_at),
                "_moment": _epoch(record.modified_at),
            }
            for record in self._exports.records("desk", "companies")
        ]

    @cached_property
    def _messages(self) -> list[Row]:
        return self._exports.rows("desk", "ticket_messages")

    @cached_property
    def events(self) -> list[Row]:
        """Every audit of a ticket: its creation, changes of its fields, its comments."""
        found = [self._status_audit(row) for row in self._exports.rows("desk", "ticket_status_changes")]
        for record in self._exports.records("desk", "tickets"):
            for moment, column, old, new in record.changes([*CUSTOM_FIELDS, "priority", "satisfaction"]):
                found.append(_change_audit(record, moment, column, old, new))
        found += [_comment_audit(row) for row in self._messages]
        return sorted((row for row in found if row), key=lambda row: (row["_moment"], row["id"]))

    def _status_audit(self, row: Row) -> Row:
        if row["new_status"] == "deleted":
            return {}  # a deletion shows in the ticket alone
        ticket, number = row["status_change_id"].rsplit("-S", 1)
        child = {
            "id": ticket_number(ticket) * 1000 + int(number),
            "via": "Rule",
            "event_type": "Change" if row["old_status"] else "Create",
            "status": _status(row["new_status"]),
        }
        if row["old_status"]:
            child["previous_value"] = _status(row["old_status"])
        return _audit(row["ticket_id"], row["changed_at"], child)

    def _ticket(self, record: DemoRecord) -> Row:
        now = record.now
        minutes = now["first_reply_minutes"]
        return {
            "id": ticket_number(record.key),
            "status": _status(now["status"]),
            "priority": now["priority"],
            "organization_id": _number(now["account_id"]),
            "requester_id": _number(now["user_id"]),
            "via": {"channel": CHANNELS[now["channel"]]},
            "satisfaction_rating": {
                "score": RATINGS.get(now["satisfaction"], "unoffered"),
                **({"id": ticket_number(record.key)} if now["rated_at"] else {}),
            },
            "custom_fields": [{"id": field, "value": now[column]} for column, field in CUSTOM_FIELDS.items()],
            "created_at": iso_time(now["created_at"]),
            "updated_at": iso_time(record.modified_at),
            "generated_timestamp": _epoch(record.modified_at),
            "metric_set": {
                "reply_time_in_minutes": {"calendar": plain(minutes), "business": None},
                "solved_at": iso_time(now["resolved_at"]) if now["resolved_at"] else None,
            },
            "_moment": _epoch(record.modified_at),
            "_rated": (now["satisfaction"], now["rated_at"]),
        }

    def _ticket_export(self, request: Request) -> Row:
        answer = self._by_cursor(request, "tickets", self.tickets)
        if request.query_params.get("include") != "metric_sets":
            answer["tickets"] = [{k: v for k, v in row.items() if k != "metric_set"} for row in answer["tickets"]]
        return answer

    def _user_export(self, request: Request) -> Row:
        return self._by_cursor(request, "users", self.users)

    def _organization_export(self, request: Request) -> Row:
        return self._by_time(request, "organizations", self.organizations)

    def _event_export(self, request: Request) -> Row:
        answer = self._by_time(request, "ticket_events", self.events)
        if request.query_params.get("include") != "comment_events":
            bare = ("id", "event_type", "comment_present")
            for event in answer["ticket_events"]:
                event["child_events"] = [
                    {k: v for k, v in child.items() if k in bare} if child["event_type"] == "Comment" else child
                    for child in event["child_events"]
                ]
        return answer

    @property
    def _until(self) -> int:
        return _epoch(self._exports.now - WITHHELD)

    def _by_cursor(self, request: Request, name: str, rows: Sequence[Row]) -> Row:
        told = request.query_params.get("cursor")
        if told:
            moment, place = (int(part) for part in base64.b64decode(told).decode().split("|"))
        else:
            moment, place = int(request.query_params.get("start_time", "0")), -1
        size = min(int(request.query_params.get("per_page", "1000")), 1000)
        found = [row for row in rows if (row["_moment"], row["id"]) > (moment, place) and row["_moment"] <= self._until]
        found = sorted(found, key=lambda row: (row["_moment"], row["id"]))
        page = found[:size]
        last = (page[-1]["_moment"], page[-1]["id"]) if page else (moment, place)
        cursor = base64.b64encode(f"{last[0]}|{last[1]}".encode()).decode()
        return {
            name: [_shown(row) for row in page],
            "after_cursor": cursor,
            "after_url": str(request.url.replace_query_params(**{**_kept(request, "start_time"), "cursor": cursor})),
            "before_cursor": None,
            "end_of_stream": len(page) == len(found),
        }

    def _by_time(self, request: Request, name: str, rows: Sequence[Row]) -> Row:
        """Pages overlap: the next one begins with the second in which this one ended."""
        start = int(request.query_params.get("start_time", "0"))
        first = bisect_left(rows, start, key=lambda row: row["_moment"])
        found = [row for row in rows[first : first + EVENTS_AT_ONCE + 1] if row["_moment"] <= self._until]
        page = found[:EVENTS_AT_ONCE]
        is_end = len(found) <= EVENTS_AT_ONCE
        end = page[-1]["_moment"] if page else start
        # A page that is one second long goes on with the rest of it, or it would be given for ever.
        rest = [row for row in rows[first + EVENTS_AT_ONCE :] if row["_moment"] == end == start]
        page += rest
        return {
            name: [_shown(row) for row in page],
            "count": len(page),
            "end_time": end,
            "next_page": None if is_end else str(request.url.include_query_params(start_time=end + bool(rest))),
            "end_of_stream": is_end,
        }

    def _user_list(self, request: Request) -> Row:
        roles = request.query_params.getlist("role[]")
        return self._list(request, "users", [row for row in self.users if not roles or row["role"] in roles])

    def _organization_list(self, request: Request) -> Row:
        return self._list(request, "organizations", self.organizations)

    def _rating(self, request: Request) -> Row:
        return {"satisfaction_rating": self._ratings[request.path_params["rating_id"]]}

    def _rating_list(self, request: Request) -> Row:
        start = int(request.query_params.get("start_time", "0"))
        found = [row for row in self._ratings.values() if row["updated_at"] >= iso_time(_moment(start))]
        return self._list(request, "satisfaction_ratings", found)

    @cached_property
    def _ratings(self) -> dict[int, Row]:
        ratings = [
            {
                "id": row["id"],
                "ticket_id": row["id"],
                "score": row["satisfaction_rating"]["score"],
                "created_at": iso_time(rated_at),
                "updated_at": iso_time(rated_at),
            }
            for row in self.tickets
            if (rated_at := row["_rated"][1])
        ]
        return {rating["id"]: rating for rating in ratings}

    def _list(self, request: Request, name: str, rows: Sequence[Row]) -> Row:
        start = int(request.query_params.get("page[after]", "0"))
        end = start + min(int(request.query_params.get("page[size]", str(LIST_ROWS))), LIST_ROWS)
        following = str(request.url.include_query_params(**{"page[after]": end}))
        return {
            name: [_shown(row) for row in rows[start:end]],
            "meta": {"has_more": end < len(rows), "after_cursor": str(end)},
            "links": {"next": following if end < len(rows) else None},
        }

    def _schedules(self, _request: Request) -> Row:
        schedules: dict[str, Row] = {}
        for record in self._exports.records("desk", "working_schedules"):
            now = record.now
            schedule = schedules.setdefault(
                now["schedule_id"],
                {
                    "id": now["schedule_id"],
                    "name": now["schedule_name"],
                    "time_zone": ZONES.get(now["time_zone"], now["time_zone"]),
                    "intervals": [],
                },
            )
            start = now["iso_day_of_week"] % DAYS_PER_WEEK * MINUTES_PER_DAY
            interval = {"start_time": start + now["start_minute"], "end_time": start + now["end_minute"]}
            schedule["intervals"].append(interval)
        return {"schedules": list(schedules.values())}

    def _holidays(self, request: Request) -> Row:
        days = [
            record.now
            for record in self._exports.records("desk", "holidays")
            if record.now["schedule_id"] == request.path_params["schedule_id"]
        ]
        return {
            "holidays": [
                {
                    "id": number,
                    "name": day["holiday_name"],
                    "start_date": date.fromisoformat(day["holiday_date"]).isoformat(),
                    "end_date": date.fromisoformat(day["holiday_date"]).isoformat(),
                }
                for number, day in enumerate(days, start=1)
            ]
        }


def _audit(ticket_id: str, moment: datetime, child: Row, **more: Any) -> Row:
    return {
        "id": child["id"] * 10 + 1,
        "ticket_id": ticket_number(ticket_id),
        "event_type": "Audit",
        "created_at": iso_time(moment),
        "timestamp": _epoch(moment),
        "metadata": {"system": {}, "custom": {}},
        "child_events": [child],
        "_moment": _epoch(moment),
        **more,
    }


def _change_audit(record: DemoRecord, moment: datetime, column: str, old: Any, new: Any) -> Row:
    child: Row = {
        "id": ticket_number(record.key) * 1000 + 500 + len(column) + _epoch(moment) % 97,
        "via": "Rule",
        "event_type": "Change",
    }
    if column in CUSTOM_FIELDS:
        child |= {"custom_ticket_fields": {str(CUSTOM_FIELDS[column]): new}, "previous_value": old}
    elif column == "satisfaction":
        told = {name: RATINGS.get(value, "unoffered") for name, value in (("old", old), ("new", new))}
        child |= {"satisfaction_score": told["new"], "previous_value": told["old"]}
    else:
        child |= {column: new, "previous_value": old}
    return _audit(record.key, moment, child)


def _comment_audit(row: Row) -> Row:
    ticket, number = row["message_id"].rsplit("-M", 1)
    child = {
        "id": ticket_number(ticket) * 1000 + 800 + int(number),
        "event_type": "Comment",
        "comment_present": True,
        "author_id": author_number(row["author_id"]),
        "public": row["is_public"],
        "body": row["message_text"],
        "plain_body": row["message_text"],
    }
    custom = {"answer_kind": row["answer_kind"]}
    return _audit(row["ticket_id"], row["sent_at"], child, metadata={"system": {}, "custom": custom})


def _agent(agent_id: str, start: int) -> Row:
    moment = iso_time(datetime.fromtimestamp(start, UTC).replace(tzinfo=None))
    return {
        "id": author_number(agent_id),
        "name": agent_id,
        "email": f"{agent_id.lower()}@bansou.example",
        "organization_id": None,
        "external_id": agent_id,
        "role": "agent",
        "active": True,
        "created_at": moment,
        "updated_at": moment,
        "_moment": start,
    }


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _kept(request: Request, *left_out: str) -> dict[str, str]:
    return {name: value for name, value in request.query_params.items() if name not in left_out}


def _status(ours: str) -> str:
    return "hold" if ours == "on_hold" else ours


def _number(told: str | None) -> int | None:
    return None if told is None else digits_of(told)


def _epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC).replace(tzinfo=None)
