"""The people at each account: who works with the product, and with whom we speak."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account, by_account
from dagster_project.demo.names import person_name
from dagster_project.demo.window import (
    OPENING_HOUR_UTC,
    WORKING_HOURS,
    Row,
    Window,
    any_of,
    midnight,
    rows_by_moment,
    utc_text,
)

DEPARTMENTS = {
    "sales": 0.34,
    "marketing": 0.24,
    "customer_success": 0.16,
    "it": 0.1,
    "hr": 0.09,
    "finance": 0.07,
}
TIME_ZONES = {
    "JP": "Asia/Tokyo",
    "US": "America/New_York",
    "GB": "Europe/London",
    "DE": "Europe/Berlin",
    "SG": "Asia/Singapore",
}
INVITED_SHARE = (0.6, 1.0)  # of the seats of the first contract
LATER_SHARE = 0.15  # of the invitations come some time in the first year, not at the start
DEACTIVATED_SHARE = 0.05
FREE_MAIL_DOMAINS = ("freemail.example", "mailbox.example")
FREE_MAIL_SHARE = 0.03
UNKNOWN_TIME_ZONE_SHARE = 0.05
JOB_TITLES = {
    "person_in_charge": ("営業企画 主任", "システム担当", "業務推進 課長", "Operations Manager"),
    "influencer": ("情報システム部 部長", "営業部 次長", "Head of IT"),
    "decision_maker": ("代表取締役", "執行役員 営業本部長", "Chief Revenue Officer"),
}
CONTACT_ROLES = ("person_in_charge", "influencer", "decision_maker", "person_in_charge")
CONTACT_LEFT_SHARE = 0.12


@dataclass(frozen=True)
class User:
    """A person with a seat; `keenness` (around 1) is hidden."""

    user_id: str
    account_id: str
    user_name: str
    email: str
    department: str
    time_zone: str | None
    is_administrator: bool
    created_at: datetime
    activated_at: datetime | None
    deactivated_at: datetime | None
    keenness: float

    def is_active_at(self, moment: datetime) -> bool:
        """True from the activation until just before the deactivation."""
        if self.activated_at is None or moment < self.activated_at:
            return False
        return self.deactivated_at is None or moment < self.deactivated_at


@dataclass(frozen=True)
class Contact:
    """A person at a customer with whom we speak; `user_id` is none where the person has no seat."""

    contact_id: str
    account_id: str
    user_id: str | None
    contact_role: str
    contact_name: str
    email: str
    job_title: str
    department: str
    is_champion: bool
    known_at: datetime
    left_date: date | None


def draw_users(
    accounts: Iterable[Account],
    seat_counts: Mapping[str, int],
    service_ends: Mapping[str, datetime],
    window: Window,
    rng: np.random.Generator,
) -> list[User]:
    """Everyone invited before the window and the service end, in the order of account and number.

    `seat_counts` gives the seats of each account's first contract, `service_ends` the instant at which its
    last one ends.
    """
    users = []
    for account in accounts:
        end = service_ends[account.account_id]
        drawn = _drawn_users(account, seat_counts[account.account_id], end, rng)
        users += [user for user in drawn if user.created_at < min(window.end, end)]
    return users


def _drawn_users(account: Account, seat_count: int, end: datetime, rng: np.random.Generator) -> list[User]:
    count = max(1, round(seat_count * float(rng.uniform(*INVITED_SHARE))))
    departments = list(DEPARTMENTS)
    bounds = np.cumsum(list(DEPARTMENTS.values()))[:-1]
    department = np.searchsorted(bounds, rng.random(count), side="right")
    name = rng.integers(0, 10_000, count)
    wait_days = 1 + np.where(
        rng.random(count) < LATER_SHARE, rng.integers(20, 360, count), rng.exponential(12, count)
    ).astype(np.int64)
    second = rng.integers(0, WORKING_HOURS * 3600, count)
    delay_minutes = 2 + rng.lognormal(np.log(600), 1.6, count).astype(np.int64)
    joins = rng.random(count) < 0.7 + 0.3 * account.value - 0.2 * account.effort
    leaves = rng.random(count) < DEACTIVATED_SHARE
    stay_days = rng.integers(15, 240, count)
    keenness = rng.lognormal(0, 0.45, count)
    is_free_mail = rng.random(count) < FREE_MAIL_SHARE
    zone_is_known = rng.random(count) >= UNKNOWN_TIME_ZONE_SHARE
    opening = timedelta(hours=OPENING_HOUR_UTC[account.country])
    users = []
    for place in range(count):
        invited_day = account.signed_up_at.date() + timedelta(days=int(wait_days[place]))
        created_at = midnight(invited_day) + opening + timedelta(seconds=int(second[place]))
        delay = timedelta(minutes=int(delay_minutes[place]))
        if place == 0:  # who signs up is in at once
            created_at = account.signed_up_at + timedelta(minutes=15 + int(second[place]) % 45)
            delay = timedelta(minutes=2 + int(delay_minutes[place]) % 88)
        activated_at = created_at + delay if (place == 0 or joins[place]) and created_at + delay < end else None
        left_at = None if activated_at is None else activated_at + timedelta(days=int(stay_days[place]), minutes=7)
        user_name, email = _name_and_email(account, int(name[place]), place + 1, bool(is_free_mail[place]))
        users.append(
            User(
                user_id=f"U{account.account_id[1:]}-{place + 1:03d}",
                account_id=account.account_id,
                user_name=user_name,
                email=email,
                department=departments[department[place]],
                time_zone=TIME_ZONES[account.country] if zone_is_known[place] else None,
                is_administrator=place == 0 or (place % 10 == 1 and account.segment == "enterprise"),
                created_at=created_at,
                activated_at=activated_at,
                deactivated_at=left_at if left_at and left_at < end and place > 0 and leaves[place] else None,
                keenness=float(keenness[place]),
            )
        )
    return users


def _name_and_email(account: Account, name: int, number: int, is_free_mail: bool) -> tuple[str, str]:
    """A name, and an address that nobody else has, whichever accounts share the domain."""
    person, local = person_name(name, account.country)
    tail = f"{int(account.account_id[1:])}.{number}"
    if is_free_mail:
        return person, f"{local}{tail}@{FREE_MAIL_DOMAINS[number % len(FREE_MAIL_DOMAINS)]}"
    return person, f"{local}{tail if account.corporate_group_id else number}@{account.domain}"


def draw_contacts(
    accounts: Sequence[Account], users: Iterable[User], window: Window, rng: np.random.Generator
) -> list[Contact]:
    """One to four people per account; the first ones often are users."""
    users_of = by_account(accounts, users)
    contacts = []
    for account in accounts:
        count = int(rng.integers(2, 5)) if account.segment == "enterprise" else int(rng.integers(1, 3))
        contacts += [
            _drawn_contact(account, place, users_of[account.account_id], window, rng) for place in range(count)
        ]
    return contacts


def _drawn_contact(
    account: Account, place: int, users: Sequence[User], window: Window, rng: np.random.Generator
) -> Contact:
    role = CONTACT_ROLES[place]
    titles = JOB_TITLES[role]
    user = users[place] if place < len(users) and rng.random() < (0.8 if place == 0 else 0.4) else None
    person, local = person_name(int(rng.integers(10_000)), account.country)
    known_at = account.signed_up_at + timedelta(minutes=95 + int(rng.integers(0, 2000 if place == 0 else 60_000)))
    if user is not None and user.created_at > known_at:
        known_at = user.created_at + timedelta(minutes=3)
    left_date = None
    if rng.random() < CONTACT_LEFT_SHARE:
        left_date = max(known_at.date(), window.first_day) + timedelta(days=int(rng.integers(30, window.day_count)))
    return Contact(
        contact_id=f"K{account.account_id[1:]}-{place + 1}",
        account_id=account.account_id,
        user_id=user.user_id if user else None,
        contact_role=role,
        contact_name=user.user_name if user else person,
        email=user.email if user else f"{local}.c{int(account.account_id[1:])}.{place + 1}@{account.domain}",
        job_title=any_of(titles, rng),
        department=user.department if user else "management",
        is_champion=place < 2 and bool(rng.random() < 0.15 + 0.5 * account.value),  # noqa: PLR2004 (the first two)
        known_at=known_at,
        left_date=left_date,
    )


def user_rows(users: Iterable[User]) -> list[Row]:
    """One row per user and state: invited, activated, deactivated."""
    rows = []
    for user in users:
        state: Row = {
            "user_id": user.user_id,
            "account_id": user.account_id,
            "email": user.email,
            "user_name": user.user_name,
            "department": user.department,
            "time_zone": user.time_zone,
            "is_administrator": user.is_administrator,
            "created_at": utc_text(user.created_at),
            "activated_at": None,
            "deactivated_at": None,
            "updated_at": utc_text(user.created_at),
        }
        rows += rows_by_moment(state, {"activated_at": user.activated_at, "deactivated_at": user.deactivated_at})
    return rows


def contact_rows(contacts: Iterable[Contact]) -> list[Row]:
    """One row per contact when we meet, and a second one when the person leaves."""
    rows = []
    for contact in contacts:
        state: Row = {
            "contact_id": contact.contact_id,
            "account_id": contact.account_id,
            "user_id": contact.user_id,
            "contact_role": contact.contact_role,
            "contact_name": contact.contact_name,
            "email": contact.email,
            "job_title": contact.job_title,
            "department": contact.department,
            "is_champion": contact.is_champion,
            "left_date": None,
            "updated_at": utc_text(contact.known_at),
        }
        rows.append(state)
        if contact.left_date is not None:
            heard_at = midnight(contact.left_date) + timedelta(hours=9, minutes=30)
            rows.append({**state, "left_date": contact.left_date.isoformat(), "updated_at": utc_text(heard_at)})
    return rows
