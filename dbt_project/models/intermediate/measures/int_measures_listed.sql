with calculated as (

    select * from {{ ref('int_measures_calculated') }}

),

registry as (

    select * from {{ ref('health_measures') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

entities_held as (

    select * from {{ ref('int_entities_held') }}

),

fed_counts as (

    select
        registry.measure_id,
        count(columns_fed.input_column) as fed_count
    from registry
    left join columns_fed
        on position(concat(' ', columns_fed.input_column, ' ') in concat(' ', registry.required_inputs, ' ')) > 0
    group by registry.measure_id

),

measures_held as (

    select distinct
        registry.measure_id,
        entities_held.date_day
    from entities_held
    inner join registry
        on position(concat(' ', entities_held.entity, '.') in concat(' ', registry.required_inputs)) > 0

),

judged as (

    select
        calculated.account_id,
        calculated.date_day,
        calculated.segment,
        registry.measure_id,
        {{ measure_value('registry.measure_id', 'calculated') }} as told_value,
        fed_counts.fed_count
        = length(registry.required_inputs) - length(replace(registry.required_inputs, ' ', '')) + 1 as has_source,
        calculated.age_days >= registry.minimum_age_days as is_old_enough,
        measures_held.measure_id is not null as is_held
    from calculated
    cross join registry
    inner join fed_counts on registry.measure_id = fed_counts.measure_id
    left join measures_held
        on registry.measure_id = measures_held.measure_id and calculated.date_day = measures_held.date_day

),

final as (

    select
        judged.account_id,
        judged.date_day,
        judged.segment,
        judged.measure_id,
        case when judged.has_source and judged.is_old_enough and not judged.is_held then judged.told_value end as value,
        case
            when not judged.has_source then 'no_source'
            when not judged.is_old_enough then 'too_new'
            when judged.is_held or judged.told_value is null then 'stale'
        end as missing_reason
    from judged

)

select * from final
