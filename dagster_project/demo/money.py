"""What customers are billed and pay, what they cost, and what a currency is worth."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS, Account, by_account
from dagster_project.demo.contracts import SEAT_PRICE, TERM_DAYS, YEN_FOR_ONE, Contract
from dagster_project.demo.window import Row, midnight, months_between, next_month, utc_text

if TYPE_CHECKING:
    from dagster_project.demo.block import Block, World

DECEMBER = 12
MONTHS_BILLED = {"monthly": 1, "quarterly": 3, "annual": 12}
BILLING_HOUR = 22  # the day's bills and payments are booked in the evening
LATE_SHARE, LATE_SHARE_OF_LOW_VALUE = 0.03, 0.4  # paid late for certain, and on top where the value is 0
LATE_DAYS = 14.0  # on average, where the payment is late
UNPAID_SHARE = 0.004  # of the bills are never paid
UNPAID_LAST_SHARE = 0.08  # of the last bills of customers who leave with a cause
RATE_STEP, RATE_PULL = 0.014, 0.06  # of the logarithm: standard deviation of a month, and share of the way back
CLOSING_DAY_OFFSET = 4  # a month is closed on the fifth of the next one
SERVICE_SHARE, SEAT_COST_YEN = 0.13, 95.0  # of revenue, and per seat and month
SUPPORT_COST_YEN = {"enterprise": 42_000.0, "smb": 7_500.0}  # a month at a middling effort
SETTLING_MONTHS, SETTLING_FACTOR = 3, 1.6
ACQUISITION_MONTHS = (2.0, 5.0)  # the cost of winning an account, in months of its list price
ACQUISITION_FACTOR = {"referral": 0.45, "search": 0.8, "webinar": 0.9, "partner": 1.1, "outbound": 1.5}
EXTENSION_MONTHS = 0.25  # the cost of a renewal of a year, in months of its price


def draw_rates(world: "World") -> dict[tuple[str, date], Decimal]:
    """Yen for one unit by currency and first day of the month, from before the first sign-up to the last day."""
    months = list(
        months_between(world.window.first_day - timedelta(days=LONGEST_HISTORY_DAYS + 31), world.window.last_day)
    )
    rates: dict[tuple[str, date], Decimal] = {}
    for code, middle in YEN_FOR_ONE.items():
        rng = world.generator(f"currency_rates/{code}")
        distance = 0.0
        for month in months:
            rates[code, month] = (middle * Decimal(float(np.exp(distance)))).quantize(Decimal("0.01"))
            if code != "JPY":
                distance = distance * (1 - RATE_PULL) + float(rng.normal(0, RATE_STEP))
    return rates


def currency_rate_rows(world: "World") -> list[Row]:
    """One row per currency and month, known as the month begins."""
    return [
        {
            "currency_code": code,
            "rate_date": month.isoformat(),
            "reporting_rate": rate,
            "updated_at": utc_text(midnight(month) + timedelta(minutes=5)),
        }
        for (code, month), rate in draw_rates(world).items()
    ]


def invoice_rows(block: "Block", accounts: list[Account]) -> list[Row]:
    """Rows of the invoices of paid terms, billed in advance: issued, and paid where they ever are."""
    rng = block.generator("commerce/invoices")
    rows: list[Row] = []
    for account in accounts:
        bills = _bills(block.contracts_of[account.account_id])
        if bills:
            rows += _invoices(block, account, bills, f"I{account.account_id[1:]}", rng)
    for letter, terms in (("A", block.second_terms), ("R", block.returned_terms)):
        rows += _further_invoices(block, accounts, letter, terms)
    return rows


def _further_invoices(block: "Block", accounts: list[Account], letter: str, terms: Sequence[Contract]) -> Iterator[Row]:
    rng = block.generator(f"commerce/invoices/{letter}")
    terms_of = by_account(accounts, terms)
    for account in accounts:
        bills = _bills(terms_of[account.account_id])
        if bills:
            yield from _invoices(block, account, bills, f"I{account.account_id[1:]}-{letter}", rng)


def _bills(contracts: list[Contract]) -> list[tuple[Contract, date, Decimal]]:
    """Contract, first day and amount of every bill; the price of a one-off sale comes once, with its first term."""
    bills: list[tuple[Contract, date, Decimal]] = []
    for contract in contracts:
        if contract.is_trial:
            continue
        if contract.one_off_amount is not None and contract.previous_contract_id is None:
            bills.append((contract, contract.start_date, contract.one_off_amount))
        begin = contract.start_date
        while begin < contract.last_end_date:
            bills.append((contract, begin, contract.mrr_amount * MONTHS_BILLED[contract.billing_frequency]))
            begin += timedelta(days=TERM_DAYS[contract.billing_frequency])
    return bills


def _invoices(
    block: "Block",
    account: Account,
    bills: list[tuple[Contract, date, Decimal]],
    prefix: str,
    rng: np.random.Generator,
) -> list[Row]:
    count = len(bills)
    issue_days, early_days = rng.integers(0, 4, count), rng.integers(0, 11, count)
    late_days, luck = np.ceil(rng.exponential(LATE_DAYS, count)).astype(np.int64), rng.random((2, count))
    ending = block.endings.get(account.account_id)
    rows: list[Row] = []
    for place, (contract, begin, amount) in enumerate(bills):
        issued = begin + timedelta(days=int(issue_days[place]))
        if _booking_moment(issued) <= contract.known_at:
            issued = contract.known_at.date() + timedelta(days=1)
        due = next_month(next_month(issued)) - timedelta(days=1)
        is_late = luck[0, place] < LATE_SHARE + LATE_SHARE_OF_LOW_VALUE * (1 - account.value_on(issued)) ** 2
        days = int(late_days[place]) if is_late else -int(early_days[place])
        is_last = place == count - 1 and ending is not None and ending.has_cause
        is_paid = luck[1, place] >= (UNPAID_LAST_SHARE if is_last else UNPAID_SHARE)
        paid = due + timedelta(days=days) if is_paid else None
        rows += _invoice_versions(f"{prefix}-{place + 1:03d}", contract, amount, (issued, due, paid))
    return rows


def _invoice_versions(
    invoice_id: str, contract: Contract, amount: Decimal, dates: tuple[date, date, date | None]
) -> list[Row]:
    issued, due, paid = dates
    row: Row = {
        "invoice_id": invoice_id,
        "account_id": contract.account_id,
        "contract_id": contract.contract_id,
        "currency_code": contract.currency_code,
        "invoice_amount": amount,
        "issued_date": issued.isoformat(),
        "due_date": due.isoformat(),
        "paid_date": None,
        "updated_at": _booked(issued),
    }
    return [row] if paid is None else [row, {**row, "paid_date": paid.isoformat(), "updated_at": _booked(paid)}]


def _booked(day: date) -> str | None:
    return utc_text(_booking_moment(day))


def _booking_moment(day: date) -> datetime:
    return midnight(day) + timedelta(hours=BILLING_HOUR)


def account_cost_rows(block: "Block", accounts: list[Account]) -> list[Row]:
    """One row in yen per account and month of service, known when the month is closed."""
    rng, further_rng = block.generator("commerce/account_costs"), block.generator("commerce/account_costs/R")
    rates, last_day = draw_rates(block.world), block.window.last_day
    second_of, returned_of = by_account(accounts, block.second_terms), by_account(accounts, block.returned_terms)
    rows: list[Row] = []
    for account in accounts:
        contracts, returned = block.contracts_of[account.account_id], returned_of[account.account_id]
        if contracts:
            rows += _costs(account, contracts, second_of[account.account_id], last_day=last_day, rates=rates, rng=rng)
        if returned:
            rows += _costs(account, returned, [], last_day=last_day, rates=rates, rng=further_rng)
    return rows


def _costs(
    account: Account,
    contracts: list[Contract],
    beside: list[Contract],
    *,
    last_day: date,
    rates: dict[tuple[str, date], Decimal],
    rng: np.random.Generator,
) -> list[Row]:
    end = min(last_day, contracts[-1].last_end_date - timedelta(days=1))
    months = list(months_between(contracts[0].start_date, end))
    revenue, seats, extension = dict.fromkeys(months, 0.0), dict.fromkeys(months, 0.0), dict.fromkeys(months, 0.0)
    for contract in [*contracts, *beside]:
        _add_term(contract, rates, revenue, seats, extension)
    noise = rng.lognormal(0, 0.3, (2, len(months)))
    extension[months[0]] = _acquisition_cost(account, contracts[0], rng)
    rows: list[Row] = []
    for place, month in enumerate(months):
        service = SERVICE_SHARE * revenue[month] * noise[0, place] + SEAT_COST_YEN * seats[month]
        settling = SETTLING_FACTOR if place < SETTLING_MONTHS else 1.0
        burden = 0.4 + 1.2 * account.effort + 0.4 * account.trouble + 0.3 * account.attention
        support = SUPPORT_COST_YEN[account.segment] * burden * settling * noise[1, place]
        rows.append(_cost_row(account, month, revenue[month], (service, support, extension[month])))
    return rows


def _add_term(
    contract: Contract,
    rates: dict[tuple[str, date], Decimal],
    revenue: dict[date, float],
    seats: dict[date, float],
    extension: dict[date, float],
) -> None:
    """Add a term's revenue in yen, its seats (both by share of the month) and the cost of its renewal."""
    for month in months_between(contract.start_date, contract.last_end_date - timedelta(days=1)):
        if month not in revenue:
            break
        first, end = max(contract.start_date, month), min(contract.last_end_date, next_month(month))
        share = (end - first).days / monthrange(month.year, month.month)[1]
        rate = float(rates[contract.currency_code, month])
        revenue[month] += float(contract.mrr_amount) * rate * share
        seats[month] += contract.seat_count * share
        if first == contract.start_date:
            is_first = contract.previous_contract_id is None
            revenue[month] += float(contract.one_off_amount or 0) * rate if is_first else 0.0
            is_yearly = contract.billing_frequency == "annual" and not is_first
            extension[month] += float(contract.mrr_amount) * rate * EXTENSION_MONTHS if is_yearly else 0.0


def _acquisition_cost(account: Account, contract: Contract, rng: np.random.Generator) -> float:
    list_price = float(SEAT_PRICE[contract.plan_name]) * contract.seat_count
    return list_price * float(rng.uniform(*ACQUISITION_MONTHS)) * ACQUISITION_FACTOR[account.acquisition_channel]


def _cost_row(account: Account, month: date, revenue: float, costs: tuple[float, float, float]) -> Row:
    service, support, acquisition = (Decimal(round(cost)) for cost in costs)
    closed = midnight(next_month(month) + timedelta(days=CLOSING_DAY_OFFSET)) + timedelta(hours=9)
    return {
        "account_id": account.account_id,
        "cost_month_date": month.isoformat(),
        "currency_code": "JPY",
        "service_cost_amount": service,
        "support_cost_amount": support,
        "acquisition_cost_amount": acquisition,
        "margin_amount": Decimal(round(revenue)) - service,
        "updated_at": utc_text(closed),
    }
