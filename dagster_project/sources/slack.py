"""Slack: the export of a community's workspace, unpacked into a folder.

What an export holds: https://slack.com/help/articles/220556107-How-to-read-Slack-data-exports (`users.json`,
`channels.json`, and a folder a channel with a file a day).
Messages and their subtypes: https://docs.slack.dev/reference/events/message (`ts` is a message's id in its channel;
`tombstone` stands where a message that has replies was deleted).

`options.folder` stands in place of `base_url`. A new export replaces the old one, or is laid over it: nothing is taken
for deleted because it is absent, since an export may be of some days alone.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from dagster_project.settings import ColumnMapping
from dagster_project.sources.http import VendorClient
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import Page, Pull, Record, VendorTable

OPTIONS: Mapping[str, Any] = {
    # Where the unpacked export lies.
    "folder": None,
    # Mail domains of our own people, subdomains included.
    "staff_domains": [],
    # Mail domains of partners.
    "partner_domains": [],
    # Name of a channel to who runs it, `customer` or `vendor`, where it is not who founded it.
    "run_by": {},
}
MESSAGE_SUBTYPES = {None, "thread_broadcast", "me_message", "file_share"}
ROWS_AT_ONCE = 5000
TOMBSTONE, SLACK_ITSELF = "tombstone", "USLACKBOT"
RUNNERS = {"staff": "vendor", "customer": "customer"}
QUESTION = re.compile("[?？]")
# An address, a mention or a link: a question mark in it asks nothing.
REFERENCE = re.compile("<[^<>]*>")
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))

TABLES: Mapping[str, VendorTable] = {
    "people": VendorTable(
        object="users",
        columns={"person_id": "id", "person_name": "name", "email": "email"},
        modified_at="updated",
        created_at="first_seen",
        time_format="epoch_seconds",
    ),
    "community_subgroups": VendorTable(
        object="channels",
        columns={
            "subgroup_id": "id",
            "subgroup_name": "name",
            "run_by": "run_by",
            "founded_date": ColumnMapping(column="created", format="epoch_seconds"),
        },
        modified_at="exported",
        created_at="created",
        time_format="epoch_seconds",
    ),
    "community_posts": VendorTable(
        object="messages",
        columns={
            "post_id": "id",
            "subgroup_id": "channel_id",
            "user_id": "user",
            "thread_id": "thread_id",
            "post_kind": "post_kind",
            "author_kind": "author_kind",
            "post_text": "text",
            "is_deleted": "is_deleted",
            "posted_at": ColumnMapping(column="ts", format="epoch_seconds"),
        },
        modified_at="changed",
        created_at="ts",
        time_format="epoch_seconds",
    ),
}


def connect(client: VendorClient) -> None:
    """There is nothing to log in to; the client's address is the folder.

    Raises:
        SourceError: the configuration gives an address.
    """
    if client.source.folder is None:
        raise SourceError(
            f"sources.{client.name}: Slack is read from an export. Give options.folder, where it lies, and no base_url."
        )


def pages(pull: Pull) -> Iterator[Page]:
    """The whole export; nothing where it is the one of the last pull.

    Raises:
        SourceError: the folder is no export, or a file of it cannot be read.
    """
    export = _Export(pull)
    if pull.cursor.get("export") == export.digest:
        return
    read = {"people": _people, "community_subgroups": _channels, "community_posts": _posts}[pull.entity.name]
    for rows in read(export):
        yield Page(rows=rows, cursor={"export": export.digest})


class _Export:
    """The files of an export, one in memory at a time."""

    def __init__(self, pull: Pull) -> None:
        self._options, self._place = pull.options, f"sources.{pull.client.name}.options.folder"
        self.folder = Path(pull.client.base_url)
        if not self.folder.is_dir():
            raise SourceError(
                f"{self._place}: {self.folder} is no folder. Unpack the export there, or correct the path."
            )

    @cached_property
    def digest(self) -> str:
        """Digest of all files that are read, with their places, and of what the options make of them."""
        options = {name: value for name, value in self._options.items() if name != "folder"}
        found = hashlib.sha256(orjson.dumps(options, option=orjson.OPT_SORT_KEYS))
        paths = [self._users_path, self._path("channels.json")]
        for path in [*paths, *(path for channel in self.channels for path in self.days(channel))]:
            found.update(f"{path.relative_to(self.folder)}\0".encode())
            found.update(hashlib.sha256(path.read_bytes()).digest())
        return found.hexdigest()[:16]

    @property
    def _users_path(self) -> Path:
        of_organization = self.folder / "org_users.json"
        return of_organization if of_organization.exists() else self._path("users.json")

    @cached_property
    def users(self) -> dict[str, Record]:
        """All users by their ids, bots included."""
        return {str(user.get("id")): user for user in self.read(self._users_path)}

    @cached_property
    def channels(self) -> list[Record]:
        """The public channels."""
        return self.read(self._path("channels.json"))

    def days(self, channel: Record) -> list[Path]:
        """The files of a channel, a day each."""
        return sorted((self.folder / Path(str(channel.get("name"))).name).glob("*.json"))

    def messages(self) -> Iterator[tuple[Record, list[Record]]]:
        """Each channel with the messages of a day."""
        for channel in self.channels:
            for path in self.days(channel):
                yield channel, self.read(path)

    @cached_property
    def first_seen(self) -> dict[str, float]:
        """When each user first wrote or joined a channel, as far as the export goes back."""
        found: dict[str, float] = {}
        for _, messages in self.messages():
            for message in messages:
                user, moment = message.get("user"), _seconds(message.get("ts"))
                if user and moment is not None:
                    found[user] = min(found.get(user, moment), moment)
        return found

    @cached_property
    def newest(self) -> float:
        """The newest time that the export tells; it was made then or later."""
        times = [_seconds(user.get("updated")) for user in self.users.values()]
        times += [_seconds(channel.get("created")) for channel in self.channels]
        times += [_seconds(message.get("ts")) for _, messages in self.messages() for message in messages]
        return max((moment for moment in times if moment is not None), default=0.0)

    def author_kind(self, user_id: Any) -> str | None:
        """Customer, partner or staff by the user's mail domain; null where the export has no address."""
        domain = str(_email(self.users.get(str(user_id), {})) or "").rpartition("@")[2]
        if not domain:
            return None
        for kind, domains in (("staff", "staff_domains"), ("partner", "partner_domains")):
            if any(domain == told or domain.endswith(f".{told}") for told in map(str.lower, self._options[domains])):
                return kind
        return "customer"

    def is_bot(self, user_id: Any) -> bool:
        """Whether a user is no person."""
        user = self.users.get(str(user_id), {})
        return user_id == SLACK_ITSELF or bool(user.get("is_bot")) or bool(user.get("is_workflow_bot"))

    def run_by(self, channel: Record) -> str | None:
        """Who runs a channel: as configured, else whoever founded it; null for partners and the unknown."""
        told = self._options["run_by"].get(channel.get("name"))
        return str(told) if told else RUNNERS.get(self.author_kind(channel.get("creator")) or "")

    def _path(self, name: str) -> Path:
        if not (self.folder / name).exists():
            raise SourceError(
                f"{self._place}: {self.folder} has no {name}. It must be the folder into which the export was unpacked."
            )
        return self.folder / name

    def read(self, path: Path) -> list[Record]:
        """The records of a file.

        Raises:
            SourceError: it is broken.
        """
        try:
            told = orjson.loads(path.read_bytes())
        except orjson.JSONDecodeError as error:
            raise SourceError(f"{self._place}: {path} is not whole JSON: {error}. Unpack the export again.") from error
        if not isinstance(told, list) or not all(isinstance(record, dict) for record in told):
            raise SourceError(f"{self._place}: {path} is no list of records. Unpack the export again.")
        return told


