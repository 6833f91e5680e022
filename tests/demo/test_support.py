"""The support desk: states of a ticket in order, and the effects that the documentation states."""

from collections import defaultdict
from datetime import datetime

import numpy as np

from dagster_project.demo.block import Block, Rows
from dagster_project.demo.support import SLOW_REPLY_MINUTES
from dagster_project.demo.window import Row


def _last_states(rows: list[Row]) -> dict[str, Row]:
    return {str(row["ticket_id"]): row for row in sorted(rows, key=lambda row: str(row["updated_at"]))}


def test_states_follow_each_other_and_each_change_is_told(drawn_rows: Rows) -> None:
    states: dict[str, list[str]] = defaultdict(list)
    for row in drawn_rows["tickets"]:
        states[str(row["ticket_id"])].append(str(row["status"]))
    changes: dict[str, list[str]] = defaultdict(list)
    for row in drawn_rows["ticket_status_changes"]:
        before = changes[str(row["ticket_id"])]
        assert row["old_status"] == (before[-1] if before else None)
        before.append(str(row["new_status"]))
    assert states == changes
    assert any(told.count("solved") == 2 for told in states.values())


def test_a_ticket_is_written_to_between_its_creation_and_its_end(drawn_rows: Rows) -> None:
    created = {ticket: str(row["created_at"]) for ticket, row in _last_states(drawn_rows["tickets"]).items()}
    assert {str(row["ticket_id"]) for row in drawn_rows["ticket_messages"]} == created.keys()
    assert all(str(row["sent_at"]) >= created[str(row["ticket_id"])] for row in drawn_rows["ticket_messages"])


def test_tickets_follow_effort_and_trouble(block: Block, drawn_rows: Rows) -> None:
    count = dict.fromkeys(block.users_of, 0)
    for row in _last_states(drawn_rows["tickets"]).values():
        count[str(row["account_id"])] += 1
    served = [account for account in block.accounts if count[account.account_id] and block.users_of[account.account_id]]
    burden = np.array([account.effort + 0.8 * account.trouble for account in served])
    per_user = np.array([count[account.account_id] / len(block.users_of[account.account_id]) for account in served])
    hard, easy = per_user[burden > np.median(burden)], per_user[burden <= np.median(burden)]
    assert np.median(hard) > 1.15 * np.median(easy)


def test_the_desk_gets_quicker_and_slow_replies_cost_satisfaction(drawn_rows: Rows) -> None:
    tickets = [row for row in _last_states(drawn_rows["tickets"]).values() if row["first_reply_minutes"] is not None]
    tickets.sort(key=lambda row: str(row["created_at"]))
    minutes = [float(str(row["first_reply_minutes"])) for row in tickets]
    third = len(minutes) // 3
    assert np.median(minutes[-third:]) < 0.9 * np.median(minutes[:third])
    quick = [row["satisfaction"] == "good" for row, taken in zip(tickets, minutes, strict=True)
             if row["satisfaction"] and taken <= SLOW_REPLY_MINUTES]  # fmt: skip
    slow = [row["satisfaction"] == "good" for row, taken in zip(tickets, minutes, strict=True)
            if row["satisfaction"] and taken > SLOW_REPLY_MINUTES]  # fmt: skip
    assert np.mean(quick) > np.mean(slow) + 0.1


def test_reply_minutes_are_those_between_the_moments(drawn_rows: Rows) -> None:
    replied = {}
    for row in drawn_rows["tickets"]:
        if row["status"] == "pending":
            replied[row["ticket_id"]] = row
    assert replied
    for row in replied.values():
        created, told = (datetime.fromisoformat(str(row[name])) for name in ("created_at", "updated_at"))
        assert row["first_reply_minutes"] == int((told - created).total_seconds() // 60)
