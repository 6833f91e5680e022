"""Kaplan–Meier on a table worked by hand, beside a second way of counting, and where it must fall silent."""

from decimal import Decimal
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dagster_project.statistics.intervals import UNKNOWN, Estimate, rounded
from dagster_project.statistics.survival import MINIMUM_AT_RISK, DayEstimate, Spell, Survival

Z = 1.959963984540054
Spells = list[Spell]


def spells(happened: list[int], lost: list[int]) -> Spells:
    return [Spell(days, has_happened=True) for days in happened] + [Spell(days, has_happened=False) for days in lost]


# Day: at risk, happened → surviving. 0: 16, 4 → 12/16 = 0.75. 5: 12, 2 → 0.75 × 10/12 = 0.625. 7: two are lost.
# 10: 8, 2 → 0.625 × 6/8 = 0.46875. 40: 6, 1 → 0.46875 × 5/6 = 0.390625. Five are still followed on day 100.
BY_HAND = spells([0] * 4 + [5, 5, 10, 10, 40], [7, 7] + [100] * 5)


@pytest.mark.parametrize(
    ("day", "surviving"), [(0, "0.75"), (4, "0.75"), (5, "0.625"), (9, "0.625"), (10, "0.46875"), (90, "0.390625")]
)
def test_share_is_that_of_the_table_by_hand(day: int, surviving: str) -> None:
    assert Survival(BY_HAND).share_by(day).value == 1 - Decimal(surviving)


def test_interval_is_that_of_the_formula_by_hand() -> None:
    """Greenwood's variance on the scale of log(−log): day 10, after the steps of 4 of 16, 2 of 12 and 2 of 8."""
    surviving = 0.46875
    spread = Z * sqrt(4 / (16 * 12) + 2 / (12 * 10) + 2 / (8 * 6)) / abs(log(surviving))
    low, high = (1 - exp(-exp(log(-log(surviving)) + sign * spread)) for sign in (-1, 1))
    assert Survival(BY_HAND).share_by(10) == Estimate(rounded(1 - surviving), rounded(low), rounded(high))


def test_median_is_the_first_day_by_which_it_has_happened_to_half() -> None:
    median = Survival(BY_HAND).median_days
    assert median.value == 10
    assert median.low == 0, "the lower bound of those who survive lies below a half from day 0 on"


def test_half_that_is_reached_exactly_counts() -> None:
    """As a product of quotients it comes out a hair above 0.5."""
    assert Survival(spells([3, 6, 9, 12, 15], [20] * 5)).median_days.value == 15


def product_limit(found: Spells, day: int) -> float:
    """The same estimate a second way: person by person, in the order of their days."""
    surviving = 1.0
    for moment in sorted({spell.days for spell in found if spell.has_happened and spell.days <= day}):
        at_risk = sum(spell.days >= moment for spell in found)
        surviving *= 1 - sum(spell.days == moment and spell.has_happened for spell in found) / at_risk
    return surviving


SOME_SPELLS = st.lists(st.builds(Spell, st.integers(0, 60), st.booleans()), min_size=MINIMUM_AT_RISK, max_size=40)


@given(found=SOME_SPELLS, day=st.integers(0, 60))
def test_share_is_that_of_the_second_way(found: Spells, day: int) -> None:
    told = Survival(found).share_by(day)
    is_lost = any(spell.days < day and not spell.has_happened for spell in found)
    if is_lost and sum(spell.days >= day for spell in found) < MINIMUM_AT_RISK:
        assert told == UNKNOWN
    else:
        assert told.value is not None
        assert float(told.value) == pytest.approx(1 - product_limit(found, day), abs=1e-6)
        if told.low is not None and told.high is not None:
            assert told.low <= told.value <= told.high


@given(days=st.lists(st.integers(0, 60), min_size=MINIMUM_AT_RISK, max_size=40), day=st.integers(0, 70))
def test_without_loss_the_share_is_a_plain_one(days: list[int], day: int) -> None:
    found = Survival(spells(days, []))
    assert found.share_by(day).value == rounded(sum(one <= day for one in days) / len(days))
    assert found.median_days.value == sorted(days)[(len(days) - 1) // 2]


def test_fewer_than_five_say_nothing() -> None:
    for found in ([], spells([1, 2, 3, 4], []), spells([1], [9, 9, 9])):
        assert Survival(found).share_by(3) == UNKNOWN
        assert Survival(found).median_days == DayEstimate(None)
    assert Survival(spells([1, 2, 3, 4], [9])).share_by(3).value == Decimal("0.6")


def test_day_to_which_fewer_than_five_were_followed_says_nothing() -> None:
    """Those who came to the end are known; those who were lost on the day itself were followed to it."""
    five_left, four_left = (
        Survival(spells([1] * 5, [20, 30, 30, 30, 30, 30])),
        Survival(spells([1] * 5, [20] + [30] * 4)),
    )
    assert five_left.share_by(30).value is not None
    assert five_left.share_by(31) == UNKNOWN
    assert four_left.share_by(20).value is not None
    assert four_left.share_by(21) == UNKNOWN
    lost_before_half = Survival(spells([10, 20, 21, 22, 23], [5] * 4))
    assert lost_before_half.median_days == DayEstimate(None), "on day 21 three of nine are left"


def test_bounds_are_null_where_nobody_or_everybody_came_to_it() -> None:
    found = Survival(spells([10, 11, 12, 13, 14], []))
    assert found.share_by(9) == Estimate(rounded(0))
    assert found.share_by(14) == Estimate(rounded(1))
    assert Survival(spells([], [30] * 6)).share_by(20) == Estimate(rounded(0))
    assert Survival(spells([], [30] * 6)).median_days == DayEstimate(None)
