"""Intercom as it answers the few requests that are made of it, over the demo company's desk.

Conversations and their parts, contacts, companies and the scroll over them, searches, limits:
https://developers.intercom.com/docs/references/rest-api/api.intercom.io/
"""

import base64
import html
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dagster_project.demo.vendors.exports import DemoExports, DemoRecord, digits_of
from dagster_project.demo.vendors.zendesk import author_number, ticket_number

SEARCH_ROWS, SCROLL_ROWS = 150, 100
CALLS_IN_TEN_SECONDS, WINDOW_SECONDS = 1667, 10
CHANNELS = {"mail": "email", "chat": "conversation", "phone": "phone_call", "form": "email"}
RATINGS = {"bad": 1, "neutral": 3, "good": 5}
AUTHORS = {"customer": "user", "agent": "admin", "bot": "bot"}
ATTRIBUTES = ("schedule_id", "channel", "priority", "is_escalated")
STATUS_ATTRIBUTE = "ticket_status"
SECONDS_PER_MINUTE = 60
COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ">": lambda value, wanted: value > wanted,
    "<": lambda value, wanted: value < wanted,
    "=": lambda value, wanted: value == wanted,
}
Row = dict[str, Any]


class DemoIntercom:
    """One workspace."""

    def __init__(self, exports: DemoExports, secret: str) -> None:
        self._exports, self._secret = exports, secret
        self.deleted: set[str] = set()
        """Conversations and contacts that were deleted, by id, beside the tickets that the demo has deleted."""

    def app(self) -> Starlette:
        """The server of the workspace."""
        return Starlette(
            routes=[
                Route("/conversations/search", self._answer(self._search_conversations), methods=["POST"]),
                Route("/conversations/{conversation_id}", self._answer(self._conversation)),
                Route("/contacts/search", self._answer(self._search_contacts), methods=["POST"]),
                Route("/companies/scroll", self._answer(self._scroll)),
            ]
        )

    def _answer(self, told: Callable[[Request, Any], Response]) -> Any:
        async def answer(request: Request) -> Response:
            if request.headers.get("Authorization") != f"Bearer {self._secret}":
                return _error(401, "unauthorized", "Access Token Invalid")
            response = told(request, await request.json() if request.method == "POST" else None)
            response.headers["X-RateLimit-Limit"] = str(CALLS_IN_TEN_SECONDS)
            response.headers["X-RateLimit-Remaining"] = str(CALLS_IN_TEN_SECONDS - 1)
            response.headers["X-RateLimit-Reset"] = str(_epoch(self._exports.now) + WINDOW_SECONDS)
            return response

        return answer

    @cached_property
    def conversations(self) -> dict[str, Row]:
        """Every conversation that was not deleted, by its id."""
        parts: dict[str, list[Row]] = {}
        messages = self._exports.rows("desk", "ticket_messages")
        for row in messages:
            parts.setdefault(row["ticket_id"], []).append(_message(row))
        for row in self._exports.rows("desk", "ticket_status_changes"):
            if part := _status_part(row):
                parts.setdefault(row["ticket_id"], []).append(part)
        records = self._exports.records("desk", "tickets")
        for record in records:
            parts.setdefault(record.key, []).extend(_attribute_parts(record))
        found = [_conversation(each, parts[each.key]) for each in records if not each.now["is_deleted"]]
        return {row["id"]: row for row in found}

    @cached_property
    def contacts(self) -> dict[str, Row]:
        """The customers' people, by their id."""
        return {row["id"]: row for row in map(_contact, self._exports.records("desk", "people"))}

    @cached_property
    def companies(self) -> dict[str, Row]:
        """The customers, by their id."""
        return {row["id"]: row for row in map(_company, self._exports.records("desk", "companies"))}

    def _search_conversations(self, _request: Request, body: Any) -> Response:
        found = self._search(self.conversations, body)
        shown = [{name: value for name, value in row.items() if name != "conversation_parts"} for row in found["data"]]
        return JSONResponse({**found, "type": "conversation.list", "data": None, "conversations": shown})

    def _search_contacts(self, _request: Request, body: Any) -> Response:
        return JSONResponse({"type": "list", **self._search(self.contacts, body)})

    def _search(self, records: dict[str, Row], body: Any) -> Row:
        rows = [row for key, row in records.items() if key not in self.deleted]
        for told in body["query"]["value"]:
            compare = COMPARISONS[told["operator"]]
            rows = [row for row in rows if compare(int(row[told["field"]]), int(told["value"]))]
        rows.sort(key=lambda row: (row["updated_at"], int(row["id"])))
        total = len(rows)
        asked = body.get("pagination", {})
        if told := asked.get("starting_after"):
            moment, number = (int(part) for part in base64.b64decode(told).decode().split("|"))
            rows = [row for row in rows if (row["updated_at"], int(row["id"])) > (moment, number)]
        size = min(int(asked.get("per_page", 20)), SEARCH_ROWS)
        page = rows[:size]
        pages: Row = {"type": "pages", "per_page": size, "total_pages": -(-total // size)}
        if len(rows) > size:
            place = f"{page[-1]['updated_at']}|{page[-1]['id']}"
            pages["next"] = {"starting_after": base64.b64encode(place.encode()).decode()}
        return {"total_count": total, "pages": pages, "data": page}

    def _conversation(self, request: Request, _body: Any) -> Response:
        conversation_id = request.path_params["conversation_id"]
        row = self.conversations.get(conversation_id)
        if row is None or conversation_id in self.deleted:
            return _error(404, "not_found", "Resource Not Found")
        if request.query_params.get("display_as") == "plaintext":
            return JSONResponse(row)
        parts = [_as_html(part) for part in row["conversation_parts"]["conversation_parts"]]
        whole = {**row["conversation_parts"], "conversation_parts": parts}
        return JSONResponse({**row, "source": _as_html(row["source"]), "conversation_parts": whole})

    def _scroll(self, request: Request, _body: Any) -> Response:
        start = int(request.query_params.get("scroll_param", "0"))
        rows = list(self.companies.values())[start : start + SCROLL_ROWS]
        return JSONResponse({"type": "list", "data": rows, "scroll_param": str(start + len(rows)), "pages": None})


def _conversation(record: DemoRecord, parts: list[Row]) -> Row:
    """The first message is the source of the conversation, all others are its parts."""
    now = record.now
    parts = sorted(parts, key=lambda part: (part["created_at"], part["_order"]))
    first = next(part for part in parts if part["part_type"] in {"comment", "note"})
    rest = [_shown(part) for part in parts if part is not first]
    created, replied = _epoch(now["created_at"]), _replied_at(record)
    minutes = now["first_reply_minutes"]
    is_closed = now["status"] in {"solved", "closed"}
    attributes = {name: now[name] for name in ATTRIBUTES if now[name] is not None}
    if now["status"] == "closed":
        attributes[STATUS_ATTRIBUTE] = "closed"
    contact = None if now["user_id"] is None else {"type": "contact", "id": str(digits_of(now["user_id"]))}
    return {
        "type": "conversation",
        "id": str(ticket_number(record.key)),
        "created_at": created,
        "updated_at": max([_epoch(record.modified_at), *(part["created_at"] for part in rest)]),
        "state": "closed" if is_closed else "open",
        "open": not is_closed,
        "priority": "priority" if now["priority"] in {"high", "urgent"} else "not_priority",
        "source": {
            "type": CHANNELS[now["channel"]],
            "id": first["id"],
            "delivered_as": "customer_initiated",
            "body": first["body"],
            "author": first["author"],
        },
        "contacts": {"type": "contact.list", "contacts": [contact] if contact else []},
        "conversation_rating": _rating(record),
        "statistics": {
            "type": "conversation_statistics",
            "time_to_admin_reply": None if minutes is None else int(minutes * SECONDS_PER_MINUTE),
            "first_admin_reply_at": replied,
            "last_close_at": _epoch(now["resolved_at"]) if now["resolved_at"] else None,
        },
        "custom_attributes": attributes,
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": rest,
            "total_count": len(rest),
        },
    }


def _replied_at(record: DemoRecord) -> int | None:
    return next((_epoch(each["updated_at"]) for each in record.states if each["first_reply_minutes"] is not None), None)


def _rating(record: DemoRecord) -> Row | None:
    now = record.now
    if now["satisfaction"] is None:
        return None
    return {"rating": RATINGS[now["satisfaction"]], "remark": None, "created_at": _epoch(now["rated_at"])}


def _message(row: Row) -> Row:
    ticket, number = row["message_id"].rsplit("-M", 1)
    author = author_number(row["author_id"])
    kind = row["answer_kind"]
    return _part(
        ticket_number(ticket) * 1000 + 800 + int(number),
        "comment" if row["is_public"] else "note",
        row["sent_at"],
        {"type": AUTHORS[row["author_kind"]], "id": None if author is None else str(author)},
        body=row["message_text"],
        tags={"type": "tag.list", "tags": [{"type": "tag", "id": kind, "name": kind}] if kind else []},
    )


def _status_part(row: Row) -> Row | None:
    """What shows a change of status; an answer shows by itself that the customer is to speak."""
    ticket, number = row["status_change_id"].rsplit("-S", 1)
    part_id, admin = ticket_number(ticket) * 1000 + int(number), {"type": "admin", "id": "1"}
    if row["new_status"] in {"solved", "open"}:
        kind = "close" if row["new_status"] == "solved" else "open"
        return _part(part_id, kind, row["changed_at"], admin, order=1)
    if row["new_status"] == "closed":
        return _attribute_part(part_id, row["changed_at"], STATUS_ATTRIBUTE, None, row["new_status"])
    return None


def _attribute_parts(record: DemoRecord) -> list[Row]:
    return [
        _attribute_part(ticket_number(record.key) * 1000 + 500 + place, moment, column, old, new)
        for place, (moment, column, old, new) in enumerate(record.changes(ATTRIBUTES))
    ]


def _attribute_part(part_id: int, moment: datetime, name: str, old: Any, new: Any) -> Row:
    told = {"attribute": {"name": name}, "value": {"name": _text(new), "previous": _text(old)}}
    admin = {"type": "admin", "id": "1"}
    return _part(part_id, "conversation_attribute_updated_by_admin", moment, admin, order=2, event_details=told)


def _part(part_id: int, kind: str, moment: datetime, author: Row, *, order: int = 0, **more: Any) -> Row:
    return {
        "type": "conversation_part",
        "id": str(part_id),
        "part_type": kind,
        "body": None,
        "created_at": _epoch(moment),
        "updated_at": _epoch(moment),
        "author": author,
        "_order": order,
        **more,
    }


def _contact(record: DemoRecord) -> Row:
    now = record.now
    company = [] if now["company_id"] is None else [{"type": "company", "id": str(digits_of(now["company_id"]))}]
    return {
        "type": "contact",
        "id": str(digits_of(record.key)),
        "external_id": now["external_user_id"],
        "role": "user",
        "name": now["person_name"],
        "email": now["email"],
        "created_at": _epoch(record.created_at),
        "updated_at": _epoch(record.modified_at),
        "companies": {"type": "list", "data": company, "total_count": len(company), "has_more": False},
        "custom_attributes": {},
    }


def _company(record: DemoRecord) -> Row:
    now = record.now
    account_id = now["external_account_id"]
    return {
        "type": "company",
        "id": str(digits_of(record.key)),
        "company_id": record.key,
        "name": now["company_name"],
        "website": now["domain"],
        "created_at": _epoch(record.created_at),
        "updated_at": _epoch(record.modified_at),
        "custom_attributes": {} if account_id is None else {"account_id": account_id},
    }


def _as_html(part: Row) -> Row:
    body = part.get("body")
    return {**part, "body": f"<p>{html.escape(body)}</p>"} if body else part


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if not name.startswith("_")}


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)


def _error(status: int, code: str, message: str) -> JSONResponse:
    errors: Sequence[Row] = [{"code": code, "message": message}]
    return JSONResponse({"type": "error.list", "errors": errors}, status)


def _epoch(moment: datetime) -> int:
    return int(moment.replace(tzinfo=UTC).timestamp())
