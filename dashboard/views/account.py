"""One account: its score and why, its signals, where it stands, and what it agreed with us."""

from datetime import date
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.looks import SIGNAL_BADGES, bands, money, support_phases
from dashboard.published import rows, shown

SHOWN_DAYS = 365
HEALTH, USAGE = "Health · ヘルス", "Usage · 活用"
ACCOUNTS = "select account_id, account_name from mart_account_overview order by attention_rank"
SCORES = """
    select score_date, score_id, score::double as score, score_low::double as score_low,
        score_high::double as score_high
    from fct_health_scores
    where account_id = ? and score_date > ?::date - ?::integer
    order by score_date
"""
COMPONENTS = """
    select measures.name_english || ' · ' || measures.name_japanese as measure, measures.axis,
        parts.points::double as points, parts.weight::double as weight, parts.missing_reason,
        (parts.weight * (parts.points - 2))::double as pull
    from fct_health_score_components as parts
    inner join dim_health_measures as measures on parts.measure_id = measures.measure_id
    where parts.account_id = ? and parts.score_date = ? and parts.score_id = 'health' and parts.weight > 0
    order by abs(pull) desc nulls last
"""
SIGNALS = """
    select named.signal_kind, named.name_english || ' · ' || named.name_japanese as signal, signals.evidence_english,
        signals.evidence_japanese, signals.first_seen_date, signals.last_true_date, signals.is_open
    from fct_account_signals as signals
    inner join dim_signals as named on signals.signal_id = named.signal_id and named.segment = '*'
    where signals.account_id = ?
    order by signals.is_open desc, position(named.signal_kind in 'request risk chance state'),
        signals.last_true_date desc
"""
PLAN = """
    select goal_name_english || ' · ' || goal_name_japanese as goal, item_level, kpi_name,
        target_value::double as target, actual_value::double as actual, 100 * attainment_rate::double as attained,
        status, due_date, reached_date
    from fct_success_plans
    where account_id = ? and has_plan
    order by agreed_date, item_level desc, plan_item_id
"""
STEPS = """
    select name_english || ' · ' || name_japanese as step, reached_date, days_from_start, is_stuck
    from fct_onboarding_steps
    where account_id = ?
    order by step_number
"""
CONTRACTS = """
    select product_name, plan_name, start_date, end_date, seat_count, mrr_amount::double as mrr, renewal_status, is_live
    from fct_contracts
    where account_id = ?
    order by start_date desc
    limit 12
"""
LONGEST_LIST = 14
COLUMNS: dict[str, Any] = {
    "goal": "Goal · 目標",
    "item_level": "Level · 階層",
    "kpi_name": st.column_config.TextColumn("Measured by · 指標", width="medium"),
    "target": "Target · 目標値",
    "actual": "Actual · 実績",
    "attained": st.column_config.ProgressColumn("Attained · 達成率", min_value=0, max_value=100, format="%.0f%%"),
    "status": "Status · 状況",
    "due_date": st.column_config.DateColumn("Due · 期限"),
    "reached_date": st.column_config.DateColumn("Reached · 達成日"),
    "step": "Step · ステップ",
    "days_from_start": "Days · 日数",
    "is_stuck": "Stuck · 停滞",
    "signal": "Signal · シグナル",
    "first_seen_date": st.column_config.DateColumn("From · 発生日"),
    "last_true_date": st.column_config.DateColumn("To · 最終確認日"),
    "evidence_english": st.column_config.TextColumn("Evidence · 根拠", width="large"),
    "product_name": "Product · 製品",
    "plan_name": "Plan · プラン",
    "start_date": st.column_config.DateColumn("Start · 開始"),
    "end_date": st.column_config.DateColumn("End · 終了"),
    "seat_count": "Seats · 席数",
    "mrr": st.column_config.NumberColumn("MRR · 月次収益", format="localized"),
    "renewal_status": "Renewal · 更新",
    "is_live": "Live · 契約中",
}


