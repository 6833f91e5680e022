"""How the customers are spread over the health bands, day by day, and who moved."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.looks import band_scale, bands
from dashboard.published import rows, shown

ALL = "All · すべて"
WEIGHTS = {
    "Customers · 社数": "count(*)",
    "MRR of the last month end · 前月末の月次経常収益": "coalesce(sum(revenue.mrr_amount), 0)",
}

SPREAD = """
    select scores.score_date, named.band_rank, named.name_english || ' · ' || named.name_japanese as band,
        {weight} as amount
    from fct_health_scores as scores
    inner join dim_health_bands as named on scores.effective_band = named.band_id
    left join fct_mrr_monthly as revenue
        on scores.account_id = revenue.account_id
        and revenue.month_end_date = date_trunc('month', scores.score_date + 1)::date - 1
    where scores.score_id = 'health' and scores.score_date > ?::date - ?::integer
        and (?::text is null or scores.segment = ?::text)
    group by all
    order by all
"""
MOVES = """
    with now as (select * from fct_health_scores where score_id = 'health' and score_date = ?::date),
    former as (select * from fct_health_scores where score_id = 'health' and score_date = ?::date - 28)
    select accounts.account_name, former_bands.name_english as former_band, now_bands.name_english as band,
        now_bands.band_rank - former_bands.band_rank as steps, round(former.score, 2) as former_score,
        round(now.score, 2) as score, now.change_english, accounts.mrr_amount
    from now
    inner join former on now.account_id = former.account_id
    inner join dim_accounts as accounts on now.account_id = accounts.account_id
    inner join dim_health_bands as now_bands on now.effective_band = now_bands.band_id
    inner join dim_health_bands as former_bands on former.effective_band = former_bands.band_id
    where now.effective_band <> former.effective_band and now_bands.band_rank > 0 and former_bands.band_rank > 0
        and (?::text is null or now.segment = ?::text)
    order by steps, accounts.mrr_amount desc
"""


def main() -> None:
    """The spread over time, and the moves of 28 days."""
    st.title("Bands over time · 区分の推移")
    by_segment, by_span, by_weight = st.columns(3)
    segments = rows("select distinct segment from dim_accounts where segment is not null order by segment")["segment"]
    told = by_segment.selectbox("Segment · セグメント", [ALL, *segments])
    segment = None if told == ALL else told
    days = by_span.selectbox("Span · 期間", [30, 90, 180, 365, 730], index=2, format_func=lambda count: f"{count} days")
    weight = by_weight.radio("Counted by · 集計", list(WEIGHTS), horizontal=True)
    day = shown().as_of_date
    spread = rows(SPREAD.format(weight=WEIGHTS[weight]), day, days, segment, segment)
    _spread(spread, weight)
    st.subheader("Moved in 28 days · 28日間の移動")
    _moves(rows(MOVES, day, day, segment, segment))


def _spread(spread: pd.DataFrame, weight: str) -> None:
    if spread.empty:
        st.info("No scores in this span. · この期間のスコアはありません。")
        return
    spread["amount"] = spread["amount"].astype(float)
    chart = (
        alt.Chart(spread)
        .mark_area(line=False, interpolate="step")
        .encode(
            x=alt.X("score_date:T", title=None),
            y=alt.Y("amount:Q", stack="zero", title=weight),
            color=alt.Color(
                "band:N",
                scale=band_scale(),
                sort=bands()["label"].tolist(),
                title="Band · 区分",
                legend=alt.Legend(labelLimit=0),
            ),
            order=alt.Order("band_rank:Q"),
            tooltip=["score_date:T", "band:N", alt.Tooltip("amount:Q", format=",.0f")],
        )
        .properties(height=380)
    )
    st.altair_chart(chart)


def _moves(moves: pd.DataFrame) -> None:
    if moves.empty:
        st.info("Nobody changed band. · 区分の変化はありません。")
        return
    st.caption(f"{(moves['steps'] < 0).sum()} fell, {(moves['steps'] > 0).sum()} rose.")
    st.dataframe(
        moves.assign(
            former_score=moves["former_score"].astype(float),
            score=moves["score"].astype(float),
            mrr_amount=moves["mrr_amount"].astype(float),
        ),
        hide_index=True,
        column_config={
            "account_name": "Account · 顧客",
            "former_band": "28 days before · 28日前",
            "band": "Now · 現在",
            "steps": st.column_config.NumberColumn("Steps · 段", format="%+d"),
            "former_score": st.column_config.NumberColumn("Score before", format="%.2f"),
            "score": st.column_config.NumberColumn("Score · スコア", format="%.2f"),
            "change_english": st.column_config.TextColumn("Why · 理由", width="large"),
            "mrr_amount": st.column_config.NumberColumn("MRR · 月次収益", format="localized"),
        },
    )


main()
