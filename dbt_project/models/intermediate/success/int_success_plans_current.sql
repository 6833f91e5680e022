with versions as (

    select * from {{ ref('int_success_plan_versions') }}

),

displaced_versions as (

    select * from {{ ref('int_plan_items_displaced') }}

),

known as (

    select versions.* from versions where {{ in_force('versions', as_of_date()) }}

),

displaced as (

    select distinct
        displaced_versions.source_name,
        displaced_versions.plan_item_id
    from displaced_versions
    where {{ in_force('displaced_versions', as_of_date()) }}

),

steps as (

    select
        known.source_name,
        known.parent_item_id,
        count(*) as step_count,
        count(*) filter (where known.reached_date <= {{ as_of_date() }}) as reached_step_count
    from known
    group by known.source_name, known.parent_item_id

),

final as (

    select
        known.account_id,
        known.source_name,
        known.plan_item_id,
        known.parent_item_id,
        known.item_level,
        known.goal_id,
        known.kpi_name,
        case
            when known.reached_date <= {{ as_of_date() }} then 'reached'
            when known.due_date < {{ as_of_date() }} then 'late'
            else 'open'
        end as status,
        coalesce(known.is_first_success, false) as is_first_success,
        known.is_primary,
        displaced.plan_item_id is null as is_counted,
        known.target_value,
        known.actual_value,
        {{ plan_attainment('known') }} as attainment_rate,
        coalesce(steps.step_count, 0) as step_count,
        coalesce(steps.reached_step_count, 0) as reached_step_count,
        known.agreed_date,
        known.due_date,
        known.reached_date
    from known
    left join displaced
        on known.source_name = displaced.source_name and known.plan_item_id = displaced.plan_item_id
    left join steps on known.source_name = steps.source_name and known.plan_item_id = steps.parent_item_id

)

select * from final
