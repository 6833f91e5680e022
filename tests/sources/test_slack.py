import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from dagster_project.settings import Settings, SettingsError, load_settings
from dagster_project.sources.landing import SourceError
from dagster_project.sources.vendor import vendor_of, vendor_options
from tests.sources.vendor_server import SOURCE, Pulled, Row, pull, source_of

DAY = 86_400
FIRST = 1_772_323_200  # 2026-03-01T00:00:00Z


def user(user_id: str, domain: str | None = "customer.example", **told: Any) -> Row:
    profile = {"real_name": f"Name of {user_id}", "email": f"{user_id}@{domain}" if domain else None, "title": ""}
    base = {"id": user_id, "name": user_id.lower(), "deleted": False, "is_bot": False, "updated": FIRST + 9 * DAY}
    return {**base, "profile": profile, **told}


def message(ts: float, text: str, who: str = "U1", **told: Any) -> Row:
    return {"type": "message", "ts": f"{FIRST + ts:.6f}", "user": who, "text": text, **told}


class Export:
    """An export in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("users.json", [user("U1"), user("U2", "Partner.example"), user("U3", "jp.vendor.example")])
        self.write("channels.json", [self.channel("C1", "general", creator="U3")])

    @staticmethod
    def channel(channel_id: str, name: str, **told: Any) -> Row:
        base = {"id": channel_id, "name": name, "created": FIRST, "is_archived": False}
        return {**base, "purpose": {"value": f"About {name}"}, "creator": "U1", **told}

    def write(self, name: str, records: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(records))

    def pull(self, landing: Path, entity: str = "community_posts", **told: Any) -> Pulled:
        options = {
            "staff_domains": ["vendor.example"],
            "partner_domains": ["partner.example"],
            **told.pop("options", {}),
        }
        source = source_of("slack", entity, base_url="", options={"folder": str(self.folder), **options})
        return pull(landing, source, str(self.folder), {}, **told)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "export")


def test_posts_carry_thread_kind_author_and_time(export: Export, tmp_path: Path) -> None:
    opening = message(0.0001, "How do I &lt;merge&gt; <@U2>?")
    thread = opening["ts"]
    answer = message(DAY, "Like this?", "U3", thread_ts=thread, parent_user_id="U1", reactions=[{"name": "ok"}])
    share = message(60, "See <https://vendor.example/a?b=c>", "U2")
    export.write("general/2026-03-01.json", [{**opening, "thread_ts": thread, "reply_count": 1}, share])
    export.write("general/2026-03-02.json", [answer, message(DAY + 1, "どうして？", "U9")])
    found = export.pull(tmp_path / "landing")
    columns = ("post_id", "thread_id", "post_kind", "author_kind", "user_id", "post_text", "is_deleted")
    assert found.values(*columns) == [
        (f"C1:{thread}", None, "question", "customer", "U1", "How do I <merge> <@U2>?", False),
        (f"C1:{share['ts']}", None, "share", "partner", "U2", "See <https://vendor.example/a?b=c>", False),
        (f"C1:{answer['ts']}", f"C1:{thread}", "answer", "staff", "U3", "Like this?", False),
        (f"C1:{FIRST + DAY + 1}.000000", None, "question", None, "U9", "どうして？", False),
    ]
    assert found.values("posted_at", "subgroup_id")[1] == (datetime(2026, 3, 1, 0, 1), "C1")
    assert found.batch is not None
    assert found.batch.files[0].path == f"{export.folder}/messages"


def test_bots_and_notices_are_left_out(export: Export, tmp_path: Path) -> None:
    export.write("users.json", [user("U1"), user("B1", is_bot=True)])
    kept = [message(1, "Hello"), message(2, "Both", subtype="thread_broadcast", thread_ts=f"{FIRST}.000000")]
    left_out = [
        message(3, "has joined", subtype="channel_join"),
        message(4, "Beep", subtype="bot_message", bot_id="B0"),
        message(5, "Beep", bot_id="B0"),
        message(6, "Beep", "B1"),
        message(7, "Reminder", "USLACKBOT"),
        {"type": "file", "ts": f"{FIRST}.1"},
    ]
    export.write("general/2026-03-01.json", [*left_out, *kept])
    assert export.pull(tmp_path / "landing").values("post_text", "post_kind") == [
        ("Hello", "share"),
        ("Both", "answer"),
    ]


def test_a_deleted_post_stays_as_deleted(export: Export, tmp_path: Path) -> None:
    opening, reply = message(0, "Why?", thread_ts=f"{FIRST}.000000"), message(5, "So.", thread_ts=f"{FIRST}.000000")
    export.write("general/2026-03-01.json", [opening, reply])
    first = export.pull(tmp_path / "landing")
    gone = {**opening, "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted.", "hidden": True}
    export.write("general/2026-03-01.json", [gone, reply])
    second = export.pull(tmp_path / "landing", state=first.state, known={row["post_id"] for row in first.rows})
    columns = ("_record_key", "is_deleted", "post_text", "post_kind", "user_id")
    assert second.values(*columns) == [
        (first.rows[0]["_record_key"], True, None, None, None),
        (first.rows[1]["_record_key"], False, "So.", "answer", "U1"),
    ]
    assert second.removed == []


def test_an_edited_post_is_known_from_its_beginning_as_reconstructed(export: Export, tmp_path: Path) -> None:
    edited = message(1, "Hello", edited={"user": "U1", "ts": f"{FIRST + DAY}.000000"})
    export.write("general/2026-03-01.json", [edited, message(2, "World")])
    found = export.pull(tmp_path / "landing")
    assert found.values("_source_time", "_source_is_reconstructed") == [
        (datetime(2026, 3, 1, 0, 0, 1), True),
        (datetime(2026, 3, 1, 0, 0, 2), False),
    ]


def test_the_same_export_is_no_batch_and_a_longer_one_is(export: Export, tmp_path: Path) -> None:
    export.write("general/2026-03-01.json", [message(1, "Hello")])
    first = export.pull(tmp_path / "landing")
    assert export.pull(tmp_path / "landing", state=first.state).batch is None
    export.write("general/2026-03-02.json", [])
    export.write("general/2026-03-03.json", [message(2 * DAY, "World")])
    second = export.pull(tmp_path / "landing", state=first.state)
    assert second.values("post_text") == [("Hello",), ("World",)]
    assert second.rows[0]["_row_hash"] == first.rows[0]["_row_hash"]
    # Other options may say otherwise of every post.
    changed = export.pull(tmp_path / "landing", state=second.state, options={"partner_domains": ["customer.example"]})
    assert changed.values("author_kind") == [("partner",), ("partner",)]


def test_a_days_export_takes_nothing_back(export: Export, tmp_path: Path) -> None:
    export.write("general/2026-03-01.json", [message(1, "Hello")])
    first = export.pull(tmp_path / "landing")
    (export.folder / "general/2026-03-01.json").unlink()
    export.write("general/2026-03-03.json", [message(2 * DAY, "World")])
    second = export.pull(tmp_path / "landing", state=first.state, known={row["post_id"] for row in first.rows})
    assert (second.values("post_text"), second.removed) == ([("World",)], [])


def test_people_are_known_from_when_they_were_first_seen(export: Export, tmp_path: Path) -> None:
    users = [
        user("U1"),
        user("U2", updated=None),
        user("U3", "vendor.example"),
        user("B1", is_bot=True),
        user("USLACKBOT"),
    ]
    export.write("users.json", [*users, user("U4", None, profile={}, real_name="Four")])
    joined = message(5, "has joined", "U1", subtype="channel_join")
    export.write("general/2026-03-01.json", [joined, message(DAY, "Hi", "U2")])
    found = export.pull(tmp_path / "landing", "people")
    assert found.values("person_id", "person_name", "email", "_source_time", "_source_is_reconstructed") == [
        ("U1", "Name of U1", "u1@customer.example", datetime(2026, 3, 1, 0, 0, 5), True),
        ("U2", "Name of U2", "u2@customer.example", datetime(2026, 3, 2), False),
        ("U4", "Four", None, datetime(2026, 3, 10), False),
    ]


def test_channels_are_run_by_whoever_founded_them_unless_it_is_told(export: Export, tmp_path: Path) -> None:
    creators = {"C1": "U3", "C2": "U1", "C3": "U2", "C4": "U9", "C5": "U3"}
    export.write("channels.json", [export.channel(name, name.lower(), creator=who) for name, who in creators.items()])
    found = export.pull(tmp_path / "landing", "community_subgroups", options={"run_by": {"c5": "customer"}})
    assert found.values("subgroup_id", "run_by") == [
        ("C1", "vendor"),
        ("C2", "customer"),
        ("C3", None),
        ("C4", None),
        ("C5", "customer"),
    ]
    assert found.values("subgroup_name", "founded_date", "_source_time")[0] == (
        "c1",
        date(2026, 3, 1),
        datetime(2026, 3, 1),
    )


def test_a_bad_message_is_rejected_beside_good_ones(export: Export, tmp_path: Path) -> None:
    nameless = {"type": "message", "user": "U1", "text": "When?"}
    export.write("general/2026-03-01.json", [nameless, message(1, "Hello"), {**message(2, "Bad"), "ts": "yesterday"}])
    found = export.pull(tmp_path / "landing")
    assert found.values("post_text") == [("Hello",)]
    assert [row["reason"] for row in found.rejected] == ["missing_value", "wrong_type"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (lambda folder: (folder / "general/2026-03-01.json").write_text('[{"type": '), "is not whole JSON"),
        (lambda folder: (folder / "general/2026-03-01.json").write_text('{"ok": true}'), "is no list of records"),
        (lambda folder: (folder / "users.json").unlink(), "has no users.json"),
        (lambda folder: (folder / "channels.json").unlink(), "has no channels.json"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "is no folder"),
    ],
)
def test_a_broken_export_is_told_with_its_place(export: Export, tmp_path: Path, fault: Any, told: str) -> None:
    export.write("general/2026-03-01.json", [message(1, "Hello")])
    fault(export.folder)
    with pytest.raises(SourceError, match=rf"sources\.{SOURCE}\.options\.folder.*{told}"):
        export.pull(tmp_path / "landing")


def test_users_of_an_organization_are_read(export: Export, tmp_path: Path) -> None:
    (export.folder / "users.json").rename(export.folder / "org_users.json")
    assert len(export.pull(tmp_path / "landing", "people").rows) == 2


def settings_of(folder: Path, source: str) -> Settings:
    path = folder / "bansou.toml"
    path.write_text(f"[calendar]\nhistory_start_date = 2026-01-01\n[sources.community]\n{source}")
    return load_settings({"BANSOU_CONFIG": str(path), "EXPORTS": "/exports"})


def test_the_folder_stands_in_place_of_the_address(tmp_path: Path) -> None:
    tables = "[sources.community.tables.people]\n"
    folder = 'type = "slack"\noptions = { folder = "${EXPORTS}/slack" }\n'
    settings = settings_of(tmp_path, folder + tables)
    source = settings.sources["community"]
    assert source.type == "slack"
    settings.require_complete()
    assert settings.require_api("community", source) == ("/exports/slack", {})  # type: ignore[arg-type]
    for wrong in ('type = "slack"\n', folder + 'base_url = "https://slack.example"\n'):
        with pytest.raises(SettingsError, match=r"sources\.community: .*give base_url.*or else options\.folder"):
            settings_of(tmp_path, wrong + tables)
    with pytest.raises(SettingsError, match=r"sources\.community\.options\.folder.*NOWHERE is not set"):
        settings_of(tmp_path, folder.replace("EXPORTS", "NOWHERE") + tables).require_complete()


def test_an_address_is_of_no_use_to_slack_nor_a_folder_to_others(tmp_path: Path) -> None:
    source = source_of("slack", "people")
    with pytest.raises(SourceError, match=r"Give options\.folder, where it lies, and no base_url"):
        pull(tmp_path, source, "https://vendor.example", {})
    with pytest.raises(SourceError, match="folder: unknown"):
        vendor_options(vendor_of("zendesk"), {"folder": "/exports"}, "sources.helpdesk")
    with pytest.raises(ValidationError, match="give base_url"):
        source_of("zendesk", "tickets", base_url="")