def main() -> None:
    """The account that was chosen on the list, or here."""
    accounts = rows(ACCOUNTS)
    names = dict(zip(accounts["account_id"], accounts["account_name"], strict=True))
    before = st.session_state.get("account_id")
    asked = list(names).index(before) if before in names else 0
    account_id = st.selectbox(
        "Account · 顧客", list(names), index=asked, format_func=lambda told: f"{names[told]} ({told})"
    )
    st.session_state["account_id"] = account_id
    account = rows("select * from mart_account_overview where account_id = ?", account_id).iloc[0]
    _head(account)
    left, right = st.columns([3, 2])
    with left:
        _score(account)
        _signals(account)
    with right:
        _components(account)
        _standing(account)
    st.subheader("Success plan · サクセスプラン")
    _plan(account)
    steps, contracts = st.columns(2)
    with steps:
        st.subheader("Onboarding · オンボーディング")
        st.dataframe(rows(STEPS, account["account_id"]), hide_index=True, column_config=COLUMNS)
    with contracts:
        st.subheader("Contracts · 契約")
        st.dataframe(rows(CONTRACTS, account["account_id"]), hide_index=True, column_config=COLUMNS)


def _head(account: pd.Series) -> None:
    labels = bands().set_index("band_id")["label"]
    health_band, shown_band, since = (
        account["health_band"],
        account["effective_band"],
        account["health_band_since_date"],
    )
    st.title(account["account_name"])
    score, band, revenue, renewal, phase = st.columns(5)
    change = account["health_change_28d"]
    score.metric(
        "Health · ヘルススコア",
        "–" if pd.isna(account["health_score"]) else f"{float(account['health_score']):.2f}",
        None if pd.isna(change) else f"{float(change):+.2f} in 28 days",
    )
    band.metric(
        "Band · 区分",
        labels.get(shown_band, "–").split(" · ")[0],
        f"by an override; {labels[health_band]}" if shown_band != health_band else _since(since),
        delta_color="off",
        delta_arrow="off",
    )
    revenue.metric("MRR · 月次経常収益", money(account["mrr_amount"]))
    due = account["next_renewal_date"]
    renewal.metric(
        "Renewal · 更新日",
        "–" if pd.isna(due) else f"{due:%Y-%m-%d}",
        None if pd.isna(due) else f"in {int(account['days_to_renewal'])} days",
        delta_color="off",
        delta_arrow="off",
    )
    phases = support_phases()
    phase.metric("Phase · 支援フェーズ", phases["label"].get(account["support_phase"], "–").split(" · ")[0])
    for mark, text in (("⬇", account["reasons_down_english"]), ("⬆", account["reasons_up_english"])):
        if text:
            st.markdown(f"{mark} {text}")
    if account["change_english"]:
        st.caption(account["change_english"])


def _since(day: date) -> str | None:
    return None if pd.isna(day) else f"since {day:%Y-%m-%d}"


def _score(account: pd.Series) -> None:
    st.subheader("Score · スコアの推移")
    scores = rows(SCORES, account["account_id"], shown().as_of_date, SHOWN_DAYS)
    scores["name"] = scores["score_id"].map({"health": HEALTH, "usage": USAGE})
    stripes = bands().query("band_rank > 0")
    table = pd.DataFrame(
        {
            "from": [0.0, *stripes["maximum_score"].astype(float)[:-1]],
            "to": stripes["maximum_score"].astype(float),
            "colour": stripes["colour"],
        }
    )
    back = (
        alt.Chart(table)
        .mark_rect(opacity=0.13)
        .encode(
            y=alt.Y("from:Q", scale=alt.Scale(domain=[0, 4]), title=None),
            y2="to:Q",
            color=alt.Color("colour:N", scale=None),
        )
    )
    possible = (
        alt.Chart(scores[scores["score_id"] == "health"])
        .mark_area(opacity=0.2, color="#1F6F8B")
        .encode(x="score_date:T", y="score_low:Q", y2="score_high:Q")
    )
    lines = (
        alt.Chart(scores)
        .mark_line()
        .encode(
            x=alt.X("score_date:T", title=None),
            y=alt.Y("score:Q", title=None),
            strokeDash=alt.StrokeDash("name:N", title=None, legend=alt.Legend(orient="top")),
            tooltip=["score_date:T", "name:N", alt.Tooltip("score:Q", format=".2f")],
        )
    )
    st.altair_chart(alt.layer(back, possible, lines).properties(height=280))
    st.caption("Shaded: between all missing measures at 0 and at 4 points. · 網掛けは欠測を0点〜4点とした範囲")


