"""Contracts to monthly key figures as dbt compiles their models, against retention alone in pandas."""

from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

from benchmarks.timing import Case, Rival, race
from benchmarks.usage_daily import compiled_models
from dagster_project.settings import load_settings
from dagster_project.warehouse import open_warehouse

FIRST_DAY, LAST_DAY = date(2023, 7, 1), date(2026, 6, 30)
TERMS_EACH = 4
ROUNDS = 3
FIRST_PLACE = 13  # of the months from a year before the first
# In the order in which they are built; all that is kept of a contract, from its versions on.
MODELS = (
    *("dim_dates", "int_months_listed", "int_currency_rates_dated", "int_contracts_current"),
    *("int_contract_outcomes_current", "int_contract_renewals_linked", "int_contract_outcomes_settled"),
    *("int_contracts_settled", "int_account_revenue_summed", "int_account_movements_found", "int_accounts_described"),
    *("int_account_arr_summed", "int_retention_rows_listed", "int_renewal_rows_listed", "int_growth_rows_listed"),
    *("int_referral_rows_listed", "kpi_monthly_rows", "kpi_monthly"),
)
VERSIONED = """
    'crm' as source_name, timestamp '2020-01-01' as known_at, 1 as load_number, date '2020-01-01' as valid_from_date,
    null::date as valid_to_date
"""


def measure(folder: Path, account_count: int) -> Case:
    """Accounts with four yearly terms each; some grow, some shrink, some leave."""
    settings = load_settings({"BANSOU_HOME": str(folder / "kpi_monthly")})
    open_warehouse(settings).prepare(["files"])
    compiled = compiled_models(settings, "kpi_monthly", FIRST_DAY, LAST_DAY)
    start = settings.calendar.history_start_date.isoformat()
    ours = {name: compiled[name].replace(start, FIRST_DAY.isoformat()) for name in MODELS}
    connection = duckdb.connect(settings.build_path)
    _fill(connection, account_count)
    rivals = [
        Rival("bansou: 27 figures, every combination of dimensions, and their rows", lambda: _ours(connection, ours)),
        Rival("pandas: GRR, NRR and logo churn alone, in total (limit)", lambda: _pandas(connection)),
    ]
    race(rivals, ROUNDS)
    rows = connection.execute("select count(*) from marts.kpi_monthly_rows").fetchall()[0][0]
    figures = connection.execute("select count(*) from marts.kpi_monthly").fetchall()[0][0]
    connection.close()
    return Case(
        title=f"Monthly key figures: {account_count:,} accounts × 36 months",
        rivals=rivals,
        note=f"Ours: {figures:,} figures from {rows:,} rows. Both give the same retention in every month.",
        rounds=ROUNDS,
    )


