"""What a person sees while a run works: one line a step, and a counter while models are built."""

import logging
import sys
import time
from typing import Any

import dagster as dg

STEP_TITLES = {
    "demo": "Demo company's files",
    "raw_tables": "Sources into raw, checked",
    "build_models": "Models and their tests",
    "check_marts": "Checks of the marts",
    "compute_statistics": "Statistics, checked",
    "published": "Publish",
}


# That a step was skipped because an earlier one failed, and that dbt's tests on sources are kept as observations.
ADDS_NOTHING = ("Dependencies for step", "Logging an `AssetObservation` instead of an `AssetCheckResult`")


class ProgressHandler(logging.Handler):
    """Turns Dagster's events into a few lines; errors and warnings are shown as they come.

    `stage_seconds` holds the time of each stage after the run.
    """

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.stage_seconds: dict[str, float] = {}
        self._started: dict[str, float] = {}
        self._counts: dict[str, int] = {}
        self._is_live = sys.stderr.isatty()

    def emit(self, record: logging.LogRecord) -> None:
        """Show one event."""
        meta: dict[str, Any] = getattr(record, "dagster_meta", {})
        event = meta.get("dagster_event")
        step = meta.get("step_key") or ""
        if event is None:
            message = str(meta.get("orig_message") or record.getMessage())
            if record.levelno >= logging.WARNING and not message.startswith(ADDS_NOTHING):
                self._say(f"  ! {message}")
            return
        kind = event.event_type_value
        if kind == "STEP_START":
            self._started[step] = time.monotonic()
            self._show(f"  … {_title(step)}")
        elif kind in {"STEP_SUCCESS", "STEP_FAILURE"}:
            self._finish(step, failed=kind == "STEP_FAILURE")
        elif kind in {"ASSET_MATERIALIZATION", "ASSET_CHECK_EVALUATION"}:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._show(
                f"  … {_title(step)}: {self._counts.get('ASSET_MATERIALIZATION', 0)} tables and views, "
                f"{self._counts.get('ASSET_CHECK_EVALUATION', 0)} checks"
            )

    def _finish(self, step: str, *, failed: bool) -> None:
        title = _title(step)
        seconds = time.monotonic() - self._started.get(step, time.monotonic())
        self.stage_seconds[title] = self.stage_seconds.get(title, 0.0) + seconds
        self._say(f"  {'✗' if failed else '✓'} {title}  {seconds:.1f} s")

    def _show(self, line: str) -> None:
        if self._is_live:
            sys.stderr.write(f"\r\x1b[2K{line[:110]}")
            sys.stderr.flush()

    def _say(self, line: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{line}\n" if self._is_live else f"{line}\n")
        sys.stderr.flush()


def _title(step: str) -> str:
    return STEP_TITLES.get(step) or STEP_TITLES.get(step.split("__", maxsplit=1)[0], step)


PROGRESS = ProgressHandler()


@dg.logger({}, description="A line for each step of a run.")
def progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """The logger that `make run` uses in place of Dagster's console."""
    logger = logging.getLogger("bansou.progress")
    logger.setLevel(logging.DEBUG)  # Dagster logs the start and end of a step as debug
    logger.propagate = False
    if PROGRESS not in logger.handlers:
        logger.addHandler(PROGRESS)
    return logger