def _components(account: pd.Series) -> None:
    st.subheader("What pulls it · スコアの要因")
    parts = rows(COMPONENTS, account["account_id"], shown().as_of_date)
    told = parts[parts["missing_reason"].isna()].head(LONGEST_LIST)
    chart = (
        alt.Chart(told)
        .mark_bar()
        .encode(
            x=alt.X("pull:Q", title="weight × (points − 2)"),
            y=alt.Y("measure:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
            color=alt.condition("datum.pull < 0", alt.value("#B2352B"), alt.value("#1F6F8B")),
            tooltip=["measure:N", alt.Tooltip("points:Q", format=".2f"), "weight:Q"],
        )
        .properties(height=24 * max(len(told), 1) + 40)
    )
    st.altair_chart(chart)
    missing = parts[parts["missing_reason"].notna()]
    if not missing.empty:
        counted = ", ".join(f"{count} {reason}" for reason, count in missing["missing_reason"].value_counts().items())
        st.caption(f"{len(missing)} measures have no value: {counted}.")


def _signals(account: pd.Series) -> None:
    st.subheader("Signals · シグナル")
    found = rows(SIGNALS, account["account_id"])
    is_open = found[found["is_open"]]
    if is_open.empty:
        st.info("No signal is open. · 発生中のシグナルはありません。")
    for told in is_open.itertuples():
        badge = SIGNAL_BADGES[str(told.signal_kind)]
        st.markdown(
            f"{badge} **{told.signal}** since {told.first_seen_date:%Y-%m-%d}  \n{told.evidence_english}  \n"
            f":grey[{told.evidence_japanese}]"
        )
    past = found[~found["is_open"]]
    if not past.empty:
        with st.expander(f"Past signals · 過去のシグナル ({len(past)})"):
            columns = ["signal", "first_seen_date", "last_true_date", "evidence_english"]
            st.dataframe(past[columns], hide_index=True, column_config=COLUMNS)


def _standing(account: pd.Series) -> None:
    st.subheader("Where it stands · 現在地")
    tier = account["maturity_tier"]
    told = [
        ("Tier · 成熟度", "not known" if pd.isna(tier) else f"{int(tier)} {account['maturity_tier_name']}"),
        ("Held back by · 妨げ", account["held_back_english"]),
        ("Next tier asks · 次の段階", account["next_tier_asks_english"]),
        ("Phase asks · フェーズの支援", support_phases()["asks_english"].get(account["support_phase"])),
        ("Ladder · 機能の階段", account["ladder_rung"]),
        ("Fit · 適合度", account["fit"]),
        ("CSM · 担当", account["csm_owner_id"]),
        ("Sales · 営業担当", account["sales_owner_id"]),
    ]
    for label, value in told:
        st.markdown(f"**{label}** {'–' if value is None or pd.isna(value) else value}")


def _plan(account: pd.Series) -> None:
    plan = rows(PLAN, account["account_id"])
    if plan.empty:
        st.warning("No success plan is agreed. · サクセスプランが未合意です。")
        return
    st.dataframe(plan, hide_index=True, column_config=COLUMNS)


main()
