"""Do users who finish onboarding within 24 hours of their sign-up convert more often than those who do not?"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from dagster_project.statistics.intervals import UNKNOWN, ratio_of_shares, share

WITHIN, NOT_WITHIN = "within_24_hours", "not_within_24_hours"
SPEEDS = {
    WITHIN: {"within_24_hours"},
    "later": {"later"},
    "never": {"never"},
    NOT_WITHIN: {"later", "never"},
}
BENCHMARK = "onboarding_24h_conversion_ratio"

Row = Mapping[str, Any]


def conversion_by_speed(trials: Sequence[Row], benchmarks: Sequence[Row]) -> list[dict[str, Any]]:
    """One row per speed of onboarding and segment, null over all.

    `trials` has `segment`, `onboarding_speed`, `is_converted` and `is_open`; open ones are counted and left out.
    `benchmarks` has `benchmark_id` and `value`; without the one of the article there is none beside.
    """
    benchmark = next((row["value"] for row in benchmarks if row["benchmark_id"] == BENCHMARK), None)
    segments = [None, *sorted({row["segment"] for row in trials})] if trials else []
    return [row for segment in segments for row in _of_segment(segment, trials, benchmark)]


def _of_segment(segment: str | None, trials: Sequence[Row], benchmark: Decimal | None) -> list[dict[str, Any]]:
    within = [row for row in trials if segment in (None, row["segment"])]
    groups = {speed: [row for row in within if row["onboarding_speed"] in told] for speed, told in SPEEDS.items()}
    settled = {speed: [row for row in group if not row["is_open"]] for speed, group in groups.items()}
    converted = {speed: sum(row["is_converted"] for row in group) for speed, group in settled.items()}
    ratio = ratio_of_shares(converted[WITHIN], len(settled[WITHIN]), converted[NOT_WITHIN], len(settled[NOT_WITHIN]))
    rows = []
    for speed in SPEEDS:
        rate = share(converted[speed], len(settled[speed]))
        told = ratio if speed == WITHIN else UNKNOWN
        rows.append(
            {
                "onboarding_speed": speed,
                "segment": segment,
                "trial_count": len(settled[speed]),
                "converted_count": converted[speed],
                "open_count": len(groups[speed]) - len(settled[speed]),
                "conversion_rate": rate.value,
                "conversion_rate_low": rate.low,
                "conversion_rate_high": rate.high,
                "ratio_to_not_within_24h": told.value,
                "ratio_low": told.low,
                "ratio_high": told.high,
                "benchmark_ratio": benchmark if speed == WITHIN else None,
            }
        )
    return rows
