"""Intercom: companies, contacts as people, and conversations as tickets, with the states that their parts tell of.

API: https://developers.intercom.com/docs/references/rest-api/api.intercom.io/ (conversations, contacts, companies);
search: https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations;
limits: https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting.

A conversation is open, snoozed or closed; its status here is made of its parts: new until somebody of ours answers,
pending while the customer is to speak, open while we are, and solved when it is closed. An attribute of the
conversation may say more (`status_attribute`). Deleted conversations and contacts vanish without a word: only a
comparison of keys finds them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from typing import Any

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import Response

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import HTTP_TOO_MANY, Again, VendorClient, Verdict, sent_at
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import FieldChange, Page, Pull, Record, VendorTable

OPTIONS: Mapping[str, Any] = {
    "version": "2.14",
    # Attribute of conversations that holds a status of the input contract, where Intercom's own states do not do.
    "status_attribute": "",
    # Tags on what we wrote, and the kind of answer of each.
    "answer_tags": {"free": "free", "template": "template", "article": "article"},
}
SEARCH_ROWS = 150
HTTP_NOT_FOUND = 404
SECONDS_PER_MINUTE = 60
# Contacts are searched by the day of their last change, whatever the time of it.
CONTACT_OVERLAP_SECONDS = 86_400
SCROLL_SECONDS = 60.0
CHANNELS = {
    "email": "mail",
    "conversation": "chat",
    "push": "chat",
    "sms": "chat",
    "whatsapp": "chat",
    "facebook": "chat",
    "instagram": "chat",
    "twitter": "chat",
    "phone_call": "phone",
    "phone_switch": "phone",
}
PRIORITIES = {"priority": "high", "not_priority": "normal"}
RATINGS = {"1": "bad", "2": "bad", "3": "neutral", "4": "good", "5": "good"}
RESOLVED = {"solved", "closed"}
AUTHORS = {"admin": "agent", "team": "agent", "bot": "bot"}
ATTRIBUTE_PARTS = {"conversation_attribute_updated_by_admin", "conversation_attribute_updated_by_workflow"}
NOTES = {"note", "note_and_reopen"}
TIME = "epoch_seconds"

TABLES: Mapping[str, VendorTable] = {
    "companies": VendorTable(
        object="companies",
        columns={
            "company_id": "id",
            "external_account_id": "company_id",
            "company_name": "name",
            "domain": "website",
        },
        modified_at="updated_at",
        created_at="created_at",
        time_format="epoch_seconds",
        omits_empty_fields=True,
    ),
    "people": VendorTable(
        object="contacts",
        columns={
            "person_id": "id",
            "company_id": "companies.data.0.id",
            "external_user_id": "external_id",
            "person_name": "name",
            "email": "email",
        },
        modified_at="updated_at",
        created_at="created_at",
        time_format="epoch_seconds",
        omits_empty_fields=True,
    ),
    "tickets": VendorTable(
        object="conversations",
        columns={
            "ticket_id": "id",
            "user_id": "contacts.contacts.0.id",
            "channel": ColumnMapping(column="source.type", values=CHANNELS, otherwise="form"),
            "status": "status",
            "priority": ColumnMapping(column="priority", values=PRIORITIES),
            "satisfaction": ColumnMapping(column="conversation_rating.rating", values=RATINGS),
            "first_reply_minutes": "first_reply_minutes",
            "created_at": ColumnMapping(column="created_at", format=TIME),
            "resolved_at": ColumnMapping(column="resolved_at", format=TIME),
            "rated_at": ColumnMapping(column="conversation_rating.created_at", format=TIME),
        },
        modified_at="updated_at",
        created_at="created_at",
        time_format="epoch_seconds",
        has_history=True,
        omits_empty_fields=True,
    ),
    "ticket_status_changes": VendorTable(
        object="conversation_parts",
        columns={
            "status_change_id": "id",
            "ticket_id": "conversation_id",
            "old_status": "old_status",
            "new_status": "new_status",
            "changed_at": ColumnMapping(column="created_at", format=TIME),
        },
        modified_at="created_at",
        created_at="created_at",
        time_format="epoch_seconds",
    ),
    "ticket_messages": VendorTable(
        object="conversation_parts",
        columns={
            "message_id": "id",
            "ticket_id": "conversation_id",
            "author_id": "author_id",
            "author_kind": "author_kind",
            "answer_kind": "answer_kind",
            "is_public": "is_public",
            "message_text": "body",
            "sent_at": ColumnMapping(column="created_at", format=TIME),
        },
        modified_at="created_at",
        created_at="created_at",
        time_format="epoch_seconds",
    ),
}


def connect(client: VendorClient) -> None:
    """Requests carry the `access_token` of an app, and the version of the interface that is meant."""
    client.session.headers["Authorization"] = f"Bearer {client.credentials.get('access_token', '')}"
    client.session.headers["Intercom-Version"] = str(client.source.options.get("version", OPTIONS["version"]))
    client.judge = _judge


def pages(pull: Pull) -> Iterator[Page]:
    """All that has changed; the companies, which cannot be asked for by time, all at each pull."""
    read = {
        "companies": _companies,
        "people": _people,
        "tickets": _tickets,
        "ticket_status_changes": _status_changes,
        "ticket_messages": _messages,
    }
    yield from read[pull.entity.name](pull)


def keys(pull: Pull) -> Iterator[Sequence[str]] | None:
    """Keys of all records; parts cannot be listed by themselves."""
    if pull.entity.name == "companies":
        return ([pull.key_of(row) for row in rows] for rows in _scrolled(pull))
    if pull.entity.name in {"people", "tickets"}:
        return ([pull.key_of(row) for row in rows] for rows in _searched(pull, pull.table.object, 0))
    return None


class _GoneError(SourceError):
    """A conversation was deleted between the search that named it and the request for it."""


def _judge(response: Response, body: Any) -> Verdict | None:
    told = body["errors"][0] if isinstance(body, dict) and body.get("errors") else {}
    seconds = _seconds_to_reset(response)
    if response.status_code == HTTP_TOO_MANY and seconds is not None:
        return Again(f"answered {response.status_code}, {told.get('code')}: {told.get('message')}", seconds)
    if told.get("code") == "scroll_exists":
        return Again("somebody else is reading the companies, and only one may at a time", SCROLL_SECONDS)
    if response.status_code == HTTP_NOT_FOUND and "/conversations/" in str(response.request.url):
        raise _GoneError(f"{told.get('message')}")
    return None


def _seconds_to_reset(response: Response) -> float | None:
    """Seconds until calls are granted again, by the vendor's clock."""
    reset = response.headers.get("X-RateLimit-Reset", "")
    if not reset.isdecimal():
        return None
    return max(0.0, int(reset) - sent_at(response).timestamp())


