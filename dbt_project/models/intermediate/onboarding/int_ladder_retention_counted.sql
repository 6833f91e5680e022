-- Only customers at the deadline are compared: whoever has left by then can no longer climb.
with years as (

    select * from {{ ref('int_first_years_judged') }}

),

contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

climbed as (

    select * from {{ ref('int_ladder_rungs_climbed') }}

),

rungs as (

    select * from {{ ref('int_ladder_rungs_listed') }}

),

targets as (

    {{ seed_versions('success_targets', ['segment']) }}

),

deadlines as (

    {{ ladder_deadlines() }}

),

dated as (

    select
        years.*,
        deadlines.deadline_weeks,
        {{ dbt.dateadd('day', '7 * deadlines.deadline_weeks', 'years.first_contract_date') }} as deadline_date
    from years
    cross join deadlines

),

live as (

    select
        dated.account_id,
        dated.deadline_weeks,
        dated.is_renewed,
        dated.is_open,
        cast(dated.deadline_date as date) as deadline_date
    from dated
    where
        exists (
            select 1
            from contracts
            where
                contracts.account_id = dated.account_id
                and not contracts.is_trial
                and {{ is_live_on('contracts', 'dated.deadline_date') }}
        )

),

-- The target is the last deadline within its months.
cells as (

    select
        rungs.rung,
        deadlines.deadline_weeks,
        rungs.rung = targets.ladder_target_rung
        and 7 * deadlines.deadline_weeks <= 30 * targets.deadline_months
        and 7 * (deadlines.deadline_weeks + 2) > 30 * targets.deadline_months as is_target
    from rungs
    cross join deadlines
    left join targets on targets.segment = '*' and {{ in_force('targets', as_of_date()) }}
    where {{ in_force('rungs', as_of_date()) }}

),

final as (

    select
        cells.rung,
        cells.deadline_weeks,
        coalesce(cells.is_target, false) as is_target,
        count(*) filter (where not live.is_open and climbed.rung is not null) as reached_count,
        count(*) filter (where live.is_renewed and climbed.rung is not null) as reached_renewed_count,
        count(*) filter (where not live.is_open and climbed.rung is null) as other_count,
        count(*) filter (where live.is_renewed and climbed.rung is null) as other_renewed_count,
        count(*) filter (where live.is_open) as open_count
    from cells
    left join live on cells.deadline_weeks = live.deadline_weeks
    left join climbed
        on
            live.account_id = climbed.account_id
            and cells.rung = climbed.rung
            and live.deadline_date >= climbed.climbed_date
    group by cells.rung, cells.deadline_weeks, cells.is_target

)

select * from final
