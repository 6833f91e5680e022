-- The phases of a month end add up to the accounts that have a score row on it, and segments to all.
with phases as (

    select
        kpis.month_end_date,
        kpis.segment,
        kpis.live_account_count,
        kpis.unknown_count + kpis.sceptical_count + kpis.convinced_count + kpis.skilled_count
        + kpis.self_running_count as phase_count
    from {{ ref('kpi_self_running') }} as kpis

),

scored as (

    select
        scores.score_date as month_end_date,
        count(*) as account_count
    from {{ ref('fct_health_scores') }} as scores
    where scores.score_id = 'usage'
    group by scores.score_date

),

totals as (

    select
        phases.month_end_date,
        sum(phases.live_account_count) filter (where phases.segment is not null) as segments_count,
        sum(phases.live_account_count) filter (where phases.segment is null) as total_count,
        bool_and(phases.phase_count = phases.live_account_count) as is_complete
    from phases
    group by phases.month_end_date

),

final as (

    select
        totals.month_end_date,
        totals.segments_count,
        totals.total_count,
        scored.account_count
    from totals
    left join scored on totals.month_end_date = scored.month_end_date
    where
        not totals.is_complete
        or coalesce(totals.segments_count <> totals.total_count, true)
        or coalesce(totals.total_count <> scored.account_count, true)

)

select * from final