def _searched(pull: Pull, name: str, since: int) -> Iterator[list[Record]]:
    """Records changed at or after a second, by the time of their last change."""
    body: dict[str, Any] = {
        "query": {"operator": "AND", "value": [{"field": "updated_at", "operator": ">", "value": max(since - 1, 0)}]},
        "sort": {"field": "updated_at", "order": "ascending"},
        "pagination": {"per_page": min(pull.page_size or SEARCH_ROWS, SEARCH_ROWS)},
    }
    paginator = JSONResponseCursorPaginator("pages.next.starting_after", cursor_body_path="pagination.starting_after")
    for answer in pull.client.pages(f"/{name}/search", paginator, method="POST", json=body):
        yield answer["conversations" if name == "conversations" else "data"]


def _scrolled(pull: Pull) -> Iterator[list[Record]]:
    """All companies; a scroll has no largest number, as lists have."""
    params: dict[str, str] = {}
    while True:
        answer = pull.client.get("/companies/scroll", params=params)
        if not answer["data"]:
            return
        yield answer["data"]
        params = {"scroll_param": answer["scroll_param"]}


def _companies(pull: Pull) -> Iterator[Page]:
    for rows in _scrolled(pull):
        yield Page(rows=[_needed(pull, row) for row in rows])


def _people(pull: Pull) -> Iterator[Page]:
    for rows in _searched(pull, "contacts", max(pull.since_epoch - CONTACT_OVERLAP_SECONDS, 0)):
        yield Page(rows=[_needed(pull, row) for row in rows])


