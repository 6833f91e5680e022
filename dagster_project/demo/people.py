"""The people who work with the product at each account."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.window import Row, Window, chosen, utc_text, working_moment

USER_COLUMNS = (
    "user_id",
    "account_id",
    "department",
    "is_administrator",
    "created_at",
    "activated_at",
    "deactivated_at",
    "updated_at",
)
DEPARTMENTS = {
    "sales": 0.34,
    "marketing": 0.24,
    "customer_success": 0.16,
    "it": 0.1,
    "hr": 0.09,
    "finance": 0.07,
}
INVITED_SHARE = (0.6, 1.0)  # of the seats of the first contract
DEACTIVATED_SHARE = 0.05


@dataclass(frozen=True)
class User:
    """A person with a seat; `keenness` (around 1) is hidden."""

    user_id: str
    account_id: str
    department: str
    is_administrator: bool
    created_at: datetime
    activated_at: datetime | None
    deactivated_at: datetime | None
    keenness: float


def draw_users(
    accounts: Iterable[Account],
    seat_counts: Mapping[str, int],
    service_ends: Mapping[str, datetime],
    window: Window,
    rng: np.random.Generator,
) -> list[User]:
    """Everyone invited before the window ends, in the order of invitation.

    `seat_counts` gives the seats of each account's first contract, `service_ends` the instant at which its
    last one ends.
    """
    drawn = []
    for account in accounts:
        seats = seat_counts[account.account_id]
        invited = max(1, round(seats * float(rng.uniform(*INVITED_SHARE))))
        end = service_ends[account.account_id]
        drawn += [_drawn_user(account, place, end, rng) for place in range(invited)]
    told = [user for user in drawn if user.created_at < min(window.end, service_ends[user.account_id])]
    told.sort(key=lambda user: (user.created_at, user.account_id))
    return [replace(user, user_id=f"U{number:06d}") for number, user in enumerate(told, start=1)]


def _drawn_user(account: Account, place: int, end: datetime, rng: np.random.Generator) -> User:
    is_administrator = place == 0 or (place % 10 == 1 and account.segment == "enterprise")
    department = chosen(DEPARTMENTS, rng)
    if place == 0:
        created_at = account.signed_up_at + timedelta(minutes=int(rng.integers(15, 60)))
        activated_at: datetime | None = created_at + timedelta(minutes=int(rng.integers(2, 90)))
    else:
        invited_day = account.signed_up_at.date() + timedelta(days=1 + int(rng.exponential(12)))
        created_at = working_moment(invited_day, account.country, rng)
        delay = timedelta(minutes=2 + int(rng.lognormal(np.log(600), 1.6)))
        joins = rng.random() < 0.7 + 0.3 * account.value - 0.2 * account.effort
        activated_at = created_at + delay if joins and created_at + delay < end else None
    deactivated_at = None
    if activated_at is not None and place > 0 and rng.random() < DEACTIVATED_SHARE:
        left_at = activated_at + timedelta(days=int(rng.integers(15, 240)), minutes=7)
        deactivated_at = left_at if left_at < end else None
    return User(
        user_id="",
        account_id=account.account_id,
        department=department,
        is_administrator=is_administrator,
        created_at=created_at,
        activated_at=activated_at,
        deactivated_at=deactivated_at,
        keenness=float(rng.lognormal(0, 0.45)),
    )


def user_rows(users: Iterable[User]) -> list[Row]:
    """One row per user and state: invited, activated, deactivated."""
    rows = []
    for user in users:
        rows.append(_user_row(user, None, None, user.created_at))
        if user.activated_at is not None:
            rows.append(_user_row(user, user.activated_at, None, user.activated_at))
        if user.deactivated_at is not None:
            rows.append(_user_row(user, user.activated_at, user.deactivated_at, user.deactivated_at))
    return rows


def _user_row(user: User, activated_at: datetime | None, deactivated_at: datetime | None, updated_at: datetime) -> Row:
    return {
        "user_id": user.user_id,
        "account_id": user.account_id,
        "department": user.department,
        "is_administrator": user.is_administrator,
        "created_at": utc_text(user.created_at),
        "activated_at": utc_text(activated_at),
        "deactivated_at": utc_text(deactivated_at),
        "updated_at": utc_text(updated_at),
    }
