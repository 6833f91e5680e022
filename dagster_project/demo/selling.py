"""What becomes of each contract, the deals that sales works on, and who recommends us."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.demo.accounts import DAYS_PER_YEAR, Account
from dagster_project.demo.assignments import Assignment
from dagster_project.demo.contracts import SEAT_PRICE, YEN_FOR_ONE, Contract
from dagster_project.demo.settling import Decision
from dagster_project.demo.window import Row, days_after, midnight, utc_text, working_moment

if TYPE_CHECKING:
    from dagster_project.demo.block import Block

CREATED_DAYS_BEFORE_END = {"annual": (80, 120), "quarterly": (31, 50)}  # a monthly term renews by itself
GROWTH_SHARE = 0.8  # of the growth at a renewal is a deal of its own
GROWTH_LEAD_DAYS = (15, 70)
NEW_LEAD_DAYS = (15, 75)
SECOND_LEAD_DAYS = (20, 70)
LOST_RATE = {"enterprise": 0.8, "smb": 0.35}  # offers turned down, a year, at a value of 0
DEAL_DAYS = (14, 80)
EXPANSION_SHARE = 0.6  # of the offers turned down; the others are cross-sells
DECLINED_SHARE = 0.6  # of the accounts of groups, at a fit of 0
MONTHS = 12
REFERRAL_RATE, REFERRAL_POWER = 0.9, 4.0  # recommendations a year at a value of 1, and how steeply they fall with it
REFERRED_DAYS_BEFORE = (10, 70)
REFERRAL_CHANNEL = "referral"

Spans = dict[str, list[tuple[date, date, str]]]


def contract_outcome_rows(decisions: Sequence[Decision]) -> list[Row]:
    """One row per decision."""
    return [
        {
            "contract_id": told.contract.contract_id,
            "account_id": told.contract.account_id,
            "renewed_by_contract_id": told.follower.contract_id if told.follower else None,
            "outcome": told.outcome,
            "due_date": told.contract.last_end_date.isoformat(),
            "decided_date": told.decided_date.isoformat(),
            "updated_at": utc_text(told.known_at),
        }
        for told in decisions
    ]


@dataclass(frozen=True)
class Deal:
    """An opportunity; `final_stage` is none where it is not decided. The amount is a year's."""

    kind: str
    contract: Contract
    owner_id: str | None
    amount: Decimal
    created_date: date
    due_date: date
    final_stage: str | None
    close_date: date | None
    closed_at: datetime | None = None
    won_contract_id: str | None = None
    """The contract that came of it, where that is another one."""


def opportunity_rows(
    block: "Block", accounts: Sequence[Account], decisions: Sequence[Decision], assignments: Sequence[Assignment]
) -> list[Row]:
    """Rows of the opportunities: open, proposed, then won, lost or declined."""
    rng = block.generator("commerce/opportunities")
    managers = _manager_spans(assignments)
    decided: dict[str, dict[str, Decision]] = {account.account_id: {} for account in accounts}
    for told in decisions:
        decided[told.contract.account_id][told.contract.contract_id] = told
    rows: list[Row] = []
    for account in accounts:
        contracts = block.contracts_of[account.account_id]
        if not contracts:
            continue
        last_day = block.window.last_day
        deals = [*_new_deals(account, contracts, last_day, rng)]
        deals += _renewals(contracts, decided[account.account_id], rng)
        deals += _growth(list(decided[account.account_id].values()), rng)
        deals += _turned_down(account, contracts, last_day, rng)
        deals.sort(key=lambda deal: deal.created_date)
        for number, deal in enumerate(deals, start=1):
            owner_id = deal.owner_id or _manager_on(managers, account.account_id, deal.created_date)
            rows += _deal_rows(f"OP{account.account_id[1:]}-{number:03d}", account, deal, owner_id, rng)
    return rows


