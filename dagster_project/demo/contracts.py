"""The contracts: a trial here and there, then term after term."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.window import (
    Row,
    Window,
    chosen,
    days_after,
    midnight,
    rows_by_moment,
    utc_text,
    working_moment,
)

MAIN_PRODUCT = "Core"
PLAN_ORDER = ("starter", "business", "enterprise")
SEAT_PRICE = {"starter": Decimal(1480), "business": Decimal(2750), "enterprise": Decimal(4320)}
YEN_FOR_ONE = {"JPY": Decimal(1), "USD": Decimal(150), "EUR": Decimal(163)}  # for the price list, not for accounting
FOREIGN_CURRENCIES = {"US": ("USD", 0.5), "DE": ("EUR", 0.7), "GB": ("USD", 0.2)}
ONE_OFF_SHARE = 0.08
ONE_OFF_MONTHS = 40  # the price of a one-off sale is so many months of its maintenance
TERM_DAYS = {"monthly": 30, "quarterly": 90, "annual": 365}
BILLING_FREQUENCIES = {
    "enterprise": {"annual": 0.85, "quarterly": 0.15},
    "smb": {"quarterly": 0.55, "monthly": 0.25, "annual": 0.2},
}
SEATS = {"enterprise": (25, 121), "smb": (4, 21)}  # at signing: lowest, and one above the highest
TRIAL_SHARE = {"enterprise": 0.2, "smb": 0.45}
TRIAL_DAYS = (14, 30)
LAPSE_SHARE = 0.75  # of the trials of customers to whom the product is worth nothing
QUICK_HOURS = 24  # who finishes onboarding within a day stays more often
QUICK_LAPSE_CHANGE, SLOW_LAPSE_CHANGE = -0.25, 0.12
PLAN_UPGRADE_SHARE = 0.06
HORIZON_DAYS = 60  # terms are drawn until this many days after the last day


@dataclass(frozen=True)
class Contract:
    """One term: live from `start_date` until the day before `end_date`; money per month, seats in people.

    A product without seats has none. `expected_date` is set where the signature came late: when it was expected.
    """

    contract_id: str
    account_id: str
    previous_contract_id: str | None
    contract_model: str
    plan_name: str
    billing_frequency: str
    currency_code: str
    is_trial: bool
    seat_count: int
    mrr_amount: Decimal
    one_off_amount: Decimal | None
    signed_date: date
    start_date: date
    end_date: date
    known_at: datetime
    cut_to: date | None = None
    cut_known_at: datetime | None = None
    expected_date: date | None = None
    product_name: str = MAIN_PRODUCT

    @property
    def last_end_date(self) -> date:
        """The end that came true: the one signed, or the earlier one."""
        return self.cut_to or self.end_date

    @property
    def renewal_lead_days(self) -> int:
        """So many days before the end the one that follows is signed at the soonest."""
        return min(40, (self.end_date - self.start_date).days // 3)

    @property
    def settled_date(self) -> date:
        """The first day on which the contract is both live and signed."""
        return max(self.start_date, self.signed_date)


@dataclass(frozen=True)
class Trial:
    """A trial and what became of it; a moment is none where it never comes."""

    trial_id: str
    account_id: str
    user_id: str
    plan_name: str
    signed_up_at: datetime
    onboarding_finished_at: datetime | None
    ends_at: datetime
    converted_at: datetime | None


def draw_contracts(
    accounts: Iterable[Account], window: Window, rng: np.random.Generator
) -> tuple[list[Contract], list[Trial]]:
    """Every account's terms without a gap, as if nobody left, and the trials that came first.

    Only trials that began in the window may lapse.
    """
    contracts: list[Contract] = []
    trials: list[Trial] = []
    for account in accounts:
        terms, trial = _drawn_terms(account, window, rng)
        contracts += terms
        trials += [trial] if trial else []
    return contracts, trials


def _drawn_terms(account: Account, window: Window, rng: np.random.Generator) -> tuple[list[Contract], Trial | None]:
    horizon = window.last_day + timedelta(days=HORIZON_DAYS)
    discount = Decimal(int(rng.integers(0, 4)) * 5) / 100
    first = _first_term(account, discount, rng)
    if rng.random() >= TRIAL_SHARE[account.segment]:
        return _terms_after([first], account, discount, horizon, rng), None
    trial_end = days_after(first.start_date, *TRIAL_DAYS, rng)
    trial_term = replace(
        first,
        is_trial=True,
        mrr_amount=Decimal("0.00"),
        contract_model="subscription",
        one_off_amount=None,
        end_date=trial_end,
    )
    finished_at = _onboarding_end(account, trial_end, rng)
    lapse_share = LAPSE_SHARE * (1 - account.value)
    is_quick = finished_at is not None and finished_at - account.signed_up_at <= timedelta(hours=QUICK_HOURS)
    lapse_share += QUICK_LAPSE_CHANGE if is_quick else SLOW_LAPSE_CHANGE
    may_lapse = first.start_date >= window.first_day and account.is_customer
    terms = [trial_term]
    if not (rng.random() < lapse_share and may_lapse):
        paid = _next_term(account, replace(first, end_date=trial_end), discount, rng)
        paid = replace(paid, previous_contract_id=None, seat_count=first.seat_count, plan_name=first.plan_name)
        paid = _priced(paid, discount)
        terms = _terms_after([trial_term, paid], account, discount, horizon, rng)
    trial = Trial(
        trial_id=f"TR{account.account_id[1:]}",
        account_id=account.account_id,
        user_id=f"U{account.account_id[1:]}-001",
        plan_name=first.plan_name,
        signed_up_at=account.signed_up_at,
        onboarding_finished_at=finished_at,
        ends_at=midnight(trial_end),
        converted_at=terms[1].known_at if len(terms) > 1 else None,
    )
    return terms, trial


def _onboarding_end(account: Account, trial_end: date, rng: np.random.Generator) -> datetime | None:
    """Within hours where the product asks little effort, within days or never where it asks much."""
    hours = 2.6 + float(rng.lognormal(np.log(3 + 60 * account.effort**1.5), 0.9))
    is_finished = rng.random() < 0.97 - 0.3 * account.effort
    finished_at = account.signed_up_at + timedelta(seconds=int(hours * 3600))
    return finished_at if is_finished and finished_at < midnight(trial_end) else None


def _first_term(account: Account, discount: Decimal, rng: np.random.Generator) -> Contract:
    billing_frequency = chosen(BILLING_FREQUENCIES[account.segment], rng)
    currency_code, share = FOREIGN_CURRENCIES.get(account.country, ("JPY", 1.0))
    signed_up_date = account.signed_up_at.date()
    first = Contract(
        contract_id=f"C{account.account_id[1:]}-01",
        account_id=account.account_id,
        previous_contract_id=None,
        contract_model="one_off" if rng.random() < ONE_OFF_SHARE else "subscription",
        plan_name=account.first_plan_name,
        billing_frequency=billing_frequency,
        currency_code=currency_code if rng.random() < share else "JPY",
        is_trial=False,
        seat_count=int(rng.integers(*SEATS[account.segment])),
        mrr_amount=Decimal("0.00"),
        one_off_amount=None,
        signed_date=signed_up_date,
        start_date=signed_up_date,
        end_date=signed_up_date + timedelta(days=TERM_DAYS[billing_frequency]),
        known_at=account.signed_up_at + timedelta(minutes=10),
    )
    return _priced(first, discount)


def _terms_after(
    terms: list[Contract], account: Account, discount: Decimal, horizon: date, rng: np.random.Generator
) -> list[Contract]:
    while terms[-1].end_date <= horizon:
        terms.append(_next_term(account, terms[-1], discount, rng))
    return terms


def _next_term(account: Account, last: Contract, discount: Decimal, rng: np.random.Generator) -> Contract:
    seat_count = _renewed_seat_count(last.seat_count, account.value_on(last.end_date), rng)
    plan_name = last.plan_name
    if rng.random() < PLAN_UPGRADE_SHARE:
        plan_name = PLAN_ORDER[min(PLAN_ORDER.index(plan_name) + 1, len(PLAN_ORDER) - 1)]
    signed_date = days_after(last.end_date, -last.renewal_lead_days, -2, rng)
    term = replace(
        last,
        contract_id=f"{last.contract_id[:-2]}{int(last.contract_id[-2:]) + 1:02d}",
        previous_contract_id=last.contract_id,
        plan_name=plan_name,
        seat_count=seat_count,
        signed_date=signed_date,
        start_date=last.end_date,
        end_date=last.end_date + timedelta(days=TERM_DAYS[last.billing_frequency]),
        known_at=working_moment(signed_date, account.country, rng),
    )
    return _priced(term, discount)


def _renewed_seat_count(seat_count: int, value: float, rng: np.random.Generator) -> int:
    luck = rng.random()
    if luck < 0.1 + 0.25 * value:
        return seat_count + max(1, round(seat_count * float(rng.uniform(0.05, 0.2))))
    if luck > 0.85 + 0.1 * value:
        return max(2, seat_count - max(1, round(seat_count * float(rng.uniform(0.05, 0.3)))))
    return seat_count


def _priced(contract: Contract, discount: Decimal) -> Contract:
    """With the monthly price by plan and seats in the contract's currency; the sale's own price stays as it was."""
    price = SEAT_PRICE[contract.plan_name] / YEN_FOR_ONE[contract.currency_code]
    mrr_amount = (price * contract.seat_count * (1 - discount)).quantize(Decimal("0.01"))
    one_off_amount = contract.one_off_amount
    if contract.contract_model == "one_off":
        mrr_amount = (mrr_amount / 4).quantize(Decimal("0.01"))
        one_off_amount = one_off_amount or mrr_amount * ONE_OFF_MONTHS
    return replace(contract, mrr_amount=mrr_amount, one_off_amount=one_off_amount)


def plan_starts(contracts: Iterable[Contract]) -> dict[str, list[tuple[date, str]]]:
    """Start date and plan of every contract in order, by account id; a late one starts with its signature."""
    starts: dict[str, list[tuple[date, str]]] = {}
    for contract in contracts:
        starts.setdefault(contract.account_id, []).append((contract.settled_date, contract.plan_name))
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
        "previous_contract_id": contract.previous_contract_id,
        "contract_model": contract.contract_model,
        "product_name": contract.product_name,
        "plan_name": contract.plan_name,
        "billing_frequency": contract.billing_frequency,
        "currency_code": contract.currency_code,
        "is_trial": contract.is_trial,
        "seat_count": contract.seat_count or None,
        "mrr_amount": contract.mrr_amount,
        "one_off_amount": contract.one_off_amount,
        "signed_date": contract.signed_date.isoformat(),
        "start_date": contract.start_date.isoformat(),
        "end_date": end_date.isoformat(),
        "updated_at": utc_text(updated_at),
    }


def trial_rows(trials: Sequence[Trial]) -> list[Row]:
    """One row per trial and state: signed up, onboarded, converted."""
    rows: list[Row] = []
    for trial in trials:
        state: Row = {
            "trial_id": trial.trial_id,
            "account_id": trial.account_id,
            "user_id": trial.user_id,
            "plan_name": trial.plan_name,
            "signed_up_at": utc_text(trial.signed_up_at),
            "onboarding_finished_at": None,
            "ends_at": utc_text(trial.ends_at),
            "converted_at": None,
            "updated_at": utc_text(trial.signed_up_at + timedelta(hours=1)),
        }
        rows += rows_by_moment(
            state, {"onboarding_finished_at": trial.onboarding_finished_at, "converted_at": trial.converted_at}
        )
    return rows
