{{ config(materialized='view', meta={'is_run_log': true}) }}

with states as (

    select * from {{ ref('stg_ledger__source_states') }}

),

check_results as (

    select * from {{ ref('stg_ledger__check_results') }}

),

components as (

    select * from {{ ref('fct_health_score_components') }}

),

measures as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

-- A view is not made anew every day, so that the newest day is asked of the data.
newest as (

    select components.*
    from components
    where components.score_date = (select max(every_day.score_date) from components as every_day)

),

totals as (

    select
        newest.account_id,
        newest.score_id,
        sum(newest.weight) as total_weight
    from newest
    group by newest.account_id, newest.score_id

),

open_warnings as (

    select
        concat(states.source_name, '.', states.entity) as table_name,
        case states.state when 'held' then 'batch_is_taken' else 'source_is_fresh' end as check_name,
        states.message,
        measures.measure_id,
        measures.valid_from_date,
        measures.valid_to_date
    from states
    inner join measures on position(concat(' ', states.entity, '.') in concat(' ', measures.required_inputs)) > 0
    where states.state <> 'delivering' and states.until_date is null
    union all
    select
        check_results.table_name,
        check_results.check_name,
        check_results.message,
        measures.measure_id,
        measures.valid_from_date,
        measures.valid_to_date
    from check_results
    cross join measures
    where
        check_results.is_newest
        and check_results.outcome = 'warned'
        and check_results.table_name in ('fct_health_scores', 'fct_health_score_components')

),

final as (

    select
        newest.account_id,
        newest.score_id,
        open_warnings.table_name,
        open_warnings.check_name,
        open_warnings.message,
        {{ ratio('sum(newest.weight)', 'totals.total_weight', 9, 6) }} as tainted_weight_rate,
        newest.score_date
    from newest
    inner join open_warnings
        on
            newest.measure_id = open_warnings.measure_id
            and {{ in_force('open_warnings', 'newest.score_date') }}
    inner join totals on newest.account_id = totals.account_id and newest.score_id = totals.score_id
    group by
        newest.account_id,
        newest.score_id,
        open_warnings.table_name,
        open_warnings.check_name,
        open_warnings.message,
        totals.total_weight,
        newest.score_date

)

select
    final.account_id,
    final.score_id,
    final.table_name,
    final.check_name,
    final.message,
    final.tainted_weight_rate,
    final.score_date
from final
