"""`python -m dagster_project.demo.score_pictures`: draw `docs/pictures/score_*.png` from what is published.

The page on scores shows the default demo company; the account that it works through is named on the command line.
"""

import sys
from typing import Any

import altair as alt
import pandas as pd

from dagster_project.demo.pictures import BLUE, GREY, ORANGE, PICTURES, SCALE, SIZE, Picture
from dagster_project.settings import load_settings
from dagster_project.warehouse.published import PublishedReader

ACCOUNT = "A00216"
SCORE = "health"
CURVES = ("days_since_last_login", "active_seat_rate_28d", "tickets_per_active_user_90d")
MEASURES_SHOWN = 8
BAND_COLOURS = {
    "thriving": "#2f6f9f",
    "adopting": "#86b3d1",
    "below_line": "#f0b679",
    "at_risk": "#d9622b",
    "unknown": "#c9d0d6",
}


def curves(rows: list[dict[str, Any]]) -> Picture:
    """Points by value: one curve falls, one rises, one has its best in the middle."""
    told = pd.DataFrame(rows).astype({"knot_value": float, "points": float})
    return (
        alt.Chart(told)
        .mark_line(point=True, color=BLUE)
        .encode(x=alt.X("knot_value:Q", title=None), y=alt.Y("points:Q", title="points"))
        .properties(width=200, height=160)
        .facet(alt.Facet("name:N", title=None, sort=None), columns=3)
        .resolve_scale(x="independent")
    )


def pulls(rows: list[dict[str, Any]], account_id: str) -> Picture:
    """How far each measure holds the score of one account above or below the middle of the scale."""
    told = pd.DataFrame(rows).astype({"pull": float})
    told = told.reindex(told["pull"].abs().sort_values(ascending=False).index).head(2 * MEASURES_SHOWN)
    told["kind"] = ["lifts" if pull > 0 else "lowers" for pull in told["pull"]]
    return (
        alt.Chart(told, title=f"{account_id}: weight × (points − 2) ÷ all weights", width=520, height=300)
        .mark_bar()
        .encode(
            x=alt.X("pull:Q", title="against 2, the middle of the scale"),
            y=alt.Y(
                "name:N", title=None, sort=alt.SortField("pull", order="descending"), axis=alt.Axis(labelLimit=300)
            ),
            color=alt.Color("kind:N", title=None, scale=alt.Scale(domain=["lifts", "lowers"], range=[BLUE, ORANGE])),
        )
    )


def change(score: dict[str, Any], account_id: str) -> Picture:
    """From the score 28 days before to that of the day, step by step."""
    level = float(score["score"]) - float(score["change_28d"])
    bars = [{"step": "28 days before", "low": 0.0, "high": level, "kind": "score"}]
    for step in ("coverage", "weight", "input"):
        moved = float(score[f"{step}_change_28d"])
        kind = "up" if moved > 0 else "down"
        bars.append({"step": step, "low": min(level, level + moved), "high": max(level, level + moved), "kind": kind})
        level += moved
    bars.append({"step": "now", "low": 0.0, "high": float(score["score"]), "kind": "score"})
    colours = alt.Scale(domain=["score", "up", "down"], range=[GREY, BLUE, ORANGE])
    return (
        alt.Chart(pd.DataFrame(bars), title=f"{account_id}: what moved the score in 28 days", width=420, height=240)
        .mark_bar(size=48)
        .encode(
            x=alt.X("step:N", title=None, sort=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("low:Q", title="score"),
            y2="high:Q",
            color=alt.Color("kind:N", title=None, scale=colours),
        )
    )


def bands(rows: list[dict[str, Any]]) -> Picture:
    """Live accounts by band on every day."""
    return (
        alt.Chart(pd.DataFrame(rows), title="Live accounts by band of the health score", **SIZE)
        .mark_area()
        .encode(
            x=alt.X("score_date:T", title=None),
            y=alt.Y("account_count:Q", title="accounts", stack="zero"),
            color=alt.Color(
                "band:N",
                title=None,
                scale=alt.Scale(domain=list(BAND_COLOURS), range=list(BAND_COLOURS.values())),
                sort=list(BAND_COLOURS),
            ),
            order=alt.Order("band_rank:Q", sort="descending"),
        )
    )


def main() -> int:
    """Draw every picture anew."""
    account_id = sys.argv[1] if len(sys.argv) > 1 else ACCOUNT
    alt.data_transformers.disable_max_rows()
    reader = PublishedReader(load_settings().published_dir)
    scores = reader.rows(
        "select * from fct_health_scores where account_id = ? and score_id = ? order by score_date desc limit 1",
        [account_id, SCORE],
    )
    drawn = {
        "curves": curves(
            [
                row
                for measure_id in CURVES
                for row in reader.rows(
                    "select m.name_english as name, c.knot_value, c.points from dim_health_curves as c "
                    "inner join dim_health_measures as m using (measure_id) where measure_id = ? order by knot_value",
                    [measure_id],
                )
            ]
        ),
        "pulls": pulls(
            reader.rows(
                "select m.name_english as name, c.weight * (c.points - 2) / sum(c.weight) over () as pull "
                "from fct_health_score_components as c inner join dim_health_measures as m using (measure_id) "
                "where c.account_id = ? and c.score_id = ? and c.score_date = ? and c.points is not null",
                [account_id, SCORE, scores[0]["score_date"]],
            ),
            account_id,
        ),
        "change": change(scores[0], account_id),
        "bands": bands(
            reader.rows(
                "select cast(s.score_date as varchar) as score_date, s.band, b.band_rank, "
                "count(*) as account_count from fct_health_scores as s "
                "inner join dim_health_bands as b on s.band = b.band_id where s.score_id = ? group by all",
                [SCORE],
            )
        ),
    }
    for name, picture in drawn.items():
        path = PICTURES / f"score_{name}.png"
        picture.save(path, scale_factor=SCALE)
        sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
