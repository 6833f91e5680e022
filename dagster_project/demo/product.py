"""The features of the product, the process and the goal that each of them serves, and the ladder they stand on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS
from dagster_project.demo.window import Row, Window, midnight, utc_text

# Name, kind, process, goal, rung of the ladder, departments that prefer it, popularity among those who have taken
# it up, records changed per use.
_FEATURES: tuple[tuple[str, str, str, str | None, int, tuple[str, ...], float, float], ...] = (
    ("Contact list", "core", "leads", None, 1, ("sales", "marketing"), 10.0, 0.8),
    ("Lead inbox", "core", "leads", "more_leads", 1, ("marketing",), 8.0, 0.6),
    ("Deal board", "core", "deals", "more_deals", 1, ("sales",), 9.0, 1.0),
    ("Activity log", "core", "deals", "more_deals", 2, ("sales",), 7.0, 1.2),
    ("Task list", "core", "success", "fewer_churns", 1, ("customer_success",), 6.0, 0.9),
    ("Standard reports", "core", "success", None, 2, ("finance", "customer_success"), 4.0, 0.0),
    ("Lead scoring", "advanced", "leads", "more_leads", 3, ("marketing",), 3.0, 0.1),
    ("Mail automation", "advanced", "leads", "more_leads", 3, ("marketing",), 3.5, 0.5),
    ("Forecast", "advanced", "deals", "more_deals", 3, ("sales", "finance"), 2.5, 0.2),
    ("Renewal planner", "advanced", "success", "fewer_churns", 3, ("customer_success",), 2.0, 0.4),
    ("Applicant pipeline", "advanced", "hiring", "faster_hiring", 2, ("hr",), 3.0, 0.7),
    ("Calendar connection", "integration", "deals", "more_deals", 4, ("sales", "it"), 2.0, 0.3),
    ("Data API", "integration", "success", None, 5, ("it",), 3.0, 3.0),
    ("Chat connection", "integration", "hiring", "faster_hiring", 4, ("hr", "it"), 1.5, 0.2),
)
FEATURE_COUNT = len(_FEATURES)


@dataclass(frozen=True)
class Feature:
    """A feature; it can be used from `released_at` on. `departments` prefer it."""

    feature_id: str
    feature_name: str
    feature_kind: str
    process_name: str
    goal_id: str | None
    ladder_rung: int
    departments: tuple[str, ...]
    popularity: float
    change_rate: float
    released_at: datetime


def features(window: Window) -> list[Feature]:
    """All 14 features, core first; the last is released a third into the window, the others before any sign-up."""
    long_ago = midnight(window.first_day - timedelta(days=LONGEST_HISTORY_DAYS + 30))
    newest = midnight(window.first_day + timedelta(days=window.day_count // 3)) + timedelta(hours=1)
    return [
        Feature(f"f{number:02d}", *told, released_at=newest if number == FEATURE_COUNT else long_ago)
        for number, told in enumerate(_FEATURES, start=1)
    ]


def feature_rows(told: list[Feature]) -> list[Row]:
    """One row per feature, known at its release."""
    return [
        {
            "feature_id": feature.feature_id,
            "feature_name": feature.feature_name,
            "feature_kind": feature.feature_kind,
            "process_name": feature.process_name,
            "goal_id": feature.goal_id,
            "ladder_rung": feature.ladder_rung,
            "updated_at": utc_text(feature.released_at),
        }
        for feature in told
    ]
