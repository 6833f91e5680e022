"""Late signatures, a second product and customers who come back: told in time, and nothing else of the world moves."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest

from dagster_project.demo import dirt, returning, second_product, settling, usage
from dagster_project.demo.block import Block, Rows, World
from dagster_project.demo.company import block_rows, draw_block
from dagster_project.demo.contracts import MAIN_PRODUCT, Contract
from dagster_project.demo.second_product import SECOND_PRODUCT
from dagster_project.demo.settling import Decision
from dagster_project.demo.window import Row

TINY = World(20, 60, date(2026, 6, 30), 3)
SALES_ENTITIES = {"contracts", "contract_outcomes", "invoices", "account_costs", "opportunities"}


def _late(block: Block) -> list[Decision]:
    return [told for told in block.decisions if told.is_late]


def _known(rows: list[Row], day: date) -> list[Row]:
    return [row for row in rows if str(row["updated_at"])[:10] <= day.isoformat()]


def _first_terms(terms: list[Contract]) -> list[Contract]:
    return [term for term in terms if term.previous_contract_id is None]


def test_a_late_signature_is_known_late_and_leaves_no_gap(block: Block) -> None:
    longer = [told for told in block.decisions if told.follower and told.contract.billing_frequency != "monthly"]
    assert 0.04 <= len(_late(block)) / len(longer) <= 0.06
    for told in _late(block):
        follower = told.follower
        assert follower is not None
        assert follower.start_date == told.contract.end_date
        assert 3 <= (follower.signed_date - told.contract.end_date).days <= 60
        assert follower.known_at.date() == follower.signed_date == told.decided_date
        assert follower.known_at < told.known_at


def test_contracts_and_outcomes_tell_of_the_same_late_signature(block: Block, drawn_rows: Rows) -> None:
    contracts = {row["contract_id"]: row for row in reversed(drawn_rows["contracts"])}
    late = [row for row in drawn_rows["contract_outcomes"] if str(row["decided_date"]) > str(row["due_date"])]
    assert len(late) >= len(_late(block))
    for row in late:
        follower = contracts[row["renewed_by_contract_id"]]
        assert follower["signed_date"] == row["decided_date"] == str(follower["updated_at"])[:10]
        assert follower["start_date"] == row["due_date"]
        assert str(follower["updated_at"]) < str(row["updated_at"])


def test_no_contract_is_told_before_the_one_that_it_renews(block: Block) -> None:
    known_at = {contract.contract_id: contract.known_at for contract in block.all_contracts}
    for contract in block.all_contracts:
        assert contract.known_at.date() == contract.signed_date or contract.previous_contract_id is None
        if contract.previous_contract_id is not None:
            assert known_at[contract.previous_contract_id] < contract.known_at


def test_nothing_names_a_contract_before_it_is_known(drawn_rows: Rows) -> None:
    known_at = {row["contract_id"]: str(row["updated_at"]) for row in reversed(drawn_rows["contracts"])}
    for entity in ("contract_outcomes", "invoices", "opportunities"):
        for row in drawn_rows[entity]:
            if row["contract_id"] is not None:
                assert str(row["updated_at"]) > known_at[row["contract_id"]], (entity, row)


@pytest.mark.parametrize(("size", "fewest"), [("default", 3), ("tiny", 1)])
def test_some_renewals_are_open_on_the_first_today(size: str, fewest: int, block: Block, drawn_rows: Rows) -> None:
    drawn = block if size == "default" else draw_block(TINY, 0)
    rows = drawn_rows if size == "default" else block_rows(drawn)
    until = drawn.world.until
    customers = {account.account_id for account in drawn.accounts if account.is_customer}
    known = {row["contract_id"]: row for row in _known(rows["contracts"], until)}
    settled = {row["contract_id"] for row in _known(rows["contract_outcomes"], until)}
    followed = {row["previous_contract_id"] for row in known.values()}
    pending = [
        row
        for contract_id, row in known.items()
        if str(row["end_date"]) <= until.isoformat() and contract_id not in settled | followed
        if not row["is_trial"] and row["account_id"] in customers
    ]
    assert fewest <= len(pending) <= 10
    assert all((until - date.fromisoformat(str(row["end_date"]))).days <= 60 for row in pending)


def test_use_goes_on_without_a_contract_until_the_signature(block: Block) -> None:
    habits = usage.draw_habits(block, [account.account_id for account in block.accounts])
    events = usage.draw_month(habits, date(2026, 6, 1)).events
    account_of = {user.user_id: user.account_id for user in block.users}
    spans = {
        told.follower.account_id: (told.follower.start_date, told.follower.signed_date)
        for told in _late(block)
        if told.follower and told.follower.signed_date >= date(2026, 6, 1)
    }
    nameless = events.filter(pa.compute.is_null(events["contract_id"].cast(pa.string()))).to_pylist()
    assert nameless
    for event in nameless:
        begin, end = spans[account_of[event["user_id"]]]
        assert begin <= event["event_at"].date() < end


def test_second_products_run_beside_the_first_and_end_with_it(block: Block) -> None:
    first = _first_terms([*block.second_terms])
    paying = {told.account_id for told in block.contracts if not told.is_trial}
    assert 0.08 <= len(first) / len(paying) <= 0.14
    assert {term.product_name for term in block.second_terms} == {SECOND_PRODUCT}
    assert {term.product_name for term in block.contracts} == {MAIN_PRODUCT}
    for account_id in {term.account_id for term in first}:
        paid = [told for told in block.contracts if told.account_id == account_id and not told.is_trial]
        terms = [term for term in block.second_terms if term.account_id == account_id]
        assert terms[0].start_date >= paid[0].start_date + timedelta(days=45)
        assert terms[-1].last_end_date == paid[-1].last_end_date
        assert all(before.last_end_date == after.start_date for before, after in pairwise(terms))
        for term in terms:
            beside = next(told for told in paid if told.end_date == term.end_date)
            assert (term.billing_frequency, term.currency_code) == (beside.billing_frequency, beside.currency_code)
            assert 0.14 <= term.mrr_amount / beside.mrr_amount <= 0.26
            assert term.known_at.date() == term.signed_date


def test_second_products_have_no_seats_a_cross_sell_and_outcomes(block: Block, drawn_rows: Rows) -> None:
    rows = [row for row in drawn_rows["contracts"] if row["product_name"] == SECOND_PRODUCT]
    assert rows
    assert all(row["seat_count"] is None for row in rows)
    first = {term.contract_id: term for term in _first_terms([*block.second_terms])}
    won = {row["contract_id"]: row for row in drawn_rows["opportunities"] if row["contract_id"] in first}
    assert won.keys() == first.keys()
    for row in won.values():
        assert (row["opportunity_kind"], row["stage"]) == ("cross_sell", "won")
        assert row["close_date"] == first[str(row["contract_id"])].signed_date.isoformat()
    outcomes = {row["contract_id"]: row for row in drawn_rows["contract_outcomes"]}
    for term in block.second_terms:
        told = outcomes.get(term.contract_id)
        if term.last_end_date + timedelta(days=60) < block.window.last_day:
            assert told is not None
            assert told["due_date"] == term.last_end_date.isoformat()
    billed = {row["contract_id"] for row in drawn_rows["invoices"]}
    assert {term.contract_id for term in block.second_terms} <= billed


def test_some_who_left_come_back_with_a_new_contract(block: Block, drawn_rows: Rows) -> None:
    first = _first_terms([*block.returned_terms])
    assert len(first) == round(returning.RETURN_SHARE * len(block.endings))
    won = {row["contract_id"] for row in drawn_rows["opportunities"] if row["opportunity_kind"] == "new"}
    billed = {row["contract_id"] for row in drawn_rows["invoices"]}
    for term in first:
        ending = block.endings[term.account_id]
        assert 100 <= (term.start_date - ending.churn_date).days <= 200
        assert ending.reason_code != "company_closed"
        assert term.product_name == MAIN_PRODUCT
        assert term.contract_id in won & billed
        costs = [row["cost_month_date"] for row in drawn_rows["account_costs"] if row["account_id"] == term.account_id]
        assert len(costs) == len(set(costs))
        assert str(max(map(str, costs))) >= term.start_date.replace(day=1).isoformat()
    ids = Counter(contract.contract_id for contract in block.all_contracts)
    assert max(ids.values()) == 1


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[Block]:
    """The tiny world as it is without late signatures, a second product and returns."""
    with monkeypatch.context() as patched:
        patched.setattr(settling, "left_open", lambda decisions, *_: decisions)
        patched.setattr(settling, "signed", lambda contracts, decisions: (contracts, decisions))
        patched.setattr(second_product, "SECOND_SHARE", 0)
        patched.setattr(returning, "RETURN_SHARE", 0)
        drawn = draw_block(TINY, 0)
    yield drawn


def test_the_rest_of_the_world_is_as_it_would_be_without_them(plain: Block) -> None:
    drawn = draw_block(TINY, 0)
    touched = {told.contract.account_id for told in _late(drawn)} | {term.account_id for term in drawn.second_terms}
    assert touched
    one, two = block_rows(plain), block_rows(drawn)
    dirt.spoil(one, plain, dirt.draw_merges(plain))
    dirt.spoil(two, drawn, dirt.draw_merges(drawn))
    for entity, rows in one.items():
        if entity in SALES_ENTITIES:
            untouched = [[row for row in told if row["account_id"] not in touched] for told in (rows, two[entity])]
            assert untouched[0] == untouched[1], entity
        else:
            assert rows == two[entity], entity
    events = [
        usage.draw_month(usage.draw_habits(told, [each.account_id for each in told.accounts]), date(2026, 6, 1)).events
        for told in (plain, drawn)
    ]
    assert events[0].drop_columns(["contract_id"]).equals(events[1].drop_columns(["contract_id"]))
