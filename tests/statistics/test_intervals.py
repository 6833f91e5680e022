"""Intervals beside their formulas, written out a second time."""

from decimal import Decimal
from math import exp, log, sqrt

import pytest

from dagster_project.statistics.intervals import UNKNOWN, Estimate, ratio_of_shares, rounded, share

Z = 1.959963984540054


@pytest.mark.parametrize(("count", "total"), [(5, 20), (0, 7), (7, 7), (1, 1), (420, 1000)])
def test_share_has_wilsons_interval(count: int, total: int) -> None:
    rate = count / total
    middle = (rate + Z**2 / (2 * total)) / (1 + Z**2 / total)
    half = Z * sqrt(rate * (1 - rate) / total + Z**2 / (4 * total**2)) / (1 + Z**2 / total)
    found = share(count, total)
    assert found.value == rounded(rate)
    assert found.low == rounded(max(0, middle - half))
    assert found.high == rounded(min(1, middle + half))


@pytest.mark.parametrize("sides", [(30, 100, 10, 80), (1, 3, 2, 9), (10, 10, 4, 10)])
def test_ratio_is_the_relative_risk(sides: tuple[int, int, int, int]) -> None:
    a, n, b, m = sides
    ratio = (a / n) / (b / m)
    spread = Z * sqrt(1 / a - 1 / n + 1 / b - 1 / m)
    found = ratio_of_shares(*sides)
    assert found == Estimate(rounded(ratio), rounded(exp(log(ratio) - spread)), rounded(exp(log(ratio) + spread)))


def test_what_cannot_be_told_is_unknown() -> None:
    assert share(0, 0) == UNKNOWN
    assert ratio_of_shares(0, 0, 3, 4) == UNKNOWN
    assert ratio_of_shares(3, 4, 0, 0) == UNKNOWN
    assert ratio_of_shares(3, 4, 0, 4) == UNKNOWN, "nothing is how many times as large as 0"
    assert ratio_of_shares(0, 4, 3, 4) == Estimate(Decimal(0).quantize(Decimal("0.000001"))), "without an interval"
    assert rounded(float("nan")) is None
    assert rounded(float("inf")) is None
