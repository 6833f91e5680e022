"""The features of the product and the process that each of them serves."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from dagster_project.demo.accounts import LONGEST_HISTORY_DAYS
from dagster_project.demo.window import Row, Window, midnight, utc_text

FEATURE_COLUMNS = ("feature_id", "feature_name", "feature_kind", "process_name", "updated_at")

# Name, kind, process, popularity among those who have taken it up, records changed per use.
_FEATURES = (
    ("Contact list", "core", "leads", 10.0, 0.8),
    ("Lead inbox", "core", "leads", 8.0, 0.6),
    ("Deal board", "core", "deals", 9.0, 1.0),
    ("Activity log", "core", "deals", 7.0, 1.2),
    ("Task list", "core", "success", 6.0, 0.9),
    ("Standard reports", "core", "success", 4.0, 0.0),
    ("Lead scoring", "advanced", "leads", 3.0, 0.1),
    ("Mail automation", "advanced", "leads", 3.5, 0.5),
    ("Forecast", "advanced", "deals", 2.5, 0.2),
    ("Renewal planner", "advanced", "success", 2.0, 0.4),
    ("Applicant pipeline", "advanced", "hiring", 1.5, 0.7),
    ("Calendar connection", "integration", "deals", 2.0, 0.3),
    ("Data API", "integration", "success", 3.0, 3.0),
    ("Chat connection", "integration", "hiring", 1.5, 0.2),
)


@dataclass(frozen=True)
class Feature:
    """A feature; it can be used from `released_at` on."""

    feature_id: str
    feature_name: str
    feature_kind: str
    process_name: str
    popularity: float
    change_rate: float
    released_at: datetime


def features(window: Window) -> list[Feature]:
    """All 14 features; the last is released in the middle of the window, the others before any sign-up."""
    long_ago = midnight(window.first_day - timedelta(days=LONGEST_HISTORY_DAYS + 30))
    newest = midnight(window.first_day + timedelta(days=window.day_count // 2)) + timedelta(hours=1)
    return [
        Feature(f"f{number:02d}", *told, released_at=newest if number == len(_FEATURES) else long_ago)
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
            "updated_at": utc_text(feature.released_at),
        }
        for feature in told
    ]
