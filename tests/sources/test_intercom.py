"""Intercom's connector against the demo company's workspace on this machine."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse

from dagster_project.demo.vendors.exports import DemoExports, digits_of
from dagster_project.demo.vendors.intercom import DemoIntercom
from dagster_project.demo.vendors.zendesk import author_number
from dagster_project.sources import intercom
from dagster_project.sources.landing import SourceError
from tests.sources.demo_vendor import SECRET, Gate, Puller, as_text, example_source, removed, serving, states, too_many

TICKET_COLUMNS = [
    "user_id",
    "schedule_id",
    "channel",
    "status",
    "priority",
    "satisfaction",
    "is_escalated",
    "first_reply_minutes",
    "created_at",
    "resolved_at",
    "rated_at",
]


@pytest.fixture
def exports(demo_folder: Path) -> DemoExports:
    return DemoExports(demo_folder)


@pytest.fixture
def workspace(exports: DemoExports) -> DemoIntercom:
    return DemoIntercom(exports, SECRET)


@pytest.fixture
def served(workspace: DemoIntercom, exports: DemoExports) -> Iterator[tuple[str, Gate]]:
    with serving(workspace.app(), exports) as told:
        yield told


@pytest.fixture
def puller(served: tuple[str, Gate], tmp_path: Path) -> Puller:
    return Puller("desk", example_source("desk", first_pause_seconds=0), served[0], {"access_token": SECRET}, tmp_path)


def number(told: str | None) -> str | None:
    return None if told is None else str(digits_of(told))


def standing(exports: DemoExports) -> dict[str, list[dict[str, Any]]]:
    """The states of every ticket that was not deleted."""
    return {
        each.key: [{**state, "_key": number(each.key), "user_id": number(state["user_id"])} for state in each.states]
        for each in exports.records("desk", "tickets")
        if not each.now["is_deleted"]
    }


def test_tickets_land_with_every_state_that_the_desk_has_exported(puller: Puller, exports: DemoExports) -> None:
    expected = [state for told in standing(exports).values() for state in told]
    rows = puller.pull("tickets")
    landed = states(rows, "ticket_id", TICKET_COLUMNS)
    assert as_text(landed) == as_text(states(expected, "_key", TICKET_COLUMNS, "updated_at"))
    assert not any(row["_source_is_reconstructed"] for row in rows)


def test_status_changes_are_those_of_the_desk(puller: Puller, exports: DemoExports) -> None:
    tickets = standing(exports)
    columns = ("ticket_id", "old_status", "new_status", "changed_at")
    landed = [tuple(row[name] for name in columns) for row in puller.pull("ticket_status_changes")]
    assert sorted(landed, key=str) == sorted(
        (
            (number(row["ticket_id"]), row["old_status"], row["new_status"], row["changed_at"])
            for row in exports.rows("desk", "ticket_status_changes")
            if row["ticket_id"] in tickets
        ),
        key=str,
    )


def test_messages_are_those_of_the_desk(puller: Puller, exports: DemoExports) -> None:
    tickets = standing(exports)
    columns = ("ticket_id", "author_kind", "answer_kind", "is_public", "message_text", "sent_at", "author_id")
    rows = puller.pull("ticket_messages")
    assert sorted((tuple(row[name] for name in columns) for row in rows), key=str) == sorted(
        (
            (
                number(row["ticket_id"]),
                *(row[name] for name in columns[1:-1]),
                None if row["author_id"] is None else str(author_number(row["author_id"])),
            )
            for row in exports.rows("desk", "ticket_messages")
            if row["ticket_id"] in tickets
        ),
        key=str,
    )
    assert len({row["message_id"] for row in rows}) == len(rows)


def test_people_and_companies_are_those_of_the_desk(puller: Puller, exports: DemoExports) -> None:
    people = {
        (number(each.key), number(each.now["company_id"]), each.now["external_user_id"], each.now["email"].strip())
        for each in exports.records("desk", "people")
    }
    columns = ("person_id", "company_id", "external_user_id", "email")
    assert {tuple(row[name] for name in columns) for row in puller.pull("people")} == people
    columns = ("company_id", "external_account_id", "company_name", "domain")
    assert {tuple(row[name] for name in columns) for row in puller.pull("companies")} == {
        (number(each.key), *(each.now[name] for name in columns[1:])) for each in exports.records("desk", "companies")
    }


def test_without_an_attribute_the_parts_alone_tell_the_status(
    served: tuple[str, Gate], exports: DemoExports, tmp_path: Path
) -> None:
    puller = Puller("desk", example_source("desk", options={}), served[0], {"access_token": SECRET}, tmp_path)
    # Intercom has one end only.
    ours = {"closed": "solved"}
    expected = {
        number(key): ours.get(told[-1]["status"], told[-1]["status"]) for key, told in standing(exports).items()
    }
    newest = {row["ticket_id"]: row["status"] for row in puller.pull("tickets")}
    assert newest == expected


def test_the_second_pull_reads_only_what_has_changed(
    puller: Puller, served: tuple[str, Gate], workspace: DemoIntercom
) -> None:
    first = puller.pull("tickets")
    ticket = next(row["ticket_id"] for row in first if row["status"] == "pending")
    told = workspace.conversations[ticket]
    moment = puller.watermark("tickets") + timedelta(minutes=2)
    epoch = int(moment.replace(tzinfo=UTC).timestamp())
    author = {"type": "user", "id": "5"}
    part = {"id": "99", "part_type": "comment", "body": "Again!", "created_at": epoch, "author": author}
    told["conversation_parts"]["conversation_parts"].append(part)
    told["updated_at"] = epoch
    served[1].asked.clear()
    rows = [row for row in puller.pull("tickets") if row["ticket_id"] == ticket]
    assert served[1].count("/conversations/search") == 1
    assert len(served[1].asked) < 1 + len({row["ticket_id"] for row in first})
    assert (rows[-1]["status"], rows[-1]["_source_time"]) == ("open", moment)
    assert puller.watermark("tickets") == moment


def test_a_search_is_read_page_by_page(served: tuple[str, Gate], exports: DemoExports, tmp_path: Path) -> None:
    puller = Puller("desk", example_source("desk", page_size=7), served[0], {"access_token": SECRET}, tmp_path)
    people = len(exports.records("desk", "people"))
    assert len(puller.pull("people")) == people
    assert served[1].count("/contacts/search") == -(-people // 7)


def test_a_deleted_conversation_is_found_by_its_missing_key(
    served: tuple[str, Gate], workspace: DemoIntercom, tmp_path: Path
) -> None:
    puller = Puller(
        "desk", example_source("desk", compare_keys_every_days=1), served[0], {"access_token": SECRET}, tmp_path
    )
    lost = puller.pull("tickets")[0]["ticket_id"]
    puller.states["tickets"] = json.dumps(
        {**json.loads(puller.states["tickets"] or ""), "keys_compared_date": "2026-01-01"}
    )
    workspace.deleted.add(lost)
    batch = puller.batch("tickets")
    assert batch is not None
    assert [key for key, _ in removed(batch)] == [lost]


def test_a_conversation_that_goes_while_it_is_read_is_left_out(puller: Puller, workspace: DemoIntercom) -> None:
    lost = next(iter(workspace.conversations))
    workspace.conversations[lost] = {**workspace.conversations[lost], "id": "404404"}
    landed = {row["ticket_id"] for row in puller.pull("tickets")}
    assert landed == set(workspace.conversations) - {lost}


def test_too_many_calls_are_waited_for_until_the_reset(
    puller: Puller, served: tuple[str, Gate], exports: DemoExports, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("dagster_project.sources.http.time.sleep", slept.append)
    now = int(exports.now.replace(tzinfo=UTC).timestamp())
    body = {"type": "error.list", "errors": [{"code": "rate_limit_exceeded", "message": "Exceeded rate limit"}]}
    served[1].ready = [too_many(body, {"X-RateLimit-Reset": str(now + 7)}), too_many(body, {"X-RateLimit-Reset": "1"})]
    assert puller.pull("companies")
    assert slept == [7.0, 0.0]


def test_a_scroll_of_somebody_else_is_waited_for(
    puller: Puller, served: tuple[str, Gate], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intercom, "SCROLL_SECONDS", 0.0)
    body = {"type": "error.list", "errors": [{"code": "scroll_exists", "message": "scroll already exists"}]}
    served[1].ready = [JSONResponse(body, 400)]
    assert puller.pull("companies")


def test_a_wrong_token_is_told(served: tuple[str, Gate], tmp_path: Path) -> None:
    puller = Puller("desk", example_source("desk"), served[0], {"access_token": "wrong"}, tmp_path)
    with pytest.raises(SourceError, match="401"):
        puller.pull("people")


def test_times_are_seconds_since_1970(puller: Puller, exports: DemoExports) -> None:
    first = exports.rows("desk", "ticket_messages")[0]["sent_at"]
    found = min(row["sent_at"] for row in puller.pull("ticket_messages"))
    assert isinstance(found, datetime)
    assert found <= first
