with latest as (

    select * from {{ ref('int_latest_statements_found') }}

),

final as (

    select
        latest.account_id,
        latest.date_day,
        max(latest.source_name) filter (where latest.statement_kind = 'strategy') as strategy_source_name,
        max(latest.statement_id) filter (where latest.statement_kind = 'strategy') as strategy_assessment_id,
        {{ ratio("sum(latest.points) filter (where latest.statement_kind = 'nps')",
                 "count(*) filter (where latest.statement_kind = 'nps')", 18, 6) }} as nps_points,
        {{ ratio("sum(latest.points) filter (where latest.statement_kind = 'sales_hearing')",
                 "count(*) filter (where latest.statement_kind = 'sales_hearing')", 18, 6) }} as sales_hearing_points,
        {{ ratio("sum(latest.points) filter (where latest.statement_kind = 'csm_hearing')",
                 "count(*) filter (where latest.statement_kind = 'csm_hearing')", 18, 6) }} as csm_hearing_points,
        {{ ratio("sum(latest.points) filter (where latest.statement_kind = 'strategy')",
                 "count(*) filter (where latest.statement_kind = 'strategy')", 18, 6) }} as strategy_points
    from latest
    group by latest.account_id, latest.date_day

)

select * from final
