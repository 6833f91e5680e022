"""The gate: only a run whose every expected check ran, and none of the blocking ones failed, is published."""

import dagster as dg
import pytest

from dagster_project.checks.gate import CheckOutcome, GateClosedError, outcomes_of_run, require_passed

ACCOUNTS = dg.AssetCheckKey(dg.AssetKey(["marts", "dim_accounts"]), "is_unique")
SCORES = dg.AssetCheckKey(dg.AssetKey(["marts", "fct_health_scores"]), "is_whole")


def outcome(key: dg.AssetCheckKey, *, passed: bool = True, is_blocking: bool = True) -> CheckOutcome:
    return CheckOutcome(key.asset_key.to_user_string(), key.name, passed=passed, is_blocking=is_blocking)


def test_gate_opens_when_every_expected_check_passed() -> None:
    require_passed([ACCOUNTS, SCORES], [outcome(SCORES), outcome(ACCOUNTS)])


def test_gate_opens_when_only_a_warning_failed() -> None:
    require_passed([ACCOUNTS, SCORES], [outcome(ACCOUNTS), outcome(SCORES, passed=False, is_blocking=False)])


def test_gate_stays_shut_when_a_blocking_check_failed() -> None:
    with pytest.raises(GateClosedError) as caught:
        require_passed([ACCOUNTS, SCORES], [outcome(ACCOUNTS), outcome(SCORES, passed=False)])
    assert str(caught.value) == (
        "Not published; what was published before stays. \n  failed: marts/fct_health_scores: is_whole"
    )


def test_gate_stays_shut_when_a_check_that_nobody_expected_failed() -> None:
    with pytest.raises(GateClosedError, match=r"failed: marts/fct_health_scores: is_whole$"):
        require_passed([ACCOUNTS], [outcome(ACCOUNTS), outcome(SCORES, passed=False)])


def test_gate_stays_shut_when_a_check_did_not_run() -> None:
    with pytest.raises(GateClosedError) as caught:
        require_passed([ACCOUNTS, SCORES], [outcome(ACCOUNTS)])
    assert str(caught.value) == (
        "Not published; what was published before stays. \n  did not run: marts/fct_health_scores: is_whole"
    )


def test_gate_stays_shut_when_another_check_of_the_same_asset_ran() -> None:
    other = dg.AssetCheckKey(SCORES.asset_key, "is_fresh")
    with pytest.raises(GateClosedError, match=r"did not run: marts/fct_health_scores: is_whole$"):
        require_passed([SCORES], [outcome(other)])


def test_gate_names_all_when_several_are_amiss() -> None:
    with pytest.raises(GateClosedError) as caught:
        require_passed([ACCOUNTS, SCORES], [outcome(ACCOUNTS, passed=False)])
    assert str(caught.value).splitlines()[1:] == [
        "  failed: marts/dim_accounts: is_unique",
        "  did not run: marts/fct_health_scores: is_whole",
    ]


@dg.asset
def orders() -> None:
    """Something to check."""


@dg.asset_check(asset=orders)
def is_there() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset_check(asset=orders)
def is_fresh() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN)


@dg.asset_check(asset=orders)
def is_right() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=False)


def test_outcomes_tell_result_and_severity_when_read_from_the_run() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        earlier = dg.materialize([orders], instance=instance)
        run = dg.materialize([orders, is_there, is_fresh, is_right], instance=instance)
        assert outcomes_of_run(instance, earlier.run_id) == []
        found = sorted(outcomes_of_run(instance, run.run_id), key=lambda each: each.check)
    assert found == [
        CheckOutcome("orders", "is_fresh", passed=False, is_blocking=False),
        CheckOutcome("orders", "is_right", passed=False, is_blocking=True),
        CheckOutcome("orders", "is_there", passed=True, is_blocking=True),
    ]