def _conversations(pull: Pull) -> Iterator[list[Record]]:
    """Changed conversations with their parts, which a search leaves out."""
    for found in _searched(pull, "conversations", pull.since_epoch):
        whole = []
        for told in found:
            try:
                whole.append(pull.client.get(f"/conversations/{told['id']}", params={"display_as": "plaintext"}))
            except _GoneError:
                continue
        yield whole


@dataclass
class _Story:
    """What the parts of a conversation tell: the changes of its status and of its attributes."""

    conversation: Record
    status_attribute: str
    statuses: list[tuple[str, int, str]] = field(default_factory=list)
    """Id of the change, its time, and the status from then on."""
    attributes: list[FieldChange] = field(default_factory=list)

    def __post_init__(self) -> None:
        told = self.conversation
        self._tell(f"{told['id']}-new", told["created_at"], "new")
        for part in _parts(told):
            if part["part_type"] in ATTRIBUTE_PARTS:
                self._attribute(part)
            elif status := self._status_after(part):
                self._tell(part["id"], part["created_at"], status)

    def _tell(self, change_id: str, moment: int, status: str) -> None:
        if len(self.statuses) > 1 and self.statuses[-1][1] == moment:
            # An answer that also closes is one change.
            self.statuses.pop()
        if not self.statuses or self.statuses[-1][2] != status:
            self.statuses.append((str(change_id), moment, status))

    def _status_after(self, part: Record) -> str | None:
        """The status by a part; null where it changes nothing."""
        kind, now = part["part_type"], self.statuses[-1][2]
        if kind == "close":
            return "solved"
        if kind == "snoozed":
            return "pending"
        if kind in {"open", "unsnoozed", "note_and_reopen"}:
            return "open"
        if kind == "assignment":
            return "open" if now == "new" else None
        if kind == "comment":
            author = _author_kind(part)
            # What a bot says is no answer of ours yet, and a word after the end is none either.
            answered = "pending" if author == "agent" and now not in RESOLVED else None
            return "open" if author == "customer" and now != "new" else answered
        return None

    def _attribute(self, part: Record) -> None:
        told = part.get("event_details") or {}
        name, value = (told.get("attribute") or {}).get("name"), told.get("value") or {}
        if name == self.status_attribute and value.get("name"):
            self._tell(part["id"], part["created_at"], value["name"])
        elif name:
            path = f"custom_attributes.{name}"
            record_id = str(self.conversation["id"])
            self.attributes.append(FieldChange(record_id, path, value.get("previous"), part["created_at"]))

    @property
    def resolutions(self) -> list[tuple[int, int | None]]:
        """Times at which the time of resolution changed, with the new one."""
        found: list[tuple[int, int | None]] = []
        for (_, _, old), (_, moment, new) in pairwise(self.statuses):
            if (old in RESOLVED) != (new in RESOLVED):
                found.append((moment, moment if new in RESOLVED else None))
        return found

    def changes(self) -> Iterator[FieldChange]:
        """Every change of a field of the ticket."""
        told, record_id = self.conversation, str(self.conversation["id"])
        for (_, _, old), (_, moment, _) in pairwise(self.statuses):
            yield FieldChange(record_id, "status", old, moment)
        for (_, before), (moment, _) in pairwise([(0, None), *self.resolutions]):
            yield FieldChange(record_id, "resolved_at", before, moment)
        if replied_at := (told.get("statistics") or {}).get("first_admin_reply_at"):
            yield FieldChange(record_id, "first_reply_minutes", None, replied_at)
        if rated_at := (told.get("conversation_rating") or {}).get("created_at"):
            for name in ("rating", "created_at"):
                yield FieldChange(record_id, f"conversation_rating.{name}", None, rated_at)
        yield from self.attributes
        if parts := _parts(told):
            # All changes up to the last part are told.
            yield FieldChange(record_id, "conversation_parts", None, parts[-1]["created_at"])

    def row(self) -> Record:
        """The ticket as it is now."""
        seconds = (self.conversation.get("statistics") or {}).get("time_to_admin_reply")
        minutes = None if seconds is None else f"{Decimal(seconds) / SECONDS_PER_MINUTE:.2f}"
        resolutions = self.resolutions
        left_out = ("conversation_parts", "statistics")
        return {
            **{name: value for name, value in self.conversation.items() if name not in left_out},
            "status": self.statuses[-1][2],
            "resolved_at": resolutions[-1][1] if resolutions else None,
            "first_reply_minutes": minutes,
        }