def further_opportunity_rows(
    block: "Block", accounts: Sequence[Account], assignments: Sequence[Assignment]
) -> list[Row]:
    """Rows of the opportunities won with a second product, and with customers who came back."""
    rng = block.generator("commerce/further_opportunities")
    managers = _manager_spans(assignments)
    rows: list[Row] = []
    for account in accounts:
        number = account.account_id[1:]
        for deal in _second_deals(block, account, rng):
            owner_id = _manager_on(managers, account.account_id, deal.created_date)
            rows += _deal_rows(f"OP{number}-A01", account, deal, owner_id, rng)
        for deal in _return_deals(block, account, rng):
            rows += _deal_rows(f"OP{number}-R01", account, deal, deal.owner_id, rng)
    return rows


def _second_deals(block: "Block", account: Account, rng: np.random.Generator) -> Iterator[Deal]:
    """A cross-sell besides the contract that was in force as the sale began."""
    paid = [contract for contract in block.contracts_of[account.account_id] if not contract.is_trial]
    for term in _first_terms(block.second_terms, account):
        created = days_after(term.signed_date, -SECOND_LEAD_DAYS[1], -SECOND_LEAD_DAYS[0], rng)
        created = max(created, paid[0].settled_date + timedelta(days=1))
        contract = next(contract for contract in reversed(paid) if contract.settled_date <= created)
        yield Deal(
            *("cross_sell", contract, None, term.mrr_amount * MONTHS, created, term.start_date),
            *("won", term.signed_date, term.known_at + timedelta(minutes=30), term.contract_id),
        )


def _return_deals(block: "Block", account: Account, rng: np.random.Generator) -> Iterator[Deal]:
    for term in _first_terms(block.returned_terms, account):
        created = days_after(term.signed_date, -NEW_LEAD_DAYS[1], -NEW_LEAD_DAYS[0], rng)
        yield Deal(
            *("new", term, account.seller_owner_id, term.mrr_amount * MONTHS, created, term.start_date),
            *("won", term.signed_date, term.known_at + timedelta(minutes=30)),
        )


def _first_terms(terms: Sequence[Contract], account: Account) -> list[Contract]:
    return [term for term in terms if term.account_id == account.account_id and term.previous_contract_id is None]


def _manager_spans(assignments: Sequence[Assignment]) -> Spans:
    spans: Spans = {}
    for told in assignments:
        if told.role == "account_manager":
            end = told.end_date or date.max
            spans.setdefault(told.account_id, []).append((told.start_date, end, told.owner_id))
    return spans


def _manager_on(spans: Spans, account_id: str, day: date) -> str | None:
    return next((owner_id for begin, end, owner_id in spans.get(account_id, []) if begin <= day < end), None)


def _new_deals(account: Account, contracts: list[Contract], last_day: date, rng: np.random.Generator) -> Iterator[Deal]:
    """Won with the first paid term; lost where the trial lapses. What needs no trial is entered when it is signed."""
    trial = contracts[0] if contracts[0].is_trial else None
    paid = next((contract for contract in contracts if not contract.is_trial), None)
    created = trial.start_date if trial else days_after(contracts[0].start_date, -NEW_LEAD_DAYS[1], -15, rng)
    amount = (paid.mrr_amount if paid else _list_price(contracts[0])) * MONTHS
    if paid is not None:
        closed_at = paid.known_at + timedelta(minutes=30)
        yield Deal(
            "new", paid, account.seller_owner_id, amount, created, paid.start_date, "won", paid.signed_date, closed_at
        )
    elif trial is not None and trial.end_date <= last_day:
        yield Deal("new", trial, account.seller_owner_id, amount, created, trial.end_date, "lost", trial.end_date, None)


def _list_price(contract: Contract) -> Decimal:
    """A month's price without a discount, in the contract's currency."""
    price = SEAT_PRICE[contract.plan_name] / YEN_FOR_ONE[contract.currency_code]
    return (price * contract.seat_count).quantize(Decimal("0.01"))


