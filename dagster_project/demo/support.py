"""The support desk: tickets, and each state they pass through."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from dagster_project.demo.accounts import Account
from dagster_project.demo.intensity import NO_CONTRACT, account_ages
from dagster_project.demo.people import User
from dagster_project.demo.window import Row, Window, chosen, utc_text, working_moment

PRIORITIES = {"low": 0.2, "normal": 0.55, "high": 0.19, "urgent": 0.06}
REPLY_MEDIAN_MINUTES = {"low": 420, "normal": 240, "high": 90, "urgent": 35}
SLOW_REPLY_MINUTES = 480  # a slower first reply costs satisfaction
ANSWERED_SHARE = 0.96
RESOLVED_SHARE = 0.94  # of those answered
RATED_SHARE = 0.4  # of those resolved
ESCALATED_SHARE = {"low": 0.01, "normal": 0.04, "high": 0.12, "urgent": 0.3}
DELETED_SHARE = 0.015
UNSIGNED_TICKETS = 2  # tickets that carry no user


@dataclass(frozen=True)
class Ticket:
    """A ticket with its whole future; a moment is none where it never comes."""

    ticket_id: str
    account_id: str
    user_id: str | None
    priority: str
    is_escalated: bool
    first_reply_minutes: int | None
    satisfaction: str | None
    created_at: datetime
    replied_at: datetime | None
    resolved_at: datetime | None
    rated_at: datetime | None
    deleted_at: datetime | None


def draw_tickets(
    accounts: Sequence[Account],
    users: Iterable[User],
    live: npt.NDArray[np.int64],
    window: Window,
    rng: np.random.Generator,
) -> list[Ticket]:
    """Every ticket that an active user writes in the window, by creation; `live` is accounts × days."""
    users_of: dict[str, list[User]] = {account.account_id: [] for account in accounts}
    for user in users:
        users_of[user.account_id].append(user)
    user_counts = np.array([len(users_of[account.account_id]) for account in accounts])
    effort = np.array([account.effort for account in accounts])
    newness = 1 + 2.5 * np.exp(-account_ages(accounts, window).clip(min=0) / 25)
    rate = ((0.012 + 0.012 * user_counts**0.8) * (0.4 + 1.4 * effort))[:, None] * newness
    counts = rng.poisson(np.where(live == NO_CONTRACT, 0.0, rate))
    counts[:, [day.weekday() >= 5 for day in window.days]] //= 3  # noqa: PLR2004 (Saturday)
    asked = []
    for place, day_number in np.argwhere(counts):
        account, day = accounts[place], window.days[day_number]
        for _ in range(counts[place, day_number]):
            created_at = working_moment(day, account.country, rng)
            writers = [user for user in users_of[account.account_id] if _is_active(user, created_at)]
            if writers:
                asked.append((created_at, account, writers[int(rng.integers(len(writers)))]))
    asked.sort(key=lambda told: (told[0], told[1].account_id))
    unsigned = {int(place) for place in rng.permutation(len(asked))[:UNSIGNED_TICKETS]}
    return [
        _drawn_ticket(number, account, None if number - 1 in unsigned else user, created_at, rng)
        for number, (created_at, account, user) in enumerate(asked, start=1)
    ]


def _is_active(user: User, moment: datetime) -> bool:
    if user.activated_at is None or user.activated_at > moment:
        return False
    return user.deactivated_at is None or moment < user.deactivated_at


def _drawn_ticket(
    number: int, account: Account, user: User | None, created_at: datetime, rng: np.random.Generator
) -> Ticket:
    priority = chosen(PRIORITIES, rng)
    minutes = 2 + int(rng.lognormal(np.log(REPLY_MEDIAN_MINUTES[priority]), 0.9))
    replied_at = resolved_at = rated_at = deleted_at = satisfaction = None
    if rng.random() < ANSWERED_SHARE:
        replied_at = created_at + timedelta(minutes=minutes)
    if replied_at is not None and rng.random() < RESOLVED_SHARE:
        resolved_at = replied_at + timedelta(minutes=1 + int(rng.lognormal(np.log(900), 1.2)))
    if resolved_at is not None and rng.random() < RATED_SHARE:
        rated_at = resolved_at + timedelta(minutes=5 + int(rng.lognormal(np.log(400), 1.0)))
        good_share = 0.55 + 0.45 * account.value - (0.25 if minutes > SLOW_REPLY_MINUTES else 0.0)
        satisfaction = "good" if rng.random() < good_share else "bad"
    if rng.random() < DELETED_SHARE:
        deleted_at = (rated_at or resolved_at or replied_at or created_at) + timedelta(hours=6)
    return Ticket(
        ticket_id=f"T{number:06d}",
        account_id=account.account_id,
        user_id=None if user is None else user.user_id,
        priority=priority,
        is_escalated=replied_at is not None and rng.random() < ESCALATED_SHARE[priority],
        first_reply_minutes=minutes if replied_at is not None else None,
        satisfaction=satisfaction,
        created_at=created_at,
        replied_at=replied_at,
        resolved_at=resolved_at,
        rated_at=rated_at,
        deleted_at=deleted_at,
    )


def ticket_rows(tickets: Iterable[Ticket]) -> list[Row]:
    """One row per ticket and state: created, replied (and escalated), resolved, rated, deleted."""
    rows: list[Row] = []
    for ticket in tickets:
        state: Row = {
            "ticket_id": ticket.ticket_id,
            "account_id": ticket.account_id,
            "user_id": ticket.user_id,
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
        rows.append(state)
        steps: list[tuple[datetime | None, Row]] = [
            (
                ticket.replied_at,
                {"first_reply_minutes": ticket.first_reply_minutes, "is_escalated": ticket.is_escalated},
            ),
            (ticket.resolved_at, {"resolved_at": utc_text(ticket.resolved_at)}),
            (ticket.rated_at, {"rated_at": utc_text(ticket.rated_at), "satisfaction": ticket.satisfaction}),
            (ticket.deleted_at, {"is_deleted": True}),
        ]
        for moment, change in steps:
            if moment is not None:
                state = {**state, **change, "updated_at": utc_text(moment)}
                rows.append(state)
    return rows
