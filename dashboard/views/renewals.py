"""Contracts that end in three to six months: use against what sales hears, with the revenue in each cell."""

from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.looks import money
from dashboard.published import rows

# Rows of the grid from the satisfied to the others, and in each from little use to much.
GRID = {
    "Satisfied · 満足": ("willing_not_used", "used_and_satisfied"),
    "Not satisfied · 不満": ("neither", "used_not_satisfied"),
    "Not known · 不明": ("ask_hearing", "no_score"),
}
CELLS = """
    select review_cell, name_english || ' · ' || name_japanese as label, asks_english, asks_japanese, contract_count,
        arr_amount
    from kpi_renewal_review
"""
REVIEW = """
    select review.*, accounts.account_name
    from mart_renewal_review as review
    inner join dim_accounts as accounts on review.account_id = accounts.account_id
    order by review.end_date, review.account_id
"""


def main() -> None:
    """The 2×2 with what is missing for it, and the contracts."""
    st.title("Renewals in three to six months · 3〜6か月後の更新")
    review, cells = rows(REVIEW), rows(CELLS).set_index("review_cell")
    if review.empty:
        st.info("No contract ends in three to six months. · 対象の契約はありません。")
        return
    for row, names in GRID.items():
        heading, *places = st.columns([1, 3, 3], vertical_alignment="center")
        heading.markdown(f"**{row}**")
        for place, name in zip(places, names, strict=True):
            _cell(place.container(border=True), dict(cells.loc[name]))
    st.caption("Upper rows: left at or below the usage line, right above it. · 上2段：左は活用ライン以下、右は超")
    _list(review, cells)


def _cell(place: DeltaGenerator, cell: dict[str, Any]) -> None:
    place.metric(cell["label"], f"{cell['contract_count']} ({money(cell['arr_amount'])} ARR)")
    place.caption(f"{cell['asks_english']} · {cell['asks_japanese']}")


def _list(review: pd.DataFrame, cells: pd.DataFrame) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "account": review["account_name"],
                "cell": review["review_cell"].map(cells["label"]),
                "ends": review["end_date"],
                "ARR": review["arr_amount"].astype(float),
                "usage": review["usage_score"].astype(float),
                "sales": review["sales_hearing_points"].astype(float),
                "heard": review["sales_heard_date"],
                "csm": review["csm_hearing_points"].astype(float),
                "attainment": review["attainment_rate"].astype(float) * 100,
                "seller": review["sales_owner_id"],
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
