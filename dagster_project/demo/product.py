"""The features of the product, the process that each of them serves, its kind of use, and the ladder they stand on."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS
from dagster_project.demo.window import Row, Window, midnight, utc_text

# Name, kind, process, kind of use, rung of the ladder, departments that prefer it, popularity among those who have
# taken it up, records changed per use.
_FEATURES: tuple[tuple[str, str, str, str, int, tuple[str, ...], float, float], ...] = (
    ("Contact list", "core", "leads", "entry", 1, ("sales", "marketing"), 10.0, 0.8),
    ("Lead inbox", "core", "leads", "entry", 1, ("marketing",), 8.0, 0.6),
    ("Deal board", "core", "deals", "entry", 1, ("sales",), 9.0, 1.0),
    ("Activity log", "core", "deals", "entry", 2, ("sales",), 7.0, 1.2),
    ("Task list", "core", "success", "entry", 1, ("customer_success",), 6.0, 0.9),
    ("Standard reports", "core", "success", "analysis", 2, ("finance", "customer_success"), 4.0, 0.0),
    ("Lead scoring", "advanced", "leads", "automation", 3, ("marketing",), 3.0, 0.1),
    ("Mail automation", "advanced", "leads", "automation", 3, ("marketing",), 3.5, 0.5),
    ("Forecast", "advanced", "deals", "analysis", 3, ("sales", "finance"), 2.5, 0.2),
    ("Renewal planner", "advanced", "success", "entry", 3, ("customer_success",), 2.0, 0.4),
    ("Applicant pipeline", "advanced", "hiring", "entry", 2, ("hr",), 3.0, 0.7),
    ("Calendar connection", "integration", "deals", "entry", 4, ("sales", "it"), 2.0, 0.3),
    ("Data API", "integration", "success", "entry", 5, ("it",), 3.0, 3.0),
    ("Chat connection", "integration", "hiring", "entry", 4, ("hr", "it"), 1.5, 0.2),
)
FEATURE_COUNT = len(_FEATURES)


@dataclass(frozen=True)
class Feature:
    """A feature; it can be used from `released_at` on. `departments` prefer it."""

    feature_id: str
    feature_name: str
    feature_kind: str
    process_name: str
    use_kind: str
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
            "use_kind": feature.use_kind,
            "ladder_rung": feature.ladder_rung,
            "updated_at": utc_text(feature.released_at),
        }
        for feature in told
    ]
