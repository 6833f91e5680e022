"""Shares and ratios of shares with their 95 % intervals, in decimals that are the same on every engine."""

from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

CONFIDENCE = 0.95
DECIMALS = Decimal("0.000001")


@dataclass(frozen=True)
class Estimate:
    """A figure and its interval; each is null where it is undefined."""

    value: Decimal | None
    low: Decimal | None = None
    high: Decimal | None = None


UNKNOWN = Estimate(None)


def rounded(value: float) -> Decimal | None:
    """Six decimals; null for what is no finite number."""
    return Decimal(repr(float(value))).quantize(DECIMALS) if isfinite(value) else None


def share(count: int, total: int) -> Estimate:
    """`count` ÷ `total` with Wilson's interval; nothing of nothing is unknown."""
    from scipy.stats import binomtest  # noqa: PLC0415 - takes a second or two, and only runs need it

    if not total:
        return UNKNOWN
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return Estimate(rounded(count / total), rounded(interval.low), rounded(interval.high))


def ratio_of_shares(count: int, total: int, other_count: int, other_total: int) -> Estimate:
    """How many times as large the first share is as the other: relative risk, its interval on the scale of logarithms.

    Unknown where a side is empty, or the other share is 0; without an interval where the first one is 0.
    """
    from scipy.stats.contingency import relative_risk  # noqa: PLC0415 - as above

    if not total or not other_total or not other_count:
        return UNKNOWN
    found = relative_risk(count, total, other_count, other_total)
    if not count:
        return Estimate(rounded(found.relative_risk))
    interval = found.confidence_interval(CONFIDENCE)
    return Estimate(rounded(found.relative_risk), rounded(interval.low), rounded(interval.high))
