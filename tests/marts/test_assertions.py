"""Each rule that is asserted of the marts fails where its figures are spoilt: no assertion that cannot fail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from dagster_project.settings import load_settings
from tests.conftest import World

LAST = date(2026, 6, 30)
OF_ALL = "coalesce(segment, contract_model, channel, country) is null"
# What is done to the marts of the tiny world, by the assertion that must then name rows.
SPOILT = {
    "assert_movements_close_every_month": "delete from marts.fct_subscription_movements where movement_id = "
    "(select min(movement_id) from marts.fct_subscription_movements)",
    "assert_gross_retention_is_at_most_net_and_one": "update marts.kpi_monthly set value = value + 0.000001 "
    f"where kpi_id = 'grr_monthly' and {OF_ALL}",
    "assert_renewed_lost_and_pending_are_what_was_due": "update marts.fct_contracts set renewal_status = 'superseded' "
    "where contract_id = (select min(contract_id) from marts.fct_contracts where renewal_status = 'renewed' "
    "and end_date between date '2026-06-01' and date '2026-06-30')",
    "assert_monthly_revenue_is_that_of_the_days": "update marts.fct_mrr_monthly set mrr_amount = mrr_amount + 0.01 "
    "where account_id = (select min(account_id) from marts.fct_mrr_monthly)",
    "assert_kpis_follow_from_their_rows": "delete from marts.kpi_monthly_rows where kpi_id = 'nrr_monthly' "
    "and account_id = (select min(account_id) from marts.kpi_monthly_rows where kpi_id = 'nrr_monthly')",
    "assert_totals_are_the_sum_of_their_parts": "update marts.kpi_monthly set numerator = numerator + 1 "
    "where kpi_id = 'arr' and country is not null and coalesce(segment, contract_model, channel) is null",
    "assert_contributions_sum_to_the_score": "update marts.fct_health_score_components "
    f"set contribution = contribution + 0.00000001 where score_date = date '{LAST}' and measure_id = 'active_days_28d'",
    "assert_score_bounds_follow_from_the_components": "update marts.fct_health_score_components "
    f"set points = points + 0.01 where score_date = date '{LAST}' and measure_id = 'active_days_28d'",
    "assert_changes_of_scores_add_up": "update marts.fct_health_scores "
    f"set coverage_change_28d = coverage_change_28d + 0.000001 where score_date = date '{LAST}' "
    "and change_28d is not null",
    "assert_live_accounts_have_every_score_and_others_none": "delete from marts.fct_health_scores "
    f"where score_date = date '{LAST}' and score_id = 'usage'",
    "assert_business_minutes_lie_within_the_calendar": "update marts.fct_support_tickets "
    "set first_reply_business_minutes = first_reply_calendar_minutes + 0.01",
    "assert_a_desk_that_never_rests_counts_calendar_minutes": "update marts.fct_support_tickets "
    "set first_reply_business_minutes = first_reply_business_minutes - 0.01 where schedule_id = 'desk_always'",
    "assert_backlog_of_a_month_is_that_of_its_last_day": "update marts.kpi_support_monthly "
    "set backlog_count = backlog_count + 1 where slice_kind = 'total'",
    "assert_newest_backlog_is_that_of_open_tickets": "update marts.kpi_support_backlog_daily "
    "set backlog_count = backlog_count + 1 where slice_kind = 'total'",
    "assert_tiers_follow_from_their_scores": "update marts.fct_maturity_tiers set tier_high = tier_high - 1 "
    f"where month_end_date = date '{LAST}' and tier_high > 1",
    "assert_axes_are_the_mean_of_their_parts": "update marts.fct_maturity_scores set score = score + 0.0001 "
    f"where month_end_date = date '{LAST}' and part_id = 'basic'",
    "assert_customers_of_every_fit_add_up": "update marts.dim_accounts set fit = null where account_id = "
    "(select min(account_id) from marts.dim_accounts where is_customer and is_live)",
    "assert_every_live_customer_has_a_plan_or_says_so": "delete from marts.fct_success_plans where not has_plan",
    "assert_onboarding_progress_is_that_of_the_measure": "update marts.fct_onboarding "
    "set progress_rate = progress_rate + 0.01",
    "assert_newest_rung_is_that_of_the_rungs_climbed": "update marts.fct_feature_ladder "
    f"set ladder_rung = ladder_rung + 1 where date_day = date '{LAST}'",
    "assert_every_rung_has_a_feature": "insert into reference.ladder_rungs (rung, valid_from_date) "
    "select max(rung) + 1, max(valid_from_date) from reference.ladder_rungs",
    "assert_runs_of_a_signal_are_its_days": "update marts.fct_account_signals "
    "set last_true_date = last_true_date - 1 where is_open and first_seen_date < last_true_date",
    "assert_renewal_review_is_that_of_the_signal": "update marts.fct_account_signals "
    "set signal_id = 'renewal_window' where signal_id in ('top_group', 'second_group') and is_open",
    "assert_every_live_account_is_in_one_phase": "update marts.kpi_self_running "
    "set skilled_count = skilled_count + 1 where segment is null",
}


@dataclass(frozen=True)
class Marts:
    """A world's build, and the SQL of its models and assertions by name."""

    build_path: Path
    sql: dict[str, str]


