"""What our people and the customers do for success: plans, obstacles, tasks, requests and overrides.

Plans advance with the value, obstacles come with effort and trouble, and tasks follow the attention that customer
success gives an account; everybody gets more of it in the first three months.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from dagster_project.demo.accounts import Account
from dagster_project.demo.block import Block, Rows
from dagster_project.demo.staff import Owner, working
from dagster_project.demo.window import Row, any_of, of_shares, utc_text, working_moment

PLANNED_SHARE = {"enterprise": 0.9, "smb": 0.65}
INITIATIVE_DAYS = 91
UPDATE_DAYS = 30
GOALS = {
    "more_leads": ("見込み客を増やす", "qualified leads a month", 120.0),
    "shorter_sales_cycle": ("商談の期間を短くする", "days from first meeting to order", 45.0),
    "fewer_churns": ("解約を減らす", "churned customers a quarter", 3.0),
    "faster_hiring": ("採用を早くする", "days from application to offer", 21.0),
    "better_forecast": ("売上の見込みを当てる", "forecast error in per cent", 8.0),
    "one_source_of_truth": ("顧客の情報を一か所に集める", "share of records complete in per cent", 90.0),
}
GOAL_IDS = tuple(GOALS)
DAILY_TASKS = ("朝に一覧を見る", "商談の後すぐ記録する", "週次会議をボードで行う", "失注の理由を書く")
OBSTACLES = (
    *("no_benefit_seen", "no_champion", "no_time", "data_not_migrated", "new_department_head"),
    *("missing_feature", "unclear_process", "no_executive_support"),
)
OBSTACLES_A_YEAR = 2.4
NEWCOMER_DAYS = 91
TASK_GAP_DAYS = {"enterprise": 16, "smb": 55}
NEWCOMER_GAP_DAYS = 12
TASK_KINDS = ("visit", "call", "mail", "web_meeting", "training", "internal")
TASK_SHARES = {"enterprise": (0.3, 0.15, 0.15, 0.22, 0.1, 0.08), "smb": (0.04, 0.3, 0.3, 0.2, 0.08, 0.08)}
TASK_MINUTES = {"visit": 110, "call": 22, "mail": 10, "web_meeting": 45, "training": 80, "internal": 30}
DONE_SHARE = 0.93
SUBJECTS = ("状況の確認", "使い方の相談", "レポートの見直し", "更新に向けて", "新機能の紹介", "Quarterly review")
PLAYBOOKS = ("pb_call_silent_customer", "pb_day_90_review", "pb_renewal_hearing", "pb_onboarding_help")
UPDATES_A_YEAR = 1.6
OVERRIDE_SHARE = 0.15  # of the accounts
OVERRIDE_DAYS = 30
REQUESTS_A_YEAR = 1.2
REQUESTS = ("導入を手伝ってほしい", "役員への説明に同席してほしい", "更新の前に活用を見てほしい")


@dataclass(frozen=True)
class _Care:
    """One account while it is served: the days, our people, and the generator."""

    account: Account
    block: Block
    first: date
    last: date
    rng: np.random.Generator

    @property
    def years(self) -> float:
        return ((self.last - self.first).days + 1) / 365

    def some_days(self, a_year: float) -> list[date]:
        """Random days, so many a year on average, in order."""
        count = self.rng.poisson(a_year * self.years)
        return [
            self.first + timedelta(days=int(n))
            for n in sorted(self.rng.integers(0, (self.last - self.first).days + 1, count))
        ]

    def moment(self, day: date) -> datetime:
        return working_moment(day, self.account.country, self.rng)

    def person(self, role: str, day: date) -> Owner | None:
        there = working(self.block.owners, role, day)
        return any_of(there, self.rng) if there else None


def success_rows(block: Block) -> Rows:
    """Plans, obstacles, tasks, action updates, overrides and requests of sales."""
    rng = block.generator("success")
    rows: Rows = {
        "success_plans": [],
        "account_obstacles": [],
        "tasks": [],
        "action_updates": [],
        "score_overrides": [],
        "sales_requests": [],
    }
    for account, first, last in block.served:
        care = _Care(account, block, first, last, rng)
        rows["success_plans"] += _plan(care)
        rows["account_obstacles"] += _obstacles(care)
        rows["tasks"] += _tasks(care)
        rows["action_updates"] += _action_updates(care)
        rows["score_overrides"] += _overrides(care)
        rows["sales_requests"] += _requests(care)
    return rows


def _plan(care: _Care) -> Iterator[Row]:
    """A year goal, its initiatives of three months, and daily tasks; each with its measure."""
    account, rng = care.account, care.rng
    if rng.random() > PLANNED_SHARE[account.segment]:
        return
    goal_id = any_of(GOAL_IDS, rng)
    agreed = care.first + timedelta(days=int(rng.integers(3, 40)))
    year_goal = f"P{account.account_id[1:]}-01"
    yield from _item(care, year_goal, None, "year_goal", goal_id, agreed, 364)
    for number in range(int(rng.integers(2, 5))):
        begins = agreed + timedelta(days=number * INITIATIVE_DAYS)
        initiative = f"{year_goal}-{number + 1}"
        yield from _item(care, initiative, year_goal, "initiative", goal_id, begins, INITIATIVE_DAYS)
        if rng.random() < 0.7:  # noqa: PLR2004
            yield from _item(care, f"{initiative}-1", initiative, "daily_task", goal_id, begins, INITIATIVE_DAYS)


def _item(  # noqa: PLR0917 - the columns of an item, in their order
    care: _Care, item_id: str, parent_id: str | None, level: str, goal_id: str, agreed: date, days: int
) -> Iterator[Row]:
    if agreed > care.last:
        return
    text, kpi_name, target = GOALS[goal_id]
    if level == "daily_task":
        text, kpi_name, target = any_of(DAILY_TASKS, care.rng), "days done a month", 18.0
    row: Row = {
        "plan_item_id": item_id,
        "account_id": care.account.account_id,
        "parent_item_id": parent_id,
        "item_level": level,
        "goal_id": goal_id,
        "goal_text": text,
        "kpi_name": kpi_name,
        "target_value": target,
        "actual_value": None,
        "is_first_success": item_id.endswith("-01-1"),
        "is_primary": True if level == "year_goal" else None,
        "agreed_date": agreed.isoformat(),
        "due_date": (agreed + timedelta(days=days)).isoformat(),
        "reached_date": None,
        "updated_at": utc_text(care.moment(agreed)),
    }
    yield row
    progress, day = 0.0, agreed + timedelta(days=UPDATE_DAYS)
    while day <= min(care.last, agreed + timedelta(days=days)):
        pace = UPDATE_DAYS / days * (0.4 + 1.1 * care.account.value_on(day))
        progress += max(0.0, pace + float(care.rng.normal(0, 0.08)))
        row = {**row, "actual_value": round(target * min(progress, 1.3), 2), "updated_at": utc_text(care.moment(day))}
        if progress >= 1 and row["reached_date"] is None:
            row["reached_date"] = day.isoformat()
        yield row
        day += timedelta(days=UPDATE_DAYS)


def _obstacles(care: _Care) -> Iterator[Row]:
    account = care.account
    days = care.some_days(OBSTACLES_A_YEAR * (0.2 + 0.8 * account.effort + 0.6 * account.trouble))
    for number, day in enumerate(days, start=1):
        owner = care.person("csm", day)
        row: Row = {
            "account_obstacle_id": f"OB{account.account_id[1:]}-{number:03d}",
            "account_id": account.account_id,
            "obstacle_id": any_of(OBSTACLES, care.rng),
            "owner_id": owner.owner_id if owner else None,
            "opened_date": day.isoformat(),
            "closed_date": None,
            "updated_at": utc_text(care.moment(day)),
        }
        yield row
        closed = day + timedelta(
            days=5 + int(care.rng.exponential(50 * (0.5 + account.trouble) / (0.4 + account.attention)))
        )
        if closed <= care.last:
            yield {**row, "closed_date": closed.isoformat(), "updated_at": utc_text(care.moment(closed))}


def _tasks(care: _Care) -> Iterator[Row]:
    account, rng = care.account, care.rng
    number, day = 0, care.first + timedelta(days=int(rng.integers(0, 10)))
    while day <= care.last:
        is_newcomer = (day - account.signed_up_at.date()).days < NEWCOMER_DAYS
        gap = NEWCOMER_GAP_DAYS if is_newcomer else TASK_GAP_DAYS[account.segment] / (0.4 + 1.2 * account.attention)
        owner = care.person("csm", day)
        if owner is not None:
            number += 1
            yield from _task(
                care, number, day, owner, of_shares(TASK_KINDS, TASK_SHARES[account.segment], rng.random())
            )
        day += timedelta(days=1 + int(rng.exponential(gap)))


def _task(care: _Care, number: int, day: date, owner: Owner, kind: str) -> Iterator[Row]:
    planned = care.moment(day - timedelta(days=int(care.rng.integers(3, 14))))
    row: Row = {
        "task_id": f"TK{care.account.account_id[1:]}-{number:04d}",
        "account_id": care.account.account_id,
        "owner_id": owner.owner_id,
        "task_kind": kind,
        "subject": any_of(SUBJECTS, care.rng),
        "spent_minutes": None,
        "due_date": day.isoformat(),
        "done_date": None,
        "updated_at": utc_text(planned),
    }
    yield row
    if care.rng.random() < DONE_SHARE:
        done = day + timedelta(days=int(care.rng.integers(0, 4)))
        minutes = max(5, round(TASK_MINUTES[kind] * float(care.rng.lognormal(0, 0.4))))
        yield {
            **row,
            "spent_minutes": minutes,
            "done_date": done.isoformat(),
            "updated_at": utc_text(care.moment(done) + timedelta(minutes=1)),
        }


def _action_updates(care: _Care) -> Iterator[Row]:
    for number, day in enumerate(care.some_days(UPDATES_A_YEAR * (0.3 + care.account.attention)), start=1):
        owner = care.person("csm", day)
        moment = care.moment(day)
        row: Row = {
            "update_id": f"AU{care.account.account_id[1:]}-{number:03d}a",
            "account_id": care.account.account_id,
            "playbook_id": any_of(PLAYBOOKS, care.rng),
            "owner_id": owner.owner_id if owner else None,
            "new_status": "accepted",
            "outcome": None,
            "told_customer_at": utc_text(moment + timedelta(hours=20)) if care.rng.random() < 0.6 else None,  # noqa: PLR2004
            "updated_date": day.isoformat(),
            "updated_at": utc_text(moment + timedelta(hours=21)),
        }
        yield row
        ended = day + timedelta(days=int(care.rng.integers(2, 30)))
        is_done = care.rng.random() < 0.8  # noqa: PLR2004
        yield {
            **row,
            "update_id": f"AU{care.account.account_id[1:]}-{number:03d}b",
            "new_status": "done" if is_done else "dismissed",
            "outcome": "helped" if is_done else "not needed",
            "updated_date": ended.isoformat(),
            "updated_at": utc_text(care.moment(ended)),
        }


def _overrides(care: _Care) -> Iterator[Row]:
    if care.rng.random() > OVERRIDE_SHARE:
        return
    day = care.some_days(6.0)[:1]
    owner = care.person("csm", day[0]) if day else None
    if owner is None:
        return
    band = "at_risk" if care.account.value_on(day[0]) < 0.5 else "thriving"  # noqa: PLR2004
    yield {
        "override_id": f"OV{care.account.account_id[1:]}-01",
        "account_id": care.account.account_id,
        "owner_id": owner.owner_id,
        "score_id": "health",
        "override_band": band,
        "override_score": None,
        "reason": "担当者の異動を聞いたため" if band == "at_risk" else "来期の拡大が決まっているため",
        "start_date": day[0].isoformat(),
        "end_date": (day[0] + timedelta(days=OVERRIDE_DAYS)).isoformat(),
        "updated_at": utc_text(care.moment(day[0])),
    }


def _requests(care: _Care) -> Iterator[Row]:
    rate = REQUESTS_A_YEAR * (0.4 + 1.2 * (1 - care.account.value))
    for number, day in enumerate(care.some_days(rate), start=1):
        seller = care.person("sales", day)
        row: Row = {
            "sales_request_id": f"SR{care.account.account_id[1:]}-{number:02d}",
            "account_id": care.account.account_id,
            "owner_id": seller.owner_id if seller else None,
            "request_text": any_of(REQUESTS, care.rng),
            "requested_date": day.isoformat(),
            "closed_date": None,
            "updated_at": utc_text(care.moment(day)),
        }
        yield row
        if care.rng.random() < 0.85:  # noqa: PLR2004
            closed = day + timedelta(days=int(care.rng.integers(2, 45)))
            yield {**row, "closed_date": closed.isoformat(), "updated_at": utc_text(care.moment(closed))}
