"""Zoom: webinars, who registered for them and who came.

Log-in: https://developers.zoom.us/docs/internal-apps/s2s-oauth/ (a token holds for an hour).
Webinars, registrants, past instances and the report of participants: https://developers.zoom.us/docs/api/meetings/. A
list of webinars leaves out those that have expired, so that what is absent is not taken for deleted; reports reach back
six months; a webinar's id stands for its latest instance alone, and an instance's uuid with slashes is encoded twice.
Limits: https://developers.zoom.us/docs/api/rate-limits/ (429 with `Retry-After`; by the second or by the day).

Zoom tells no time of change of a webinar: it stands as read. A participant changes when the webinar ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from requests import Response
from requests.auth import HTTPBasicAuth

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import HTTP_TOO_MANY, Refused, VendorClient, Verdict
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import FieldChange, Page, Pull, Record, VendorTable, utc_moment, utc_text

OPTIONS: Mapping[str, Any] = {
    # Ids or mail addresses of the users whose webinars are read.
    "users": [],
    # Ids of webinars that are read beside or in place of theirs.
    "webinars": [],
    # Who stayed for fewer minutes, all visits together, did not attend.
    "least_minutes": 0,
    # A webinar that began so many days before the newest change of the last pull is not read for participants again.
    "settled_after_days": 14,
}
MOST_PER_PAGE = 300
HTTP_BAD_REQUEST = 400
WEBINAR_EXPIRED, REPORT_TOO_OLD = 3001, 12702
NO_REGISTRATION = 2
IN_WAITING_ROOM = "in_waiting_room"
RECURRING_TYPES = {6, 9}
# Whoever knows these could come in, or lead the webinar.
SECRET_FIELDS = {
    "start_url",
    "join_url",
    "password",
    "encrypted_passcode",
    "h323_passcode",
    "h323_password",
    "pstn_password",
}
PERSON_FIELDS = ("email", "first_name", "last_name", "org", "job_title", "create_time")

TABLES: Mapping[str, VendorTable] = {
    "people": VendorTable(
        object="registrants",
        columns={"person_id": "email", "person_name": "name", "email": "email"},
        key="email",
        modified_at="create_time",
        created_at="create_time",
        omits_empty_fields=True,
    ),
    "programmes": VendorTable(
        object="webinars",
        columns={
            "programme_id": "id",
            "programme_name": "topic",
            "programme_kind": ColumnMapping(constant="webinar"),
            "held_at": "start_time",
        },
        modified_at="read_at",
        created_at="created_at",
        omits_empty_fields=True,
    ),
    "programme_participants": VendorTable(
        object="participants",
        columns={
            "participant_id": "participant_id",
            "programme_id": "webinar_id",
            "user_id": "email",
            "is_attended": "is_attended",
            "registered_at": "create_time",
        },
        key="participant_id",
        modified_at="changed_at",
        created_at="create_time",
        omits_empty_fields=True,
    ),
    "engagements": VendorTable(
        object="visits",
        columns={
            "engagement_id": "engagement_id",
            "user_id": "email",
            "programme_id": "webinar_id",
            "engagement_kind": "kind",
            "engaged_at": "engaged_at",
        },
        key="engagement_id",
        modified_at="engaged_at",
        created_at="engaged_at",
        omits_empty_fields=True,
    ),
}


class _GoneError(SourceError):
    """The webinar, or the report of an instance of it, can no longer be had."""


def connect(client: VendorClient) -> None:
    """Log in as a server-to-server app; `credentials` are `account_id`, `client_id` and `client_secret`."""

    def log_in() -> None:
        told = client.credentials
        answer = client.session.post(
            f"{log_in_base(client.base_url)}/oauth/token",
            params={"grant_type": "account_credentials", "account_id": told.get("account_id", "")},
            auth=HTTPBasicAuth(told.get("client_id", ""), told.get("client_secret", "")),
        ).json()
        client.session.headers["Authorization"] = f"Bearer {answer['access_token']}"

    client.log_in = log_in
    client.judge = _judge


def pages(pull: Pull) -> Iterator[Page]:
    """Webinars with their registrants and visits; those long past are read once."""
    read = {
        "people": _people,
        "programmes": _programmes,
        "programme_participants": _participants,
        "engagements": _engagements,
    }
    yield from read[pull.entity.name](pull)


def log_in_base(base_url: str) -> str:
    """Where tokens are given: the interface's host without `api.`, so `https://zoom.us` for `https://api.zoom.us`."""
    parts = urlsplit(base_url)
    return parts._replace(netloc=parts.netloc.removeprefix("api.")).geturl()


def encoded(webinar: str) -> str:
    """An id or uuid as part of a path; a uuid with slashes that would open or end a part is encoded twice."""
    once = quote(webinar, safe="")
    return quote(once, safe="") if webinar.startswith("/") or "//" in webinar else once