@pytest.fixture(scope="module")
def marts(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    world = tiny_world.copy(tmp_path_factory.mktemp("assertions") / "home")
    world.dbt("compile", first=LAST, last=LAST)
    settings = load_settings(world.environment)
    compiled = settings.dbt_target_dir / "compiled"
    return Marts(settings.build_path, {path.stem: path.read_text() for path in compiled.rglob("*.sql")})


@pytest.fixture
def connection(marts: Marts) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts, as they are until a test is over."""
    with duckdb.connect(marts.build_path) as connection:
        connection.begin()
        yield connection
        connection.rollback()


@pytest.mark.parametrize("assertion", SPOILT)
def test_assertion_fails_when_its_figures_are_spoilt(
    assertion: str, marts: Marts, connection: duckdb.DuckDBPyConnection
) -> None:
    assert connection.execute(marts.sql[assertion]).fetchall() == []

    changed = connection.execute(SPOILT[assertion]).fetchone()

    assert changed is not None
    assert changed[0] > 0, "nothing was spoilt"
    assert connection.execute(marts.sql[assertion]).fetchall() != []


# A rule taken out of a model's own SQL, by the assertion that must notice; then what is built on the model.
KPIS = ("marts.kpi_monthly_rows", "marts.kpi_monthly", "marts.fct_subscription_movements")
SCORES = ("intermediate.int_health_scores_banded", "marts.fct_health_scores", "marts.fct_health_score_components")
BROKEN = {
    "assert_gross_retention_is_at_most_net_and_one": (
        "int_retention_rows_listed",
        r"least\(seen\.opening_amount, seen\.closing_amount\)",
        "seen.opening_amount",
        KPIS,
    ),
    "assert_movements_close_every_month": (
        "int_account_movements_found",
        r"sum\(both_ends\.closing_amount\) as closing_amount",
        "max(both_ends.opening_amount) as closing_amount",
        KPIS,
    ),
    # Weight without data counts for the coverage.
    "assert_score_bounds_follow_from_the_components": (
        "int_health_scores_summed",
        r"filter \(where components\.points is not null\)",
        "",
        SCORES,
    ),
    # What measures have become is told as what they weigh.
    "assert_changes_of_scores_add_up": (
        "int_score_changes_explained",
        r"coalesce\(components\.points_28d_before, components\.points\) as kept_points",
        "components.points as kept_points",
        SCORES,
    ),
}


@pytest.mark.parametrize("assertion", BROKEN)
def test_assertion_fails_when_a_rule_is_taken_out_of_its_model(
    assertion: str, marts: Marts, connection: duckdb.DuckDBPyConnection
) -> None:
    model, rule, without, built_on_it = BROKEN[assertion]
    broken, count = re.subn(rule, without, marts.sql[model])
    assert count == 1
    kind = "view" if model == "int_retention_rows_listed" else "table"
    connection.execute(f"create or replace {kind} intermediate.{model} as {broken}")
    for relation in built_on_it:
        columns = ", ".join(row[0] for row in connection.execute(f"describe {relation}").fetchall())
        sql = marts.sql[relation.partition(".")[2]]
        connection.execute(f"create or replace table {relation} as select {columns} from ({sql}) as made")
    assert connection.execute(marts.sql[assertion]).fetchall() != []