def _renewals(contracts: list[Contract], decided: dict[str, Decision], rng: np.random.Generator) -> Iterator[Deal]:
    for contract in contracts:
        lead_days = CREATED_DAYS_BEFORE_END.get(contract.billing_frequency)
        if contract.is_trial or lead_days is None:
            continue
        created = days_after(contract.end_date, -lead_days[1], -lead_days[0], rng)
        told, amount = decided.get(contract.contract_id), contract.mrr_amount * MONTHS
        if told is None:
            yield Deal("renewal", contract, None, amount, created, contract.end_date, None, None)
        elif created < told.decided_date:
            stage = "won" if told.follower else "lost"
            yield Deal(
                *("renewal", contract, None, amount, created, contract.end_date),
                *(stage, told.decided_date, told.known_at + timedelta(minutes=20)),
            )


def _growth(decisions: Sequence[Decision], rng: np.random.Generator) -> Iterator[Deal]:
    """A renewal for more money: a cross-sell where the plan changes, else an expansion."""
    for told in decisions:
        luck, lead_days = rng.random(), int(rng.integers(*GROWTH_LEAD_DAYS))
        if told.follower is None or luck >= GROWTH_SHARE:
            continue
        amount = (told.follower.mrr_amount - told.contract.mrr_amount) * MONTHS
        created = (told.follower.expected_date or told.follower.signed_date) - timedelta(days=lead_days)
        if amount <= 0 or created <= told.contract.start_date:
            continue
        created = max(created, told.contract.settled_date + timedelta(days=1))
        kind = "expansion" if told.follower.plan_name == told.contract.plan_name else "cross_sell"
        yield Deal(
            *(kind, told.contract, None, amount, created, told.contract.end_date),
            *("won", told.follower.signed_date, told.follower.known_at + timedelta(minutes=40)),
        )


def _turned_down(
    account: Account, contracts: list[Contract], last_day: date, rng: np.random.Generator
) -> Iterator[Deal]:
    """Offers that the customer turns down, the more the lower the value; and subsidiaries that we decline."""
    paid = [contract for contract in contracts if not contract.is_trial]
    if not paid:
        return
    first, end = paid[0].start_date, min(paid[-1].last_end_date, last_day)
    years = (end - first).days / DAYS_PER_YEAR
    for _ in range(int(rng.poisson(max(0.0, LOST_RATE[account.segment] * (1.1 - account.value) * years)))):
        kind = "expansion" if rng.random() < EXPANSION_SHARE else "cross_sell"
        yield from _failed(kind, "lost", paid, (first, end), rng)
    is_in_group = account.corporate_group_id is not None
    if is_in_group and rng.random() < DECLINED_SHARE * (1 - account.fit):
        yield from _failed("new", "declined", paid, (first, end), rng)


def _failed(
    kind: str, stage: str, paid: list[Contract], span: tuple[date, date], rng: np.random.Generator
) -> Iterator[Deal]:
    room = (span[1] - span[0]).days - DEAL_DAYS[1]
    if room <= 0:
        return
    created = span[0] + timedelta(days=int(rng.integers(0, room)))
    close = days_after(created, *DEAL_DAYS, rng)
    contract = next(contract for contract in reversed(paid) if contract.settled_date <= created)
    share = Decimal(int(rng.integers(5, 31))) / 100
    amount = (contract.mrr_amount * MONTHS * share).quantize(Decimal("0.01"))
    yield Deal(kind, contract, None, amount, created, close, stage, close)


