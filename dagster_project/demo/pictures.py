"""`python -m dagster_project.demo.pictures`: draw `docs/pictures/demo_*.png` from the default world.

Only the pictures of the hidden truth look at it; they say so.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import pyarrow as pa

from dagster_project.demo import usage
from dagster_project.demo.block import Block, World
from dagster_project.demo.company import block_rows, draw_block
from dagster_project.demo.window import SATURDAY, months_between

PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"
WORLD = World(240, 540, date(2026, 6, 30), 7)
DAYS_PER_MONTH = 30.4
OLDEST_MONTH = 24
SIZE: dict[str, Any] = {"width": 640, "height": 260}
SCALE = 2  # pixels for one of the picture's units
BLUE, ORANGE, GREY = "#2f6f9f", "#d9822b", "#9aa5b1"

Picture = Any  # the types of Altair do not reach beyond its charts' making


def events_of(block: Block) -> pd.DataFrame:
    """One row per event known today: `account_id` (ours), `event_at`."""
    habits = usage.draw_habits(block, [account.account_id for account in block.accounts])
    months = months_between(block.window.first_day, block.world.until)
    parts = [usage.draw_month(habits, month).events.select(["account_id", "user_id", "event_at"]) for month in months]
    events = pa.concat_tables(parts).to_pandas()
    known: pd.DataFrame = events.loc[events["event_at"].dt.date <= block.world.until]
    return known


def use_by_day(events: pd.DataFrame) -> Picture:
    """Active users a day: weekdays, holidays, seasons, and a company that grows."""
    day = events["event_at"].dt.tz_localize(None).dt.normalize()
    active = events.groupby(day)["user_id"].nunique().rename_axis("day").reset_index(name="active_users")
    weekend = active["day"].dt.day_of_week >= SATURDAY
    active["kind"] = np.where(weekend, "weekend", "weekday")
    return (
        alt.Chart(active, title="Users active on a day", **SIZE)
        .mark_circle(size=12)
        .encode(
            x=alt.X("day:T", title=None),
            y=alt.Y("active_users:Q", title="users"),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(range=[BLUE, ORANGE])),
        )
    )


def use_by_account(block: Block, events: pd.DataFrame) -> Picture:
    """Events of every account and fortnight, those with the lowest hidden value at the foot."""
    first = pd.Timestamp(block.window.first_day)
    fortnight = first + pd.to_timedelta((events["event_at"].dt.tz_localize(None) - first).dt.days // 14 * 14, unit="D")
    counts = events.groupby(["account_id", fortnight.rename("fortnight")]).size().reset_index(name="events")
    value = {account.account_id: account.value for account in block.accounts}
    rank = {name: place for place, name in enumerate(sorted(value, key=lambda name: -value[name]))}
    counts["rank"] = counts["account_id"].astype(str).map(rank)
    counts["until"] = counts["fortnight"] + pd.Timedelta(days=14)
    counts["foot"] = counts["rank"] + 1
    usual = counts.groupby("account_id")["events"].transform("max")
    counts["share"] = counts["events"] / usual
    return (
        alt.Chart(counts, title="Events by account and fortnight, as a share of its best; hidden value falls", **SIZE)
        .mark_rect()
        .encode(
            x=alt.X("fortnight:T", title=None),
            x2="until:T",
            y=alt.Y("rank:Q", title="accounts by hidden value", scale=alt.Scale(reverse=True)),
            y2="foot:Q",
            color=alt.Color("share:Q", title="share", scale=alt.Scale(scheme="blues")),
        )
    )


def churn_hazard(block: Block) -> Picture:
    """Endings in 100 account months, by months since the first contract: terms end after 1, 12 and 24 months."""
    today, first_day = block.world.until, block.window.first_day
    at_risk, ended = np.zeros(OLDEST_MONTH + 1), np.zeros(OLDEST_MONTH + 1)
    for account in block.accounts:
        contracts = [contract for contract in block.contracts_of[account.account_id] if not contract.is_trial]
        if not account.is_customer or not contracts or contracts[0].start_date > today:
            continue
        start, ending = contracts[0].start_date, block.endings.get(account.account_id)
        has_ended = ending is not None and ending.churn_date <= today
        last = ending.churn_date if ending is not None and has_ended else today
        months = np.arange(max(0, _months(start, first_day)), min(OLDEST_MONTH, _months(start, last)) + 1)
        at_risk[months] += 1
        if has_ended and _months(start, last) <= OLDEST_MONTH:
            ended[_months(start, last)] += 1
    told = pd.DataFrame({"month": np.arange(OLDEST_MONTH + 1), "at_risk": at_risk, "hazard": 100 * ended / at_risk})
    base = alt.Chart(told, title="Accounts that end, of 100 that are live in that month of their life", **SIZE).encode(
        x=alt.X("month:O", title="months since the first paid contract", axis=alt.Axis(labelAngle=0))
    )
    return base.mark_bar(color=ORANGE).encode(y=alt.Y("hazard:Q", title="per cent")) + base.mark_text(
        dy=-6, fontSize=8, color=GREY
    ).encode(y="hazard:Q", text=alt.Text("at_risk:Q", format="d"))


def _months(start: date, day: date) -> int:
    return round((day - start).days / DAYS_PER_MONTH)


def value_of_leavers(block: Block) -> Picture:
    """The hidden value of accounts that end and of those that stay: apart, but far from wholly."""
    rows = [
        {"value": account.value, "kind": _kind(block, account.account_id)}
        for account in block.accounts
        if account.is_customer
    ]
    return (
        alt.Chart(pd.DataFrame(rows), title="Hidden value at the sign-up, and what became of the account", **SIZE)
        .mark_bar()
        .encode(
            x=alt.X("value:Q", bin=alt.Bin(step=0.1), title="hidden value"),
            y=alt.Y("count():Q", title="accounts"),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(range=[ORANGE, GREY, BLUE])),
        )
    )


def _kind(block: Block, account_id: str) -> str:
    ending = block.endings.get(account_id)
    if ending is None or ending.churn_date > block.world.until:
        return "stays so far"
    return "ended with a cause" if ending.has_cause else "ended without a cause"


def tickets_by_week(block: Block) -> Picture:
    """Tickets a week, and the median calendar minutes to their first reply."""
    tickets = pd.DataFrame(block_rows(block)["tickets"]).drop_duplicates("ticket_id", keep="last")
    tickets = tickets[pd.to_datetime(tickets["created_at"]).dt.date <= block.world.until]
    week = pd.to_datetime(tickets["created_at"]).dt.tz_localize(None).dt.to_period("W").dt.start_time
    by_week = tickets.groupby(week.rename("week")).agg(
        tickets=("ticket_id", "count"), minutes=("first_reply_minutes", "median")
    )
    by_week = by_week.iloc[1:-1].reset_index()  # the first and the last week are not whole
    base = alt.Chart(by_week).encode(x=alt.X("week:T", title=None))
    volume = base.mark_bar(color=BLUE).encode(y=alt.Y("tickets:Q", title="tickets a week"))
    reply = base.mark_line(color=ORANGE).encode(
        y=alt.Y("minutes:Q", title="median minutes", scale=alt.Scale(type="log"))
    )
    return alt.vconcat(
        volume.properties(width=640, height=140, title="Support: volume, and calendar minutes to the first reply"),
        reply.properties(width=640, height=110),
    )


def main() -> int:
    """Draw every picture anew."""
    alt.data_transformers.disable_max_rows()
    PICTURES.mkdir(exist_ok=True)
    block = draw_block(WORLD, 0)
    events = events_of(block)
    drawn = {
        "use_by_day": use_by_day(events),
        "use_by_account": use_by_account(block, events),
        "churn_hazard": churn_hazard(block),
        "value_of_leavers": value_of_leavers(block),
        "tickets_by_week": tickets_by_week(block),
    }
    for name, picture in drawn.items():
        path = PICTURES / f"demo_{name}.png"
        picture.save(path, scale_factor=SCALE)
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
