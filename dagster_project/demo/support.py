"""The support desk: tickets with each state they pass through, what is written on them, and when the desks work.

Tickets follow effort, trouble, newness and the number of people. Over the 18 months the desk gets quicker while the
customers become more. Satisfaction follows the value and suffers from slow replies.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from dagster_project.demo.accounts import Account
from dagster_project.demo.block import Block, Rows, Served
from dagster_project.demo.people import User
from dagster_project.demo.staff import Owner, working
from dagster_project.demo.support_hours import DESK_OF_COUNTRY, next_open
from dagster_project.demo.window import Row, any_of, of_shares, utc_text, working_moment

Floats = npt.NDArray[np.float64]

PRIORITIES = ("low", "normal", "high", "urgent")
PRIORITY_SHARES = (0.2, 0.55, 0.19, 0.06)
CHANNELS = ("mail", "chat", "phone", "form")
CHANNEL_SHARES = (0.45, 0.3, 0.1, 0.15)
REPLY_MEDIAN_MINUTES = {"low": 240, "normal": 110, "high": 45, "urgent": 18}
ESCALATED_SHARE = {"low": 0.01, "normal": 0.04, "high": 0.12, "urgent": 0.3}
QUICKER_AT_THE_END = 0.6  # of the reply time of the first day
SLOW_REPLY_MINUTES = 480  # a slower first reply costs satisfaction
UNANSWERED_SHARE = 0.04
RESOLVED_SHARE = 0.95
RATED_SHARE = 0.4
REOPENED_SHARE = 0.06
DELETED_SHARE = 0.015
UNSIGNED_SHARE = 0.02
BY_AGENT_SHARE = 0.03
NOTE_SHARE = 0.15
ANSWER_KINDS = ("free", "template", "article")
ANSWER_SHARES = (0.5, 0.3, 0.2)
BOT_ID = "BOT01"
QUESTIONS = (
    *("一覧が開きません", "レポートの数字が合いません", "権限の変え方を教えてください", "取り込みでエラーになります"),
    *("How do I connect the calendar?", "APIの上限を教えてください 🙏", "請求書の宛名を変えたい", "画面が遅いです"),
)
ANSWERS = (
    *("ご不便をおかけしております。確認いたします。", "手順をお送りします。", "ヘルプの記事をご覧ください。"),
    *("Thank you for waiting. Please try again.", "設定を直しました。ご確認ください。"),
)


@dataclass(frozen=True)
class Ticket:
    """A ticket with its whole future; a moment is none where it never comes."""

    ticket_id: str
    account: Account
    user: User | None
    agent: Owner
    channel: str
    priority: str
    schedule_id: str
    is_escalated: bool
    is_by_agent: bool
    satisfaction: str | None
    created_at: datetime
    replied_at: datetime | None
    resolved_at: datetime | None = None
    reopened_at: datetime | None = None
    resolved_again_at: datetime | None = None
    rated_at: datetime | None = None
    deleted_at: datetime | None = None

    @property
    def reply_minutes(self) -> int | None:
        """Calendar minutes to the first reply."""
        return None if self.replied_at is None else int((self.replied_at - self.created_at).total_seconds() // 60)


def support_rows(block: Block) -> Rows:
    """Tickets, their messages and their changes of status."""
    rng = block.generator("support")
    tickets = [ticket for served in block.served for ticket in _drawn_tickets(served, block, rng)]
    return {
        "tickets": [row for ticket in tickets for row in _ticket_rows(ticket)],
        "ticket_messages": [row for ticket in tickets for row in _message_rows(ticket, rng)],
        "ticket_status_changes": [row for ticket in tickets for row in _status_rows(ticket)],
    }


def _drawn_tickets(served: Served, block: Block, rng: np.random.Generator) -> Iterator[Ticket]:
    account, first, last = served
    users = [user for user in block.users_of[account.account_id] if user.activated_at is not None]
    ages = np.arange((first - account.signed_up_at.date()).days, (last - account.signed_up_at.date()).days + 1)
    newness = 1 + 2.5 * np.exp(-ages.clip(min=0) / 25)
    rate = (0.024 + 0.0055 * len(users) ** 0.8) * (0.4 + 0.9 * account.effort + 0.7 * account.trouble) * newness
    counts = rng.poisson(rate)
    number = 0
    for place in np.flatnonzero(counts):
        day = first + timedelta(days=int(place))
        if day.weekday() >= 5 and rng.random() < 0.8:  # noqa: PLR2004 (Saturday)
            continue
        for _ in range(counts[place]):
            created_at = working_moment(day, account.country, rng)
            writers = [user for user in users if user.is_active_at(created_at)]
            agents = working(block.owners, "support", day)
            if writers and agents:
                number += 1
                user = any_of(writers, rng)
                agent = any_of(agents, rng)
                yield _drawn_ticket(
                    f"T{account.account_id[1:]}-{number:04d}",
                    account,
                    user,
                    agent,
                    created_at=created_at,
                    block=block,
                    rng=rng,
                )


def _drawn_ticket(
    ticket_id: str,
    account: Account,
    user: User,
    agent: Owner,
    *,
    created_at: datetime,
    block: Block,
    rng: np.random.Generator,
) -> Ticket:
    luck = rng.random(9)
    priority = of_shares(PRIORITIES, PRIORITY_SHARES, luck[0])
    schedule_id = DESK_OF_COUNTRY[account.country] if priority != "urgent" else "desk_always"
    progress = (created_at.date() - block.window.first_day).days / block.window.day_count
    median = REPLY_MEDIAN_MINUTES[priority] * (1 - (1 - QUICKER_AT_THE_END) * progress) * (1 + account.trouble)
    delays = rng.lognormal(np.log([median, 900, 1500, 700, 400]), [0.9, 1.2, 1.0, 1.0, 1.0])
    replied_at = next_open(schedule_id, created_at) + timedelta(minutes=2 + int(delays[0]))
    replied_at = next_open(schedule_id, replied_at)
    ticket = Ticket(
        ticket_id=ticket_id,
        account=account,
        user=None if luck[1] < UNSIGNED_SHARE else user,
        agent=agent,
        channel=of_shares(CHANNELS, CHANNEL_SHARES, luck[2]),
        priority=priority,
        schedule_id=schedule_id,
        is_escalated=bool(luck[3] < ESCALATED_SHARE[priority]),
        is_by_agent=luck[4] < BY_AGENT_SHARE,
        satisfaction=None,
        created_at=created_at,
        replied_at=None if luck[5] < UNANSWERED_SHARE else replied_at,
    )
    if ticket.replied_at is not None and luck[6] < RESOLVED_SHARE - 0.2 * account.trouble:
        ticket = _with_resolution(ticket, delays, luck, rng)
    if luck[8] < DELETED_SHARE:
        last = ticket.rated_at or ticket.resolved_again_at or ticket.resolved_at or ticket.replied_at or created_at
        ticket = replace(ticket, deleted_at=last + timedelta(hours=6))
    return ticket


def _with_resolution(ticket: Ticket, delays: Floats, luck: Floats, rng: np.random.Generator) -> Ticket:
    if ticket.replied_at is None:
        return ticket
    resolved_at = ticket.replied_at + timedelta(minutes=1 + int(delays[1]))
    reopened_at = again = None
    if luck[7] < REOPENED_SHARE:
        reopened_at = resolved_at + timedelta(minutes=30 + int(delays[2]))
        again = reopened_at + timedelta(minutes=30 + int(delays[3]))
    rated_at = satisfaction = None
    if rng.random() < RATED_SHARE:
        rated_at = (again or resolved_at) + timedelta(minutes=5 + int(delays[4]))
        value = ticket.account.value_on(ticket.created_at.date())
        slow = 0.25 if (ticket.reply_minutes or 0) > SLOW_REPLY_MINUTES else 0.0
        reopened = 0.2 if reopened_at else 0.0
        satisfaction = "good" if rng.random() < 0.6 + 0.4 * value - slow - reopened else "bad"
    return replace(
        ticket,
        resolved_at=resolved_at,
        reopened_at=reopened_at,
        resolved_again_at=again,
        rated_at=rated_at,
        satisfaction=satisfaction,
    )


def _steps(ticket: Ticket) -> Iterator[tuple[datetime, str, Row]]:
    """Moment, status and change of each state after the creation, in order."""
    if ticket.replied_at is not None:
        replied: Row = {"first_reply_minutes": ticket.reply_minutes, "is_escalated": ticket.is_escalated}
        yield ticket.replied_at, "pending", replied
    if ticket.resolved_at is not None:
        yield ticket.resolved_at, "solved", {"resolved_at": utc_text(ticket.resolved_at)}
    if ticket.reopened_at is not None:
        yield ticket.reopened_at, "open", {"resolved_at": None}
    if ticket.resolved_again_at is not None:
        yield ticket.resolved_again_at, "solved", {"resolved_at": utc_text(ticket.resolved_again_at)}
    if ticket.rated_at is not None:
        yield ticket.rated_at, "closed", {"rated_at": utc_text(ticket.rated_at), "satisfaction": ticket.satisfaction}
    if ticket.deleted_at is not None:
        yield ticket.deleted_at, "deleted", {"is_deleted": True}


def _ticket_rows(ticket: Ticket) -> Iterator[Row]:
    state: Row = {
        "ticket_id": ticket.ticket_id,
        "account_id": ticket.account.account_id,
        "user_id": None if ticket.user is None else ticket.user.user_id,
        "schedule_id": ticket.schedule_id,
        "channel": ticket.channel,
        "status": "new",
        "priority": ticket.priority,
        "satisfaction": None,
        "is_escalated": False,
        "is_deleted": False,
        "first_reply_minutes": None,
        "created_at": utc_text(ticket.created_at),
        "resolved_at": None,
        "rated_at": None,
        "updated_at": utc_text(ticket.created_at),
    }
    yield state
    for moment, status, change in _steps(ticket):
        state = {**state, **change, "status": status, "updated_at": utc_text(moment)}
        yield state


def _status_rows(ticket: Ticket) -> Iterator[Row]:
    before: str | None = None
    steps = [(ticket.created_at, "new"), *((moment, status) for moment, status, _ in _steps(ticket))]
    for number, (moment, status) in enumerate(steps, start=1):
        yield {
            "status_change_id": f"{ticket.ticket_id}-S{number}",
            "ticket_id": ticket.ticket_id,
            "old_status": before,
            "new_status": status,
            "changed_at": utc_text(moment),
            "updated_at": utc_text(moment + timedelta(seconds=3)),
        }
        before = status


def _message_rows(ticket: Ticket, rng: np.random.Generator) -> Iterator[Row]:
    luck = rng.random(3)
    answer_kind = of_shares(ANSWER_KINDS, ANSWER_SHARES, luck[0])
    asker = None if ticket.user is None else ticket.user.user_id
    question = QUESTIONS[int(luck[1] * len(QUESTIONS))]
    answer = ANSWERS[int(luck[1] * 7) % len(ANSWERS)]
    agent = ticket.agent.owner_id
    told: list[tuple[datetime, str | None, str, str | None, bool, str]] = [
        (ticket.created_at, agent if ticket.is_by_agent else asker, "agent" if ticket.is_by_agent else "customer",
         "free" if ticket.is_by_agent else None, True, question),
    ]  # fmt: skip
    if ticket.channel == "chat":
        bot_at = ticket.created_at + timedelta(seconds=5)
        told.append((bot_at, BOT_ID, "bot", "template", True, "お問い合わせを受け付けました。"))
    if ticket.replied_at is not None:
        if luck[2] < NOTE_SHARE:
            note_at = ticket.created_at + (ticket.replied_at - ticket.created_at) / 2
            told.append((note_at, agent, "agent", "free", False, "開発に確認中。"))
        told.append((ticket.replied_at, agent, "agent", answer_kind, True, answer))
    if ticket.reopened_at is not None:
        told.append((ticket.reopened_at, asker, "customer", None, True, "まだ直っていません 😢"))
    if ticket.resolved_again_at is not None:
        told.append((ticket.resolved_again_at, agent, "agent", "free", True, answer))
    for number, (moment, author_id, author_kind, kind, is_public, text) in enumerate(told, start=1):
        yield {
            "message_id": f"{ticket.ticket_id}-M{number}",
            "ticket_id": ticket.ticket_id,
            "author_id": author_id,
            "author_kind": author_kind,
            "answer_kind": kind,
            "is_public": is_public,
            "message_text": text,
            "sent_at": utc_text(moment.replace(microsecond=0)),
            "updated_at": utc_text(moment.replace(microsecond=0) + timedelta(seconds=2)),
        }