def _fill(connection: duckdb.DuckDBPyConnection, account_count: int) -> None:
    """Versions as they stand below the models, and seeds."""
    for schema in ("intermediate", "marts", "reference"):
        connection.execute(f"create schema if not exists {schema}")
    connection.execute(
        f"create table intermediate.int_account_versions as select 'A' || n as account_id, "
        f"case when hash(n) % 2 = 0 then 'smb' else 'enterprise' end as segment, "
        f"'C' || hash(n + 1) % 6 as acquisition_channel, "
        f"'L' || hash(n + 2) % 8 as country, false as is_test, false as is_internal, {VERSIONED} "
        f"from range({account_count}) as t(n)"
    )
    connection.execute(
        f"create table intermediate.int_contract_versions as select 'A' || n || '-' || term as contract_id, "
        f"'A' || n as account_id, case when term > 0 then 'A' || n || '-' || (term - 1) end as previous_contract_id, "
        f"case when hash(n + 3) % 12 = 0 then 'one_off' else 'subscription' end as contract_model, "
        f"null as product_name, null as plan_name, null as billing_frequency, 'JPY' as currency_code, "
        f"false as is_trial, 10 as seat_count, "
        f"(10000 + (hash(n + 4) % 90000)::int + ((hash(n + 31 * term) % 3)::int - 1) * term * 500)::numeric(18, 2) "
        f"as mrr_amount, "
        f"null::numeric(18, 2) as one_off_amount, start_date as signed_date, start_date, "
        f"(start_date + interval 1 year)::date as end_date, {VERSIONED} from ("
        f"select n, term, (date '2021-07-01' + (hash(n + 5) % 700)::int + term * interval 1 year)::date as start_date "
        f"from range({account_count}) as t(n), range({TERMS_EACH}) as terms(term) where hash(n + 6) % 9 >= term)"
    )
    connection.execute(
        f"create table intermediate.int_contract_outcome_versions as select null as contract_id, null as outcome, "
        f"null as renewed_by_contract_id, null::date as decided_date, {VERSIONED} where false"
    )
    connection.execute(
        f"create table intermediate.int_churn_notice_versions as select null as account_id, null::date as churn_date, "
        f"{VERSIONED} where false"
    )
    connection.execute(
        f"create table intermediate.int_currency_rate_versions as select 'JPY' as currency_code, "
        f"date '2020-01-01' as rate_date, 1::numeric(18, 6) as reporting_rate, {VERSIONED}"
    )
    connection.execute(
        f"create table intermediate.int_referral_versions as select 'R' || n as referral_id, 'A' || n as account_id, "
        f"'A' || (n + 1) as referred_account_id, 'affiliate' as referral_kind, "
        f"date '2023-07-01' + (hash(n) % 1000)::int as referred_date, {VERSIONED} "
        f"from range({account_count // 20}) as t(n)"
    )
    seeds = Path(__file__).resolve().parent.parent / "dbt_project" / "seeds"
    for seed in ("kpi_definitions", "kpi_targets"):
        connection.execute(
            f"create table reference.{seed} as from read_csv('{seeds / seed}.csv', header = true, nullstr = '')"
        )


def _ours(connection: duckdb.DuckDBPyConnection, compiled: dict[str, str]) -> object:
    for name, sql in compiled.items():
        schema = "intermediate" if name.startswith("int_") else "marts"
        kind = "view" if name.endswith("_rows_listed") else "table"
        connection.execute(f"create or replace {kind} {schema}.{name} as {sql}")
    found = connection.execute(
        "select kpi_id, month_end_date::text, numerator::double, denominator::double from marts.kpi_monthly "
        "where coalesce(segment, contract_model, channel, country) is null and (kpi_id like 'grr%' or "
        "kpi_id like 'nrr%' or kpi_id like 'logo%') and kpi_id not like '%kept' order by 1, 2"
    ).fetchall()
    return hash(tuple(found))


def _pandas(connection: duckdb.DuckDBPyConnection) -> object:
    contracts = connection.execute(
        "select account_id, start_date::timestamp as start_date, end_date::timestamp as end_date, "
        "mrr_amount::double * 12 as arr from intermediate.int_contract_versions"
    ).df()
    months = pd.date_range("2022-06-30", LAST_DAY, freq="ME")
    revenue = pd.DataFrame(
        {
            month: contracts[(contracts.start_date <= month) & (month < contracts.end_date)]
            .groupby("account_id")["arr"]
            .sum()
            for month in months
        }
    ).fillna(0.0)
    found = []
    for name, step in (("monthly", 1), ("trailing_12_months", 12)):
        for place in range(FIRST_PLACE, len(months)):
            opening, closing = revenue[months[place - step]], revenue[months[place]]
            cohort = opening > 0
            opening, closing = opening[cohort], closing[cohort]
            day = str(months[place].date())
            total = float(opening.sum())
            found.append((f"grr_{name}", day, float(opening.where(opening < closing, closing).sum()), total))
            found.append((f"nrr_{name}", day, float(closing.sum()), total))
            found.append((f"logo_churn_rate_{name}", day, float((closing == 0).sum()), float(cohort.sum())))
    return hash(tuple(sorted(found)))
