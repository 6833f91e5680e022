"""Who needs attention today, and why: the list that a morning begins with."""

import pandas as pd
import streamlit as st

from dashboard.looks import bands, low_bands, money, support_phases
from dashboard.published import rows, shown

SPARK_DAYS = 90
ALL = "All · すべて"

OVERVIEW = "select * from mart_account_overview order by attention_rank"
OPEN_SIGNALS = """
    select signals.account_id, signals.signal_id, named.signal_kind,
        named.name_english || ' · ' || named.name_japanese as label
    from fct_account_signals as signals
    inner join dim_signals as named on signals.signal_id = named.signal_id and named.segment = '*'
    where signals.is_open and named.signal_kind <> 'state'
    order by signals.account_id, position(named.signal_kind in 'request risk chance'), signals.first_seen_date desc
"""
TRENDS = """
    select account_id, list(round(score, 2) order by score_date) as trend
    from fct_health_scores
    where score_id = 'health' and score_date > ?::date - ?::integer
    group by account_id
"""
MOVED = """
    select count(*) filter (where score_date = ?::date) as now_count,
        count(*) filter (where score_date = ?::date - 28) as before_count
    from fct_health_scores
    inner join dim_accounts using (account_id)
    where score_id = 'health' and is_customer and list_contains(?, effective_band)
"""


def main() -> None:
    """The figures of the day, the filters, and the list."""
    st.title("Who needs attention today · 今日、支援が必要な顧客")
    overview, signals = rows(OVERVIEW), rows(OPEN_SIGNALS)
    _figures(overview, signals)
    chosen = _filtered(overview, signals)
    st.caption(
        f"{len(chosen)} of {len(overview)} customers, those first who need attention most. Choose a row to open it."
    )
    _list(chosen, signals)


def _figures(overview: pd.DataFrame, signals: pd.DataFrame) -> None:
    day = shown().as_of_date
    moved = rows(MOVED, day, day, tuple(low_bands())).iloc[0]
    change = int(moved["now_count"] - moved["before_count"])
    low = overview[overview["effective_band"].isin(low_bands())]
    risky = signals[signals["signal_kind"] == "risk"]
    live, revenue, risk, warned = st.columns(4)
    live.metric("Customers · 契約中の顧客", f"{len(overview):,}")
    revenue.metric("MRR · 月次経常収益", money(overview["mrr_amount"].sum()))
    risk.metric(
        "Health at risk or below the line · 活用ライン未満",
        f"{len(low):,} ({money(low['mrr_amount'].sum())})",
        f"{change:+d} in 28 days",
        delta_color="inverse" if change else "off",
        delta_arrow="auto" if change else "off",
    )
    warned.metric("With a risk signal · リスクシグナルあり", f"{risky['account_id'].nunique():,}")


def _filtered(overview: pd.DataFrame, signals: pd.DataFrame) -> pd.DataFrame:
    by_segment, by_owner, by_band, by_signal = st.columns(4)
    segment = by_segment.selectbox("Segment · セグメント", [ALL, *_values(overview["segment"])])
    owner = by_owner.selectbox("CSM · 担当", [ALL, *_values(overview["csm_owner_id"])])
    names = dict(zip(bands()["band_id"], bands()["label"], strict=True))
    band = by_band.selectbox("Band · 区分", [ALL, *names], format_func=lambda told: names.get(told, told))
    labels = dict(zip(signals["signal_id"], signals["label"], strict=True))
    signal = by_signal.selectbox(
        "Signal · シグナル", [ALL, *sorted(labels)], format_func=lambda told: labels.get(told, told)
    )
    chosen = overview
    for value, column in ((segment, "segment"), (owner, "csm_owner_id"), (band, "effective_band")):
        if value != ALL:
            chosen = chosen[chosen[column] == value]
    if signal != ALL:
        chosen = chosen[chosen["account_id"].isin(signals.loc[signals["signal_id"] == signal, "account_id"])]
    return chosen


def _list(chosen: pd.DataFrame, signals: pd.DataFrame) -> None:
    names = dict(zip(bands()["band_id"], bands()["label"], strict=True))
    phases = support_phases()["label"]
    told = signals.assign(name=signals["label"].str.split(" · ").str[0])
    of_account = told.groupby("account_id")["name"].agg(list)
    trends = rows(TRENDS, shown().as_of_date, SPARK_DAYS).set_index("account_id")["trend"]
    table = pd.DataFrame(
        {
            "account": chosen["account_name"],
            "band": chosen["effective_band"].map(names),
            "score": chosen["health_score"].astype(float),
            "trend": chosen["account_id"].map(trends),
            "signals": chosen["account_id"].map(of_account),
            "why": chosen["why_english"],
            "renewal": chosen["next_renewal_date"],
            "MRR": chosen["mrr_amount"].astype(float),
            "tier": chosen["maturity_tier"],
            "next tier asks": chosen["next_tier_asks_english"],
            "phase": chosen["support_phase"].map(phases),
            "CSM": chosen["csm_owner_id"],
        }
    )
    columns = {
        "account": st.column_config.TextColumn("Account · 顧客", pinned=True),
        "band": st.column_config.TextColumn("Band · 区分"),
        "score": st.column_config.ProgressColumn("Score · スコア", min_value=0, max_value=4, format="%.2f"),
        "trend": st.column_config.LineChartColumn("90 days · 推移", y_min=0, y_max=4),
        "signals": st.column_config.ListColumn("Signals · シグナル", width="medium"),
        "why": st.column_config.TextColumn("Why · 理由", width="large"),
        "tier": st.column_config.NumberColumn("Tier · 成熟度", format="%d"),
        "next tier asks": st.column_config.TextColumn("Next tier asks · 次の段階", width="medium"),
        "phase": st.column_config.TextColumn("Phase · 支援フェーズ"),
        "renewal": st.column_config.DateColumn("Renewal · 更新"),
        "MRR": st.column_config.NumberColumn("MRR · 月次収益", format="localized"),
        "CSM": st.column_config.TextColumn("CSM · 担当"),
    }
    picked = st.dataframe(
        table, column_config=columns, hide_index=True, height=620, on_select="rerun", selection_mode="single-row"
    )
    if picked["selection"]["rows"]:
        st.session_state["account_id"] = chosen.iloc[picked["selection"]["rows"][0]]["account_id"]
        st.switch_page(st.session_state["pages"]["account"])


def _values(column: pd.Series) -> list[str]:
    return sorted(column.dropna().unique().tolist())


main()