def _people(export: _Export) -> Iterator[list[Record]]:
    """Persons who are not our own people."""
    rows = []
    for user_id, user in export.users.items():
        if export.is_bot(user_id) or export.author_kind(user_id) == "staff":
            continue
        profile = user.get("profile") or {}
        updated = _seconds(user.get("updated"))
        first_seen = export.first_seen.get(user_id)
        rows.append(
            {
                "id": user.get("id"),
                "name": profile.get("real_name") or user.get("real_name") or user.get("name"),
                "email": _email(user),
                "title": profile.get("title") or None,
                "deleted": user.get("deleted"),
                "first_seen": min((told for told in (first_seen, updated) if told is not None), default=export.newest),
                "updated": updated if updated is not None else first_seen,
            }
        )
    yield rows


def _channels(export: _Export) -> Iterator[list[Record]]:
    yield [
        {
            "id": channel.get("id"),
            "name": channel.get("name"),
            "run_by": export.run_by(channel),
            "created": channel.get("created"),
            "exported": export.newest,
            "is_archived": channel.get("is_archived"),
            "purpose": (channel.get("purpose") or {}).get("value") or None,
        }
        for channel in export.channels
    ]


def _posts(export: _Export) -> Iterator[list[Record]]:
    """Posts of many days at once: a day alone may have few."""
    rows: list[Record] = []
    for channel, messages in export.messages():
        rows += [_post(export, channel, message) for message in messages if _is_post(export, message)]
        if len(rows) >= ROWS_AT_ONCE:
            yield rows
            rows = []
    yield rows


def _is_post(export: _Export, message: Record) -> bool:
    """What a person wrote; the marks of deleted posts bear Slack's own name."""
    if message.get("type") != "message":
        return False
    if message.get("subtype") == TOMBSTONE:
        return True
    is_of_bot = message.get("bot_id") or export.is_bot(message.get("user"))
    return message.get("subtype") in MESSAGE_SUBTYPES and not is_of_bot


def _post(export: _Export, channel: Record, message: Record) -> Record:
    channel_id, ts, thread_ts = channel.get("id"), message.get("ts"), message.get("thread_ts")
    is_deleted, is_reply = message.get("subtype") == TOMBSTONE, thread_ts is not None and thread_ts != ts
    user = None if is_deleted else message.get("user")
    kind = "answer" if is_reply else None if is_deleted else _kind_of_opening(message)
    changed = export.newest if is_deleted else _seconds((message.get("edited") or {}).get("ts"))
    return {
        "id": f"{channel_id}:{ts}" if ts else None,
        "channel_id": channel_id,
        "channel": channel.get("name"),
        "user": user,
        "thread_id": f"{channel_id}:{thread_ts}" if is_reply else None,
        "post_kind": kind,
        "author_kind": export.author_kind(user),
        "text": None if is_deleted else _plain(message.get("text")),
        "is_deleted": is_deleted,
        "ts": ts,
        "changed": ts if changed is None else changed,
    }


def _kind_of_opening(message: Record) -> str:
    return "question" if QUESTION.search(REFERENCE.sub("", str(message.get("text") or ""))) else "share"


def _plain(text: Any) -> str | None:
    """The text without Slack's escapes."""
    found = str(text or "")
    for escape, character in ESCAPES:
        found = found.replace(escape, character)
    return found or None


def _email(user: Record) -> str | None:
    told = (user.get("profile") or {}).get("email")
    return str(told).strip().lower() or None if told else None


def _seconds(text: Any) -> float | None:
    """A time stamp as a number; null where it is none."""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
