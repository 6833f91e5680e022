"""Plans, money and the people who sell: what the CRM and billing tell besides accounts and contracts."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from dagster_project.demo import assignments as caring
from dagster_project.demo import money, returning, second_product, selling
from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS, Account
from dagster_project.demo.endings import Ending
from dagster_project.demo.product import features
from dagster_project.demo.staff import working
from dagster_project.demo.window import Row, any_of, midnight, utc_text

if TYPE_CHECKING:
    from dagster_project.demo.block import Block, Rows, World

PLANS_KNOWN_DAYS_BEFORE = LONGEST_HISTORY_DAYS + 45
HIGHEST_RUNG = {"starter": 2, "business": 4, "enterprise": 5}  # of the features that a plan includes
CHECKED_SHARE = {"enterprise": 0.97, "smb": 0.8}  # of the accounts, at their signing
HIGHEST_POINTS = 4
WEAK_POINTS = 1
POINTS_NOISE = 0.16  # standard deviation, in shares of the highest points
COMMENT_SHARE = 0.55  # of weak answers
# Question, what a weak answer says, and how far the answer follows ease (1 less the effort) rather than fit.
FIT_QUESTIONS = {
    "problem": ("課題がまだ言葉になっていない", 0.0),
    "sponsor": ("決裁者にまだ会えていない", 0.0),
    "people": ("担当者が他の業務と兼任", 0.35),
    "data": ("顧客データが表計算に分かれている", 0.35),
}
SECOND_REASON_SHARE = 0.35
SECOND_REASONS = ("missing_features", "too_expensive", "low_adoption", "too_much")
FAN_SHARE = {"outgrown": 0.8, "too_much": 0.4}
EXPECTED_SHARE = 0.7
REASON_TEXTS = {
    "company_closed": ("会社が解散", "会社が解散することになった"),
    "outgrown": ("全社の基幹に育つこと", "規模が大きくなり、自社で作ることになった"),
    "too_much": ("少人数でもすぐ使えること", "機能が多く、使いこなせなかった"),
    "missing_features": ("必要な機能がそろっていること", "必要な機能が足りなかった"),
    "too_expensive": ("費用に見合う効果", "費用に見合う効果を説明できなかった"),
    "low_adoption": ("現場が毎日使うこと", "現場に根づかなかった"),
}


def commerce_world_rows(world: "World") -> "Rows":
    """Rows of plans, entitlements and currency rates."""
    return {
        "plans": plan_rows(world),
        "entitlements": entitlement_rows(world),
        "currency_rates": money.currency_rate_rows(world),
    }


def commerce_rows(block: "Block") -> "Rows":
    """Rows of contract outcomes, invoices, costs, opportunities, referrals, assignments, fit answers, churn reasons.

    Test accounts and our own company have none.
    """
    accounts = [account for account in block.accounts if account.is_customer]
    further_decisions = [
        *second_product.second_decisions(block.second_terms, block.decisions),
        *returning.return_decisions(block.returned_terms),
    ]
    assigned = caring.draw_assignments(block, accounts)
    return {
        "contract_outcomes": selling.contract_outcome_rows([*block.decisions, *further_decisions]),
        "invoices": money.invoice_rows(block, accounts),
        "account_costs": money.account_cost_rows(block, accounts),
        "opportunities": [
            *selling.opportunity_rows(block, accounts, block.decisions, assigned),
            *selling.further_opportunity_rows(block, accounts, assigned),
        ],
        "referrals": selling.referral_rows(block, accounts),
        "account_assignments": caring.account_assignment_rows(block, assigned),
        "fit_answers": fit_answer_rows(block, accounts),
        "churn_reasons": churn_reason_rows(block),
    }


def plan_rows(world: "World") -> list[Row]:
    """One row per plan, known before the first sign-up."""
    known_at = utc_text(midnight(world.window.first_day - timedelta(days=PLANS_KNOWN_DAYS_BEFORE)))
    return [
        {"plan_name": plan_name, "plan_rank": rank, "is_sold": True, "updated_at": known_at}
        for rank, plan_name in enumerate(HIGHEST_RUNG, start=1)
    ]


def entitlement_rows(world: "World") -> list[Row]:
    """One row per plan and feature, known at the release; every plan includes the core."""
    plans_known_at = midnight(world.window.first_day - timedelta(days=PLANS_KNOWN_DAYS_BEFORE))
    return [
        {
            "plan_name": plan_name,
            "feature_id": feature.feature_id,
            "is_included": feature.feature_kind == "core" or feature.ladder_rung <= highest_rung,
            "updated_at": utc_text(max(plans_known_at, feature.released_at) + timedelta(minutes=1)),
        }
        for plan_name, highest_rung in HIGHEST_RUNG.items()
        for feature in features(world.window)
    ]


def fit_answer_rows(block: "Block", accounts: Sequence[Account]) -> list[Row]:
    """Rows of the answers at signing: the points follow the fit, and the ease of use for people and data."""
    rng = block.generator("commerce/fit_answers")
    rows: list[Row] = []
    for account in accounts:
        is_checked = rng.random() < CHECKED_SHARE[account.segment]
        noise, luck = rng.normal(0, POINTS_NOISE, len(FIT_QUESTIONS)), rng.random(len(FIT_QUESTIONS))
        owner_id = _seller_id(block, account, rng)
        for place, (question_id, (text, ease_share)) in enumerate(FIT_QUESTIONS.items()):
            told = (1 - ease_share) * account.fit + ease_share * (1 - account.effort) + float(noise[place])
            points = min(HIGHEST_POINTS, max(0, round(HIGHEST_POINTS * told)))
            has_comment = points <= WEAK_POINTS and luck[place] < COMMENT_SHARE
            known_at = account.signed_up_at + timedelta(minutes=60 + 7 * place)
            if is_checked:
                rows.append(
                    {
                        "account_id": account.account_id,
                        "question_id": question_id,
                        "answered_by_owner_id": owner_id,
                        "answer_points": points,
                        "comment_text": text if has_comment else None,
                        "answered_date": account.signed_up_at.date().isoformat(),
                        "updated_at": utc_text(known_at),
                    }
                )
    return rows


def _seller_id(block: "Block", account: Account, rng: np.random.Generator) -> str | None:
    """Who sold the account; where nobody is noted, anyone of sales who was there."""
    present = working(block.owners, "sales", account.signed_up_at.date())
    anyone = any_of(present, rng).owner_id if present else None
    return account.seller_owner_id or anyone


def churn_reason_rows(block: "Block") -> list[Row]:
    """Rows of the reasons of every churn notice, told within a week of it: the main one, and at times a second."""
    rng = block.generator("commerce/churn_reasons")
    accounts = {account.account_id: account for account in block.accounts}
    return [
        row for account_id, ending in block.endings.items() for row in _reasons_of(accounts[account_id], ending, rng)
    ]


def _reasons_of(account: Account, ending: Ending, rng: np.random.Generator) -> Iterator[Row]:
    luck, is_fan_luck, expected = rng.random(), rng.random(), rng.random(2)
    others = [reason for reason in SECOND_REASONS if reason != ending.reason_code]
    second = any_of(others, rng)
    told_at = ending.notice_at + timedelta(seconds=int(rng.integers(3600, 6 * 86_400)))
    has_second = ending.has_cause and luck < SECOND_REASON_SHARE
    for place, reason_code in enumerate([ending.reason_code, *([second] if has_second else [])]):
        wish, comment = REASON_TEXTS[reason_code]
        is_expected = expected[place] < EXPECTED_SHARE and reason_code != "company_closed"
        yield {
            "churn_notice_id": f"N{account.account_id[1:]}",
            "account_id": account.account_id,
            "reason_code": reason_code,
            "expected_text": f"「{account.acquisition_message}」と聞き、{wish}を期待した" if is_expected else None,
            "comment_text": comment,
            "is_main": place == 0,
            "is_fan": is_fan_luck < FAN_SHARE.get(ending.reason_code, 0.0),
            "updated_at": utc_text(told_at + timedelta(minutes=place)),
        }
