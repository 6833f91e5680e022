"""How long it takes until something happens, where some have not been followed to the end: Kaplan–Meier."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dagster_project.statistics.intervals import CONFIDENCE, UNKNOWN, Estimate, rounded

MINIMUM_AT_RISK = 5
HALF = 0.5 + 1e-12  # a product of quotients may come out a hair above the half that it is
# Its bounds are undefined where nobody or everybody has come to the end; such bounds are told as null.
UNDEFINED_BOUNDS = "The confidence interval is undefined"


@dataclass(frozen=True)
class Spell:
    """Days until it happened, or until nobody looked any more."""

    days: int
    has_happened: bool


@dataclass(frozen=True)
class DayEstimate:
    """A number of whole days and its interval."""

    value: int | None
    low: int | None = None
    high: int | None = None


class Survival:
    """The estimate over some spells, with 95 % intervals on the log-log scale.

    It is told only as far as it is carried: with five spells or more, and five of them still followed on the day,
    unless none has been lost by then.
    """

    def __init__(self, spells: Sequence[Spell]) -> None:
        from scipy.stats import CensoredData, ecdf  # noqa: PLC0415 - takes a second or two, and only runs need it

        self._spells = spells
        if spells:
            sample = CensoredData(
                uncensored=[spell.days for spell in spells if spell.has_happened],
                right=[spell.days for spell in spells if not spell.has_happened],
            )
            self._survival = ecdf(sample).sf
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", UNDEFINED_BOUNDS, RuntimeWarning)
                self._bounds = self._survival.confidence_interval(CONFIDENCE, method="log-log")

    def share_by(self, day: int) -> Estimate:
        """Share to which it has happened by the end of a day; bounds are null where the share is 0 or 1."""
        if not self._is_carried_to(day):
            return UNKNOWN
        surviving = float(self._survival.evaluate(day))
        value = rounded(1 - surviving)
        if surviving in (0.0, 1.0):
            return Estimate(value)
        low, high = (float(bound.evaluate(day)) for bound in self._bounds)
        return Estimate(value, rounded(1 - high), rounded(1 - low))

    @property
    def median_days(self) -> DayEstimate:
        """First day by which it has happened to half; null where it has not yet."""
        value = self._first_day_at_half(self._survival) if self._spells else None
        if value is None or not self._is_carried_to(value):
            return DayEstimate(None)
        return DayEstimate(value, self._first_day_at_half(self._bounds.low), self._first_day_at_half(self._bounds.high))

    def _is_carried_to(self, day: int) -> bool:
        if len(self._spells) < MINIMUM_AT_RISK:
            return False
        lost = any(spell.days < day and not spell.has_happened for spell in self._spells)
        return not lost or sum(spell.days >= day for spell in self._spells) >= MINIMUM_AT_RISK

    @staticmethod
    def _first_day_at_half(curve: Any) -> int | None:
        """First day on which a falling curve is at a half or below it."""
        days = zip(curve.quantiles, curve.probabilities, strict=True)
        return next((int(day) for day, surviving in days if surviving <= HALF), None)