def _story(pull: Pull, conversation: Record) -> _Story:
    return _Story(conversation, str(pull.options["status_attribute"]))


def _tickets(pull: Pull) -> Iterator[Page]:
    for conversations in _conversations(pull):
        stories = [_story(pull, each) for each in conversations]
        yield Page(
            rows=[_needed(pull, story.row()) for story in stories],
            changes=[change for story in stories for change in story.changes()],
        )


def _needed(pull: Pull, row: Record) -> Record:
    """What the mapping reads; the rest, such as when somebody was last seen, would make versions of nothing."""
    heads = {name.split(".", maxsplit=1)[0] for name in pull.table.fields}
    return {name: value for name, value in row.items() if name in heads}


def _status_changes(pull: Pull) -> Iterator[Page]:
    for conversations in _conversations(pull):
        rows = []
        for conversation in conversations:
            before = None
            for change_id, moment, status in _story(pull, conversation).statuses:
                told = {"old_status": before, "new_status": status, "created_at": moment}
                rows.append({"id": change_id, "conversation_id": conversation["id"], **told})
                before = status
        yield Page(rows=rows)


def _messages(pull: Pull) -> Iterator[Page]:
    """The message with which a conversation began, and every part in which something was written."""
    for conversations in _conversations(pull):
        rows = []
        for conversation in conversations:
            source = conversation.get("source") or {}
            first = {**source, "id": f"{conversation['id']}-source", "created_at": conversation["created_at"]}
            written = [part for part in (first, *_parts(conversation)) if part.get("body")]
            rows += [_message(pull, conversation, part) for part in written]
        yield Page(rows=rows)


def _message(pull: Pull, conversation: Record, part: Record) -> Record:
    author = _author_kind(part)
    tags = [tag["name"] for tag in (part.get("tags") or {}).get("tags", [])]
    kinds = [pull.options["answer_tags"][tag] for tag in tags if tag in pull.options["answer_tags"]]
    return {
        "id": part["id"],
        "conversation_id": conversation["id"],
        "author_id": (part.get("author") or {}).get("id"),
        "author_kind": author,
        "answer_kind": kinds[0] if kinds and author != "customer" else None,
        "is_public": part.get("part_type") not in NOTES,
        "body": part["body"],
        "created_at": part["created_at"],
    }


def _parts(conversation: Record) -> list[Record]:
    """Parts by time; of those of one second, in the order in which they came."""
    told = (conversation.get("conversation_parts") or {}).get("conversation_parts", [])
    return sorted(told, key=lambda part: int(part["created_at"]))


def _author_kind(part: Record) -> str:
    """Whose words they are: users, leads and contacts are customers."""
    return AUTHORS.get(str((part.get("author") or {}).get("type")), "customer")
