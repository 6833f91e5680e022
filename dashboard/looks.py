"""How the dashboard shows things: colours of bands, labels, numbers. Bands come from the published set."""

import altair as alt
import pandas as pd

from dashboard.published import rows

# From the worst band to the best; grey where nothing can be said. Told apart without red and green.
BAND_COLOURS = ("#B2352B", "#E3863A", "#A9C6DA", "#1F6F8B")
UNKNOWN_COLOUR = "#B8B8B8"
LINE_BAND = "below_line"
SIGNAL_BADGES = {
    "request": ":orange-badge[request · 依頼]",
    "risk": ":red-badge[risk · リスク]",
    "chance": ":blue-badge[chance · 好機]",
    "state": ":gray-badge[state · 状態]",
}


def bands() -> pd.DataFrame:
    """Every band from the worst to the best, the unknown one first: band_id, label, colour, maximum_score."""
    found = rows(
        "select band_id, band_rank, maximum_score, name_english || ' · ' || name_japanese as label "
        "from dim_health_bands order by band_rank"
    )
    known = [rank for rank in found["band_rank"] if rank > 0]
    found["colour"] = [
        UNKNOWN_COLOUR if rank == 0 else BAND_COLOURS[min(known.index(rank), len(BAND_COLOURS) - 1)]
        for rank in found["band_rank"]
    ]
    return found


def support_phases() -> pd.DataFrame:
    """Every phase of support, by its id: label, and what it asks of us."""
    return rows(
        "select support_phase, name_english || ' · ' || name_japanese as label, asks_english, asks_japanese "
        "from dim_support_phases order by phase_order"
    ).set_index("support_phase")


def low_bands() -> list[str]:
    """The bands in which an account is at risk: the line's and those below it."""
    told = bands()
    line = told.loc[told["band_id"] == LINE_BAND, "band_rank"].max()
    return list(told.loc[told["band_rank"].between(1, line), "band_id"])


def band_scale() -> alt.Scale:
    """The colour of each band's label."""
    told = bands()
    return alt.Scale(domain=told["label"].tolist(), range=told["colour"].tolist())


def money(amount: float | None) -> str:
    """An amount of the reporting currency in short."""
    if amount is None or pd.isna(amount):
        return "–"
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(amount) >= size:
            return f"{amount / size:,.1f} {unit}"
    return f"{amount:,.0f}"
