{{ config(materialized='view', meta={'is_run_log': true}) }}

with check_results as (

    select * from {{ ref('stg_ledger__check_results') }}

),

tainted_scores as (

    select * from {{ ref('mart_tainted_scores') }}

),

tainted_accounts as (

    select
        tainted_scores.table_name,
        tainted_scores.check_name,
        count(distinct tainted_scores.account_id) as account_count
    from tainted_scores
    group by tainted_scores.table_name, tainted_scores.check_name

),

final as (

    select
        check_results.run_id,
        check_results.stage,
        check_results.table_name,
        check_results.check_name,
        check_results.policy,
        check_results.outcome,
        check_results.message,
        check_results.failing_rows,
        check_results.owner,
        check_results.remedy,
        check_results.is_newest and check_results.outcome in ('failed', 'held', 'warned') as is_open,
        check_results.rows_scanned,
        check_results.failing_row_count,
        case
            when check_results.is_newest and check_results.outcome in ('held', 'warned')
                then coalesce(tainted_accounts.account_count, 0)
        end as tainted_account_count,
        check_results.as_of_date,
        check_results.checked_at
    from check_results
    left join tainted_accounts
        on
            check_results.table_name = tainted_accounts.table_name
            and check_results.check_name = tainted_accounts.check_name

)

select
    final.run_id,
    final.stage,
    final.table_name,
    final.check_name,
    final.policy,
    final.outcome,
    final.message,
    final.failing_rows,
    final.owner,
    final.remedy,
    final.is_open,
    final.rows_scanned,
    final.failing_row_count,
    final.tainted_account_count,
    final.as_of_date,
    final.checked_at
from final
