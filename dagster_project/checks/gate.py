"""The gate before publish: it trusts no graph, but asks whether each expected check passed in this very run."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagster as dg


class GateClosedError(Exception):
    """Publishing is refused; the message names every check that failed or did not run."""


@dataclass(frozen=True)
class CheckOutcome:
    """One check of this run."""

    asset: str
    check: str
    passed: bool
    is_blocking: bool


def outcomes_of_run(instance: dg.DagsterInstance, run_id: str) -> list[CheckOutcome]:
    """Every check that was evaluated in a run, in order; a repeated one counts by its last result."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = {}
    for entry in entries:
        if entry.dagster_event is None:
            continue
        evaluation = entry.dagster_event.asset_check_evaluation_data
        found[(evaluation.asset_key, evaluation.check_name)] = CheckOutcome(
            asset=evaluation.asset_key.to_user_string(),
            check=evaluation.check_name,
            passed=evaluation.passed,
            is_blocking=evaluation.severity == dg.AssetCheckSeverity.ERROR,
        )
    return list(found.values())


def require_passed(expected: Sequence[dg.AssetCheckKey], outcomes: Sequence[CheckOutcome]) -> None:
    """Let through only a run in which every expected check was evaluated and no blocking one failed.

    Raises:
        GateClosedError: a check did not run, or failed.
    """
    seen = {(outcome.asset, outcome.check): outcome for outcome in outcomes}
    skipped = [key for key in expected if (key.asset_key.to_user_string(), key.name) not in seen]
    failed = [outcome for outcome in outcomes if outcome.is_blocking and not outcome.passed]
    if skipped or failed:
        raise GateClosedError(
            "Not published; what was published before stays. "
            + "".join(f"\n  failed: {outcome.asset}: {outcome.check}" for outcome in failed)
            + "".join(f"\n  did not run: {key.asset_key.to_user_string()}: {key.name}" for key in skipped)
        )
