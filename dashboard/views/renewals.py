"""Contracts that end in three to six months: use against what sales hears, with the revenue in each cell."""

import altair as alt
import pandas as pd
import streamlit as st

from dashboard.looks import money
from dashboard.published import rows

# Where each cell stands: use from left to right, satisfaction from below to above.
CELLS = {
    "willing_not_used": (0, 1, "Willing, not used · 意欲はあるが未活用", "Help them start: the will is there."),
    "used_and_satisfied": (1, 1, "Used and satisfied · 活用・満足", "Renew, and ask for a case."),
    "neither": (0, 0, "Neither · 未活用・不満", "Visit with sales, now."),
    "used_not_satisfied": (1, 0, "Used, not satisfied · 活用しているが不満", "Ask what is missing: a rival may come."),
}
OTHER_CELLS = {
    "ask_hearing": "No hearing in 90 days: ask sales · 営業ヒアリングが必要",
    "no_score": "No usage score · 活用スコアなし",
}
REVIEW = "select * from mart_renewal_review order by end_date, account_id"


def main() -> None:
    """The 2×2, what is missing for it, and the contracts."""
    st.title("Renewals in three to six months · 3〜6か月後の更新")
    review = rows(REVIEW)
    if review.empty:
        st.info("No contract ends in three to six months. · 対象の契約はありません。")
        return
    review["arr_amount"] = review["arr_amount"].astype(float)
    grid, beside = st.columns([2, 1])
    with grid:
        _grid(review)
    with beside:
        for cell, label in OTHER_CELLS.items():
            found = review[review["review_cell"] == cell]
            st.metric(label, f"{len(found)} ({money(found['arr_amount'].sum())} ARR)")
    _list(review)


def _grid(review: pd.DataFrame) -> None:
    summed = review.groupby("review_cell")["arr_amount"].agg(["count", "sum"])
    table = pd.DataFrame(
        [
            {
                "use": ("Usage at or below the line · 活用ライン以下", "Usage above the line · 活用ライン超")[x],
                "hearing": ("Not satisfied · 不満", "Satisfied · 満足")[y],
                "label": label,
                "advice": advice,
                "count": int(summed["count"].get(cell, 0)),
                "arr": float(summed["sum"].get(cell, 0.0)),
            }
            for cell, (x, y, label, advice) in CELLS.items()
        ]
    )
    table["figure"] = [
        f"{count} contracts, {money(arr)} ARR" for count, arr in zip(table["count"], table["arr"], strict=True)
    ]
    base = (
        alt.Chart(table)
        .encode(
            x=alt.X("use:N", title=None, sort=None, axis=alt.Axis(orient="top", labelAngle=0, labelLimit=320)),
            y=alt.Y("hearing:N", title=None, sort=["Satisfied · 満足", "Not satisfied · 不満"]),
        )
        .properties(height=300)
    )
    cells = base.mark_rect(stroke="white", strokeWidth=4).encode(
        color=alt.Color("arr:Q", scale=alt.Scale(scheme="lightgreyteal"), legend=None)
    )
    texts = [
        base.mark_text(dy=dy, fontSize=size).encode(text=f"{column}:N")
        for column, dy, size in (("label", -22, 15), ("figure", 2, 13), ("advice", 24, 12))
    ]
    st.altair_chart(alt.layer(cells, *texts))


def _list(review: pd.DataFrame) -> None:
    labels = {cell: told[2] for cell, told in CELLS.items()} | OTHER_CELLS
    st.dataframe(
        pd.DataFrame(
            {
                "account": review["account_name"],
                "cell": review["review_cell"].map(labels),
                "ends": review["end_date"],
                "ARR": review["arr_amount"],
                "usage": review["usage_score"].astype(float),
                "sales": review["sales_hearing_points"].astype(float),
                "heard": review["sales_heard_date"],
                "csm": review["csm_hearing_points"].astype(float),
                "attainment": review["attainment_rate"].astype(float) * 100,
                "seller": review["seller_owner_id"],
            }
        ),
        hide_index=True,
        column_config={
            "account": "Account · 顧客",
            "cell": st.column_config.TextColumn("Cell · 象限", width="medium"),
            "ends": st.column_config.DateColumn("Ends · 契約終了"),
            "ARR": st.column_config.NumberColumn("ARR · 年間収益", format="localized"),
            "usage": st.column_config.ProgressColumn(
                "Usage score · 活用スコア", min_value=0, max_value=4, format="%.2f"
            ),
            "sales": st.column_config.ProgressColumn("Sales' hearing · 営業", min_value=0, max_value=4, format="%.1f"),
            "heard": st.column_config.DateColumn("Heard · ヒアリング日"),
            "csm": st.column_config.ProgressColumn("CSM's hearing · CSM", min_value=0, max_value=4, format="%.1f"),
            "attainment": st.column_config.NumberColumn("Plan attained · 達成率", format="%.0f%%"),
            "seller": "Seller · 営業担当",
        },
    )


main()