def _judge(response: Response, body: Any) -> Verdict | None:
    told = body.get("message") or body.get("reason") if isinstance(body, dict) else None
    if isinstance(body, dict) and body.get("code") in {WEBINAR_EXPIRED, REPORT_TOO_OLD} and not response.ok:
        raise _GoneError(f"{urlsplit(str(response.request.url)).path} can no longer be had: {told}")
    if response.status_code == HTTP_BAD_REQUEST and "/oauth/" in str(response.request.url):
        return Refused(
            f"the log-in was refused: {told or 'no reason given'}",
            "See that account_id, client_id and client_secret are right, and that the app is activated.",
        )
    if response.status_code == HTTP_TOO_MANY and "daily" in (
        f"{response.headers.get('X-RateLimit-Type', '')} {told or ''}".lower()
    ):
        again = response.headers.get("Retry-After") or "midnight UTC"
        return Refused(f"the quota of the day is used up: {told or 'no reason given'}", f"Run again after {again}.")
    return None


def _now(pull: Pull) -> datetime:
    """The vendor's clock; this machine's where the vendor tells none."""
    return pull.client.server_time or datetime.now(UTC).replace(tzinfo=None)


def _listed(pull: Pull, path: str, name: str, **params: Any) -> Iterator[list[Record]]:
    size = min(pull.page_size or MOST_PER_PAGE, MOST_PER_PAGE)
    paginator = JSONResponseCursorPaginator("next_page_token", cursor_param="next_page_token")
    for answer in pull.client.pages(path, paginator, params={"page_size": size, **params}):
        yield answer.get(name) or []


def _webinar_ids(pull: Pull) -> list[str]:
    """Each webinar once; a recurring one is listed once an occurrence."""
    users, webinars = pull.options["users"], pull.options["webinars"]
    if not users and not webinars:
        raise SourceError(
            f"sources.{pull.client.name}.options: give users, webinars or both; otherwise it is not known whose "
            f"webinars are to be read."
        )
    found = {str(webinar): None for webinar in webinars}
    for user in users:
        for rows in _listed(pull, f"/v2/users/{quote(str(user), safe='')}/webinars", "webinars"):
            found |= {str(row["id"]): None for row in rows}
    return list(found)


def _webinars(pull: Pull) -> Iterator[Record]:
    for webinar_id in _webinar_ids(pull):
        try:
            webinar = pull.client.get(f"/v2/webinars/{encoded(webinar_id)}")
        except _GoneError as error:
            if pull.since:
                continue  # it was read as long as it was there
            raise SourceError(
                f"{pull.client.name}.{pull.client.table}: {error} Take {webinar_id} out of "
                f"sources.{pull.client.name}.options.webinars, or correct it."
            ) from None
        yield {name: value for name, value in webinar.items() if name not in SECRET_FIELDS}


def _unsettled(pull: Pull) -> Iterator[Record]:
    """Webinars with registration that may still have changed since the last pull."""
    days = timedelta(days=float(pull.options["settled_after_days"]))
    for webinar in _webinars(pull):
        start = _moment(webinar.get("start_time"))
        is_settled = pull.since and start and start < pull.since - days and webinar.get("type") not in RECURRING_TYPES
        has_registration = (webinar.get("settings") or {}).get("approval_type") != NO_REGISTRATION
        if has_registration and not is_settled:
            yield webinar


def _registrants(pull: Pull, webinar: Record) -> Iterator[list[Record]]:
    path = f"/v2/webinars/{encoded(str(webinar['id']))}/registrants"
    for rows in _listed(pull, path, "registrants", status="approved"):
        for row in rows:
            row["email"] = _address(row.get("email"))
            row["name"] = " ".join(part for part in (row.get("first_name"), row.get("last_name")) if part) or None
        yield rows


@dataclass
class _Visits:
    """Who came to a webinar: seconds, first and last moment by registrant's id and by mail address."""

    seconds: dict[str, int] = field(default_factory=dict)
    joined_at: dict[str, datetime] = field(default_factory=dict)
    left_at: datetime | None = None
    """End of the last visit; null as long as nobody is known to have come."""
    is_whole: bool = True
    """False where an instance's report can no longer be had: who is not among the visitors may have come to it."""

    def add(self, row: Record) -> None:
        """One stay between joining and leaving; a person may have many."""
        if row.get("status") == IN_WAITING_ROOM:
            return
        # A registrant's id says more than an address, which a guest may type as they like.
        visitor = row.get("registrant_id") or _address(row.get("user_email"))
        joined, left = _moment(row.get("join_time")), _moment(row.get("leave_time"))
        self.left_at = max((moment for moment in (self.left_at, left or joined) if moment), default=None)
        if not visitor or joined is None:
            return
        self.seconds[visitor] = self.seconds.get(visitor, 0) + int(row.get("duration") or 0)
        self.joined_at[visitor] = min(self.joined_at.get(visitor, joined), joined)

    def of(self, registrant: Record, least_minutes: float) -> datetime | None:
        """When the registrant first joined; null where they did not come, or not for long enough."""
        names = [name for name in (registrant.get("id"), registrant.get("email")) if name in self.joined_at]
        if not names or sum(self.seconds[name] for name in names) < least_minutes * 60:
            return None
        return min(self.joined_at[name] for name in names)


