"""What the CRM and billing tell: whole, consistent with the contracts, and leaning as the hidden truth leans."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from statistics import fmean

import numpy as np
import pytest

from dagster_project.contract import input_contract
from dagster_project.demo.accounts import Account
from dagster_project.demo.block import Block, Rows, World
from dagster_project.demo.commerce import commerce_rows, commerce_world_rows
from dagster_project.demo.company import draw_block
from dagster_project.demo.settling import draw_decisions
from dagster_project.demo.staff import draw_staff
from dagster_project.demo.window import Row, utc_text

WORLD = World(240, 540, date(2026, 6, 30), 7)
SMALL = World(20, 60, date(2026, 6, 30), 3)
BLOCK_ENTITIES = (
    *("contract_outcomes", "invoices", "account_costs", "opportunities"),
    *("referrals", "account_assignments", "fit_answers", "churn_reasons"),
)
WORLD_ENTITIES = ("plans", "entitlements", "currency_rates")


@cache
def _block(world: World = WORLD) -> Block:
    return draw_block(world, 0)


@cache
def _rows(world: World = WORLD) -> Rows:
    return commerce_rows(_block(world)) | commerce_world_rows(world)


def _customers() -> dict[str, Account]:
    return {
        account.account_id: account for account in _block().accounts if not (account.is_test or account.is_internal)
    }


def _last(entity: str) -> dict[tuple[object, ...], Row]:
    """The last state of every key."""
    key = input_contract()[entity].key
    rows = sorted(_rows()[entity], key=lambda row: str(row["updated_at"]))
    return {tuple(row[name] for name in key): row for row in rows}


def _halves(shares: dict[str, float], trait: str) -> tuple[float, float]:
    """Mean of a figure over the lower and the upper half of the accounts by a trait."""
    accounts = _customers()
    order = sorted(shares, key=lambda account_id: float(getattr(accounts[account_id], trait)))
    half = len(order) // 2
    return fmean(shares[name] for name in order[:half]), fmean(shares[name] for name in order[half:])


@pytest.mark.parametrize("world", [WORLD, SMALL], ids=["default", "small"])
@pytest.mark.parametrize("entity", [*BLOCK_ENTITIES, *WORLD_ENTITIES])
def test_rows_meet_the_contract(entity: str, world: World) -> None:
    told, rows = input_contract()[entity], _rows(world)[entity]
    assert rows or entity in ("referrals", "churn_reasons")
    for row in rows:
        assert set(row) == {*told.column_names, "updated_at"}
        assert isinstance(row["updated_at"], str)
        for column in told.columns:
            value = row[column.name]
            assert not column.is_required or value is not None
            assert value is None or isinstance(value, (str, int, bool, Decimal))
            assert not column.accepted_values or value is None or value in column.accepted_values
    keys = Counter((*(row[name] for name in told.key), row["updated_at"]) for row in rows)
    assert not keys or max(keys.values()) == 1


@pytest.mark.parametrize("entity", BLOCK_ENTITIES)
def test_references_resolve(entity: str) -> None:
    block = _block()
    known: dict[str, set[object]] = {
        "accounts": {account.account_id for account in block.accounts},
        "contracts": {contract.contract_id for contract in block.all_contracts},
        "owners": {owner.owner_id for owner in draw_staff(WORLD)},
        "churn_notices": {f"N{account_id[1:]}" for account_id in block.endings},
    }
    for column in input_contract()[entity].columns:
        if column.refers_to is not None:
            told = {row[column.name] for row in _rows()[entity]} - {None}
            assert told <= known[column.refers_to]


@pytest.mark.parametrize("entity", BLOCK_ENTITIES)
def test_nothing_is_told_of_an_account_before_its_sign_up(entity: str) -> None:
    signed_up = {account.account_id: utc_text(account.signed_up_at) for account in _block().accounts}
    for row in _rows()[entity]:
        assert str(row["updated_at"]) > str(signed_up[str(row["account_id"])])
        if row.get("referred_account_id") is not None:
            assert str(row["updated_at"]) > str(signed_up[str(row["referred_account_id"])])


def test_equal_worlds_give_equal_rows_and_today_changes_nothing() -> None:
    assert commerce_rows(draw_block(WORLD, 0)) == commerce_rows(_block())
    assert commerce_rows(draw_block(replace(WORLD, seed=8), 0)) != commerce_rows(_block())


def test_ids_are_unique_across_blocks() -> None:
    world = replace(WORLD, account_count=260)
    first, second = (commerce_rows(draw_block(world, number)) for number in (0, 1))
    for entity in BLOCK_ENTITIES:
        key = input_contract()[entity].key
        told = [{tuple(row[name] for name in key) for row in rows[entity]} for rows in (first, second)]
        assert not told[0] & told[1]


@pytest.mark.parametrize("seed", range(4))
def test_the_smallest_world_can_be_drawn(seed: int) -> None:
    world = World(8, 28, date(2026, 6, 30), seed)
    assert set(commerce_rows(draw_block(world, 0))) == set(BLOCK_ENTITIES)


def test_higher_plans_include_more_and_all_include_the_core() -> None:
    included: dict[object, set[object]] = {}
    for row in _rows()["entitlements"]:
        if row["is_included"]:
            included.setdefault(row["plan_name"], set()).add(row["feature_id"])
    core = {feature.feature_id for feature in _block().features if feature.feature_kind == "core"}
    assert core <= included["starter"] < included["business"] < included["enterprise"]


def test_rates_cover_every_month_and_walk_slowly() -> None:
    rates: dict[str, list[Row]] = {}
    for row in _rows()["currency_rates"]:
        rates.setdefault(str(row["currency_code"]), []).append(row)
    assert set(rates) == {"JPY", "USD", "EUR"}
    assert {row["reporting_rate"] for row in rates["JPY"]} == {Decimal(1)}
    for code in ("USD", "EUR"):
        told = [float(str(row["reporting_rate"])) for row in rates[code]]
        assert all(abs(after / before - 1) < 0.07 for before, after in pairwise(told))
        assert all(str(row["updated_at"])[:10] == row["rate_date"] for row in rates[code])


def test_outcomes_fit_the_contracts() -> None:
    block, outcomes = _block(), {row["contract_id"]: row for row in _rows()["contract_outcomes"]}
    assert len(outcomes) == len(_rows()["contract_outcomes"])
    for account_id in _customers():
        paid = [contract for contract in block.contracts_of[account_id] if not contract.is_trial]
        for contract, follower in pairwise(paid):
            assert outcomes[contract.contract_id]["renewed_by_contract_id"] == follower.contract_id
        if paid:
            last = outcomes.get(paid[-1].contract_id)
            assert (last is not None) == (account_id in block.endings)
            assert last is None or last["outcome"] in ("churned", "replaced")
    late = [row for row in outcomes.values() if str(row["decided_date"]) > str(row["due_date"])]
    assert late
    assert all(row["outcome"] == "renewed" for row in late)
    for row in late:
        days = date.fromisoformat(str(row["decided_date"])) - date.fromisoformat(str(row["due_date"]))
        assert days.days <= 60


def test_a_contract_cut_early_and_followed_is_superseded() -> None:
    account = next(account for account in _customers().values() if len(_block().contracts_of[account.account_id]) > 2)
    told = [contract for contract in _block().contracts_of[account.account_id] if not contract.is_trial]
    told[0] = replace(told[0], cut_to=told[0].end_date - timedelta(days=10))
    decision = draw_decisions([account], told, {}, np.random.default_rng(1))[0]
    assert decision.outcome == "superseded"
    assert decision.follower == told[1]


def test_invoices_cover_the_terms_and_are_paid_after_issue() -> None:
    contracts = {contract.contract_id: contract for contract in _block().all_contracts}
    invoices = _last("invoices").values()
    for row in invoices:
        contract = contracts[str(row["contract_id"])]
        assert not contract.is_trial
        assert row["currency_code"] == contract.currency_code
        assert str(row["issued_date"]) >= contract.settled_date.isoformat()
        assert str(row["due_date"]) > str(row["issued_date"])
        assert row["paid_date"] is None or str(row["paid_date"]) > str(row["issued_date"])
    billed = {row["contract_id"] for row in invoices}
    customers = _customers()
    assert billed == {found for found, told in contracts.items() if not told.is_trial and told.account_id in customers}
    assert {row["invoice_amount"] for row in invoices} >= {
        told.one_off_amount
        for found, told in contracts.items()
        if found in billed and told.previous_contract_id is None
    } - {None}


def test_low_value_pays_late_more_often() -> None:
    late: dict[str, list[float]] = {}
    for row in _last("invoices").values():
        if row["paid_date"] is not None:
            late.setdefault(str(row["account_id"]), []).append(float(str(row["paid_date"]) > str(row["due_date"])))
    low, high = _halves({name: fmean(told) for name, told in late.items()}, "value")
    assert low > 1.5 * high


def test_effort_makes_support_dear_and_acquisition_comes_first() -> None:
    support: dict[str, list[float]] = {}
    won: dict[str, list[float]] = {}
    for row in _rows()["account_costs"]:
        name = str(row["account_id"])
        support.setdefault(name, []).append(float(str(row["support_cost_amount"])))
        won.setdefault(name, []).append(float(str(row["acquisition_cost_amount"])))
    for segment in ("enterprise", "smb"):
        means = {name: fmean(told) for name, told in support.items() if _customers()[name].segment == segment}
        low, high = _halves(means, "effort")
        assert high > 1.1 * low
    assert all(told[0] > 0 for told in won.values())


def test_opportunities_pass_their_stages_in_order() -> None:
    order = ["open", "proposed", "won", "lost", "declined"]
    stages: dict[object, list[int]] = {}
    for row in sorted(_rows()["opportunities"], key=lambda row: str(row["updated_at"])):
        stages.setdefault(row["opportunity_id"], []).append(order.index(str(row["stage"])))
    assert all(told == sorted(set(told)) for told in stages.values())
    found = {(row["opportunity_kind"], row["stage"]) for row in _last("opportunities").values()}
    assert found >= {
        *(("new", "won"), ("new", "lost"), ("new", "declined"), ("renewal", "won"), ("renewal", "lost")),
        *(("expansion", "won"), ("expansion", "lost"), ("cross_sell", "won"), ("cross_sell", "lost")),
    }


def test_renewals_end_as_the_contracts_do() -> None:
    outcomes = {row["contract_id"]: row for row in _rows()["contract_outcomes"]}
    for row in _last("opportunities").values():
        if row["opportunity_kind"] != "renewal" or row["stage"] not in ("won", "lost"):
            continue
        outcome = outcomes[row["contract_id"]]
        assert row["close_date"] == outcome["decided_date"]
        assert (row["stage"] == "won") == (outcome["renewed_by_contract_id"] is not None)


def test_low_value_turns_more_offers_down_and_high_value_recommends() -> None:
    refused = Counter(str(row["account_id"]) for row in _last("opportunities").values() if row["stage"] == "lost")
    low, high = _halves({name: float(refused[name]) for name in _customers()}, "value")
    assert low > high
    given = Counter(str(row["account_id"]) for row in _last("referrals").values())
    low, high = _halves({name: float(given[name]) for name in _customers()}, "value")
    assert high > 2 * low
    assert any(row["referred_account_id"] for row in _rows()["referrals"])


def test_those_won_by_referral_name_their_channel() -> None:
    accounts = _customers()
    for row in _rows()["referrals"]:
        if row["referred_account_id"] is not None:
            assert accounts[str(row["referred_account_id"])].acquisition_channel == "referral"


def test_every_account_has_one_manager_a_day_and_a_group_has_one_csm() -> None:
    accounts, rows = _customers(), list(_last("account_assignments").values())
    owners = {owner.owner_id: owner for owner in draw_staff(WORLD)}
    for offset in range(0, WORLD.window.day_count, 45):
        day = WORLD.window.first_day + timedelta(days=offset)
        standing = [
            row for row in rows if str(row["start_date"]) <= day.isoformat() < str(row["end_date"] or "9999-12-31")
        ]
        assert all(owners[str(row["owner_id"])].works_on(day) for row in standing)
        managed = [row["account_id"] for row in standing if row["assignment_role"] == "account_manager"]
        csms: dict[str, set[object]] = {}
        for row in standing:
            account = accounts[str(row["account_id"])]
            if row["assignment_role"] == "csm" and account.segment == "enterprise":
                csms.setdefault(account.corporate_group_id or account.account_id, set()).add(row["owner_id"])
        live = {name for name, account in accounts.items() if _is_live(account, day)}
        assert len(managed) == len(set(managed))
        assert set(managed) == live
        assert all(len(told) == 1 for told in csms.values())
    assert {row["reason"] for row in rows} == {"segment", "handover", "risk", "sales_request", "data_connection"}


def _is_live(account: Account, day: date) -> bool:
    first, last = _block().live_span(account)
    return first <= day <= last


def test_attention_brings_small_customers_a_csm() -> None:
    given = Counter(
        str(row["account_id"]) for row in _last("account_assignments").values() if row["assignment_role"] == "csm"
    )
    low, high = _halves(
        {name: float(given[name]) for name, account in _customers().items() if account.segment == "smb"}, "attention"
    )
    assert high > low


def test_fit_answers_follow_the_fit_with_noise() -> None:
    points: dict[str, list[float]] = {}
    for row in _rows()["fit_answers"]:
        points.setdefault(str(row["account_id"]), []).append(float(str(row["answer_points"])))
    assert all(len(told) == 4 for told in points.values())
    fits = [_customers()[name].fit for name in points]
    assert 0.5 < np.corrcoef(fits, [fmean(told) for told in points.values()])[0, 1] < 0.98


def test_every_notice_has_one_main_reason_and_fans_outgrew_or_were_overwhelmed() -> None:
    block, mains = _block(), Counter[object]()
    main_reasons: dict[object, object] = {}
    for row in _rows()["churn_reasons"]:
        mains[row["churn_notice_id"]] += int(row["is_main"] is True)
        if row["is_main"]:
            main_reasons[row["churn_notice_id"]] = row["reason_code"]
            assert row["reason_code"] == block.endings[str(row["account_id"])].reason_code
    assert len(mains) == len(block.endings)
    assert set(mains.values()) == {1}
    fans = {main_reasons[row["churn_notice_id"]] for row in _rows()["churn_reasons"] if row["is_fan"]}
    assert fans == {"outgrown", "too_much"}


def test_test_accounts_and_our_own_have_no_commerce() -> None:
    customers = set(_customers())
    assert all(row["account_id"] in customers for entity in BLOCK_ENTITIES for row in _rows()[entity])