def _deal_rows(
    opportunity_id: str, account: Account, deal: Deal, owner_id: str | None, rng: np.random.Generator
) -> list[Row]:
    is_new = deal.kind == "new"
    row: Row = {
        "opportunity_id": opportunity_id,
        "account_id": account.account_id,
        "contract_id": None if is_new else deal.contract.contract_id,
        "owner_id": owner_id,
        "opportunity_kind": deal.kind,
        "stage": "open",
        "currency_code": deal.contract.currency_code,
        "opportunity_amount": deal.amount,
        "created_date": deal.created_date.isoformat(),
        "close_date": deal.due_date.isoformat(),
    }
    proposed = _proposed_date(deal, rng)
    states: list[tuple[datetime, Row]] = []
    entered_at = account.signed_up_at + timedelta(minutes=20)
    for stage, day in (("open", deal.created_date), ("proposed", proposed)):
        if day is not None and day >= entered_at.date():
            moment = max(entered_at, working_moment(day, account.country, rng))
            states.append((moment, {**row, "stage": stage}))
    if deal.final_stage is not None and deal.close_date is not None:
        closed_at = deal.closed_at or working_moment(deal.close_date, account.country, rng)
        won_contract_id = deal.won_contract_id or deal.contract.contract_id
        won: Row = {"contract_id": won_contract_id} if deal.final_stage == "won" else {}
        final = {**row, **won, "stage": deal.final_stage, "close_date": deal.close_date.isoformat()}
        states = [state for state in states if state[0] < closed_at]
        states.append((closed_at, final))
    return [{**state, "updated_at": utc_text(moment)} for moment, state in states]


def _proposed_date(deal: Deal, rng: np.random.Generator) -> date | None:
    """Between the creation and the close; none where there is no room, or where we decline."""
    room = ((deal.close_date or deal.due_date) - deal.created_date).days
    share = float(rng.uniform(0.3, 0.8))
    day = deal.created_date + timedelta(days=round(room * share))
    return day if deal.created_date < day and deal.final_stage != "declined" else None


def referral_rows(block: "Block", accounts: Sequence[Account]) -> list[Row]:
    """Rows of recommendations: given, and fruitful where an account of the block came of it.

    Accounts won by referral each have one who recommended us, mostly of high value; others recommend in vain.
    """
    rng = block.generator("commerce/referrals")
    given: dict[str, list[tuple[date, Account | None]]] = {account.account_id: [] for account in accounts}
    weights = np.array([account.value for account in accounts]) ** REFERRAL_POWER
    for account in accounts:
        if account.acquisition_channel == REFERRAL_CHANNEL:
            day = account.signed_up_at.date() - timedelta(days=int(rng.integers(*REFERRED_DAYS_BEFORE)))
            live = weights * np.array([_is_live_on(block, other, day) for other in accounts])
            if live.sum() > 0:
                giver = accounts[int(rng.choice(len(accounts), p=live / live.sum()))]
                given[giver.account_id].append((day, account))
    for account in accounts:
        first, last = block.live_span(account)
        years = max(0, (last - first).days) / DAYS_PER_YEAR
        for _ in range(int(rng.poisson(REFERRAL_RATE * account.value**REFERRAL_POWER * years))):
            given[account.account_id].append((days_after(first, 0, (last - first).days, rng), None))
    return [row for account in accounts for row in _referrals_of(account, given[account.account_id], rng)]


def _is_live_on(block: "Block", account: Account, day: date) -> bool:
    contracts = block.contracts_of[account.account_id]
    return bool(contracts) and contracts[0].start_date < day < contracts[-1].last_end_date


def _referrals_of(
    account: Account, given: list[tuple[date, Account | None]], rng: np.random.Generator
) -> Iterator[Row]:
    for number, (day, won) in enumerate(sorted(given, key=lambda told: told[0]), start=1):
        row: Row = {
            "referral_id": f"RF{account.account_id[1:]}-{number:02d}",
            "account_id": account.account_id,
            "referred_account_id": None,
            "referral_kind": _referral_kind(account, won, rng),
            "referred_date": day.isoformat(),
            "updated_at": utc_text(working_moment(day, account.country, rng)),
        }
        yield row
        if won is not None:
            known_at = max(won.signed_up_at + timedelta(hours=2), midnight(day) + timedelta(days=2))
            yield {**row, "referred_account_id": won.account_id, "updated_at": utc_text(known_at)}


def _referral_kind(account: Account, won: Account | None, rng: np.random.Generator) -> str:
    if won is None:
        return ("department", "affiliate", "other_company")[int(rng.integers(3))]
    is_affiliate = account.corporate_group_id is not None and account.corporate_group_id == won.corporate_group_id
    return "affiliate" if is_affiliate else "other_company"