def _visits(pull: Pull, webinar: Record) -> _Visits:
    """All visits of all instances that have ended; a webinar that was begun anew has several."""
    visits = _Visits()
    start = _moment(webinar.get("start_time"))
    if start and start > _now(pull) and webinar.get("type") not in RECURRING_TYPES:
        return visits
    instances = pull.client.get(f"/v2/past_webinars/{encoded(str(webinar['id']))}/instances").get("webinars") or []
    for instance in instances:
        path = f"/v2/report/webinars/{encoded(str(instance['uuid']))}/participants"
        try:
            for rows in _listed(pull, path, "participants", include_fields="registrant_id"):
                for row in rows:
                    visits.add(row)
        except _GoneError:
            visits.is_whole = False
    return visits


def _programmes(pull: Pull) -> Iterator[Page]:
    """All webinars; one that was to be held, and is no longer told of, was cancelled."""
    ahead: dict[str, str] = {}
    seen: set[str] = set()
    for webinar in _webinars(pull):
        seen.add(str(webinar["id"]))
        start = _moment(webinar.get("start_time"))
        if start and start > _now(pull):
            ahead[str(webinar["id"])] = webinar["start_time"]
        webinar["read_at"] = utc_text(_now(pull))
        yield Page(rows=[webinar])
    cancelled = [
        webinar_id
        for webinar_id, told in pull.cursor.get("ahead", {}).items()
        if webinar_id not in seen and (_moment(told) or _now(pull)) > _now(pull)
    ]
    yield Page(removed=[(webinar_id, _now(pull)) for webinar_id in cancelled], cursor={"ahead": ahead, "is_read": True})


def _people(pull: Pull) -> Iterator[Page]:
    for webinar in _unsettled(pull):
        for rows in _registrants(pull, webinar):
            kept = ("name", *PERSON_FIELDS)
            yield Page(rows=[{name: row[name] for name in kept if name in row} for row in rows])


def _participants(pull: Pull) -> Iterator[Page]:
    """One row a registrant. Until the webinar has ended nothing is said of attendance, and that is told as its past.

    Whoever was registered at the last pull and is not any more has cancelled; this is judged for the webinars that are
    read again.
    """
    registered: dict[str, list[str]] = {}
    removed: list[tuple[str, datetime | None]] = []
    for webinar in _unsettled(pull):
        webinar_id, visits = str(webinar["id"]), _visits(pull, webinar)
        before = set(pull.cursor.get("registered", {}).get(webinar_id, []))
        ended_at = utc_text(visits.left_at) if visits.left_at else None
        there = []
        for registrants in _registrants(pull, webinar):
            rows, changes = [], []
            for registrant in registrants:
                participant_id = _participant_id(webinar_id, registrant)
                there.append(participant_id)
                joined_at = visits.of(registrant, float(pull.options["least_minutes"]))
                if joined_at is None and not visits.is_whole and participant_id in before:
                    continue  # what was last known of them stands
                row = {
                    "participant_id": participant_id,
                    "webinar_id": webinar_id,
                    "email": registrant["email"],
                    "create_time": registrant.get("create_time"),
                    "changed_at": registrant.get("create_time"),
                }
                if ended_at and (joined_at or visits.is_whole):
                    row |= {"is_attended": joined_at is not None, "changed_at": max(ended_at, row["changed_at"] or "")}
                    changes.append(FieldChange(participant_id, "is_attended", None, row["changed_at"]))
                rows.append(row)
            yield Page(rows=rows, changes=changes)
        removed += [(gone, _now(pull)) for gone in sorted(before - set(there))]
        registered[webinar_id] = there
    yield Page(removed=removed, cursor={"registered": registered})


def _engagements(pull: Pull) -> Iterator[Page]:
    for webinar in _unsettled(pull):
        webinar_id, visits = str(webinar["id"]), _visits(pull, webinar)
        for registrants in _registrants(pull, webinar):
            rows = []
            for registrant in registrants:
                joined_at = visits.of(registrant, float(pull.options["least_minutes"]))
                moments = {
                    "event_registered": registrant.get("create_time"),
                    "event_attended": utc_text(joined_at) if joined_at else None,
                }
                rows += [
                    {
                        "engagement_id": f"{_participant_id(webinar_id, registrant)}:{kind}",
                        "email": registrant["email"],
                        "webinar_id": webinar_id,
                        "kind": kind,
                        "engaged_at": moment,
                    }
                    for kind, moment in moments.items()
                    if moment or kind == "event_registered"
                ]
            yield Page(rows=rows)


def _participant_id(webinar_id: str, registrant: Record) -> str:
    return f"{webinar_id}:{registrant.get('id') or registrant['email']}"


def _address(text: Any) -> str | None:
    return str(text).strip().lower() or None if text else None


def _moment(text: Any) -> datetime | None:
    """A time of the vendor; null where there is none."""
    try:
        return utc_moment(str(text)) if text else None
    except ValueError:
        return None
