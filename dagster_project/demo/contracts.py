"""The contracts: a trial here and there, then term after term."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.window import Row, Window, chosen, days_after, midnight, utc_text, working_moment

CONTRACT_COLUMNS = (
    "contract_id",
    "account_id",
    "plan_name",
    "billing_frequency",
    "currency_code",
    "is_trial",
    "seat_count",
    "mrr_amount",
    "start_date",
    "end_date",
    "updated_at",
)
CURRENCY_CODE = "JPY"
PLAN_ORDER = ("starter", "business", "enterprise")
SEAT_PRICE = {"starter": Decimal(1480), "business": Decimal(2750), "enterprise": Decimal(4320)}
TERM_DAYS = {"monthly": 30, "quarterly": 90, "annual": 365}
BILLING_FREQUENCIES = {
    "enterprise": {"annual": 0.9, "quarterly": 0.1},
    "smb": {"quarterly": 0.6, "monthly": 0.25, "annual": 0.15},
}
SEATS = {"enterprise": (12, 41), "smb": (3, 13)}  # at signing: lowest, and one above the highest
TRIAL_SHARE = {"enterprise": 0.2, "smb": 0.45}
TRIAL_DAYS = (14, 30)
LAPSE_SHARE = 0.6  # of the trials of customers to whom the product is worth nothing
PLAN_UPGRADE_SHARE = 0.06
HORIZON_DAYS = 60  # terms are drawn until this many days after the last day


@dataclass(frozen=True)
class Contract:
    """One term: live from `start_date` until the day before `end_date`; money per month, seats in people."""

    contract_id: str
    account_id: str
    plan_name: str
    billing_frequency: str
    is_trial: bool
    seat_count: int
    mrr_amount: Decimal
    start_date: date
    end_date: date
    known_at: datetime
    cut_to: date | None = None
    cut_known_at: datetime | None = None

    @property
    def last_end_date(self) -> date:
        """The end that came true: the one signed, or the earlier one."""
        return self.cut_to or self.end_date


def draw_contracts(accounts: Iterable[Account], window: Window, rng: np.random.Generator) -> list[Contract]:
    """Every account's terms without a gap, as if nobody left.

    Only trials that began in the window may lapse.
    """
    return [contract for account in accounts for contract in _drawn_terms(account, window, rng)]


def _drawn_terms(account: Account, window: Window, rng: np.random.Generator) -> list[Contract]:
    horizon = window.last_day + timedelta(days=HORIZON_DAYS)
    signed_up_date = account.signed_up_at.date()
    billing_frequency = chosen(BILLING_FREQUENCIES[account.segment], rng)
    term = timedelta(days=TERM_DAYS[billing_frequency])
    discount = Decimal(int(rng.integers(0, 4)) * 5) / 100
    first = Contract(
        contract_id=f"{account.account_id.replace('A', 'C')}-01",
        account_id=account.account_id,
        plan_name=account.first_plan_name,
        billing_frequency=billing_frequency,
        is_trial=False,
        seat_count=int(rng.integers(*SEATS[account.segment])),
        mrr_amount=Decimal("0.00"),
        start_date=signed_up_date,
        end_date=signed_up_date + term,
        known_at=account.signed_up_at + timedelta(minutes=10),
    )
    terms = [replace(first, mrr_amount=_mrr_amount(first.plan_name, first.seat_count, discount))]
    if rng.random() < TRIAL_SHARE[account.segment]:
        trial_end = days_after(signed_up_date, *TRIAL_DAYS, rng)
        terms = [replace(first, is_trial=True, end_date=trial_end)]
        lapses = rng.random() < LAPSE_SHARE * (1 - account.value)
        if lapses and signed_up_date >= window.first_day and not account.is_test:
            return terms
    while terms[-1].end_date <= horizon:
        terms.append(_next_term(account, terms[-1], term, discount, rng))
    return terms


def _next_term(
    account: Account, last: Contract, term: timedelta, discount: Decimal, rng: np.random.Generator
) -> Contract:
    seat_count, plan_name = last.seat_count, last.plan_name
    if not last.is_trial:
        seat_count = _renewed_seat_count(seat_count, account.value, rng)
        if rng.random() < PLAN_UPGRADE_SHARE:
            plan_name = PLAN_ORDER[min(PLAN_ORDER.index(plan_name) + 1, len(PLAN_ORDER) - 1)]
    lead_days = min(40, (last.end_date - last.start_date).days // 3)
    return replace(
        last,
        contract_id=f"{last.contract_id[:-2]}{int(last.contract_id[-2:]) + 1:02d}",
        plan_name=plan_name,
        is_trial=False,
        seat_count=seat_count,
        mrr_amount=_mrr_amount(plan_name, seat_count, discount),
        start_date=last.end_date,
        end_date=last.end_date + term,
        known_at=working_moment(days_after(last.end_date, -lead_days, -2, rng), account.country, rng),
    )


def _renewed_seat_count(seat_count: int, value: float, rng: np.random.Generator) -> int:
    luck = rng.random()
    if luck < 0.1 + 0.25 * value:
        return seat_count + max(1, round(seat_count * float(rng.uniform(0.1, 0.4))))
    if luck > 0.85 + 0.1 * value:
        return max(2, seat_count - max(1, round(seat_count * float(rng.uniform(0.05, 0.3)))))
    return seat_count


def _mrr_amount(plan_name: str, seat_count: int, discount: Decimal) -> Decimal:
    return (SEAT_PRICE[plan_name] * seat_count * (1 - discount)).quantize(Decimal("0.01"))


def plan_starts(contracts: Iterable[Contract]) -> dict[str, list[tuple[date, str]]]:
    """Start date and plan of every contract in order, by account id."""
    starts: dict[str, list[tuple[date, str]]] = {}
    for contract in contracts:
        starts.setdefault(contract.account_id, []).append((contract.start_date, contract.plan_name))
    return starts


def first_seat_counts(contracts: Iterable[Contract]) -> dict[str, int]:
    """Seats of each account's first contract, by account id."""
    counts: dict[str, int] = {}
    for contract in contracts:
        counts.setdefault(contract.account_id, contract.seat_count)
    return counts


def service_ends(contracts: Iterable[Contract]) -> dict[str, datetime]:
    """The instant at which each account's last contract ends, by account id."""
    return {contract.account_id: midnight(contract.last_end_date) for contract in contracts}


def contract_rows(contracts: Iterable[Contract]) -> list[Row]:
    """One row per contract as signed, and a second one where it ends early."""
    rows = []
    for contract in contracts:
        rows.append(_contract_row(contract, contract.end_date, contract.known_at))
        if contract.cut_to is not None and contract.cut_known_at is not None:
            rows.append(_contract_row(contract, contract.cut_to, contract.cut_known_at))
    return rows


def _contract_row(contract: Contract, end_date: date, updated_at: datetime) -> Row:
    return {
        "contract_id": contract.contract_id,
        "account_id": contract.account_id,
        "plan_name": contract.plan_name,
        "billing_frequency": contract.billing_frequency,
        "currency_code": CURRENCY_CODE,
        "is_trial": contract.is_trial,
        "seat_count": contract.seat_count,
        "mrr_amount": contract.mrr_amount,
        "start_date": contract.start_date.isoformat(),
        "end_date": end_date.isoformat(),
        "updated_at": utc_text(updated_at),
    }
