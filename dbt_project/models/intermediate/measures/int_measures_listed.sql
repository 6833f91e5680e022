{{ config(materialized='view') }}

with registry as (

    {{ seed_versions('health_measures', ['measure_id']) }}

),

united as (

    select * from {{ ref('int_measures_united') }}

),

days as (

    select * from {{ ref('int_account_days_listed') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

entities_held as (

    select * from {{ ref('int_entities_held') }}

),

-- A measure has a source where every input column that it requires is fed.
sourced as (

    {{ inputs_fed('registry', ['measure_id']) }}

),

rules as (

    select
        registry.*,
        sourced.has_source,
        concat(' ', registry.segments, ' ') as segment_list,
        concat(' ', registry.stages, ' ') as stage_list
    from registry
    inner join sourced
        on registry.measure_id = sourced.measure_id and registry.valid_from_date = sourced.valid_from_date

),

measures_held as (

    select distinct
        rules.measure_id,
        entities_held.date_day
    from entities_held
    inner join rules
        on
            position(concat(' ', entities_held.entity, '.') in concat(' ', rules.required_inputs)) > 0
            and {{ in_force('rules', 'entities_held.date_day') }}

),

judged as (

    select
        united.account_id,
        united.date_day,
        days.segment,
        days.stage_id,
        united.measure_id,
        united.told_value,
        case
            when
                not united.applies
                or position(' * ' in rules.segment_list) = 0
                and position(concat(' ', coalesce(days.segment, '*'), ' ') in rules.segment_list) = 0
                or position(' * ' in rules.stage_list) = 0
                and position(concat(' ', days.stage_id, ' ') in rules.stage_list) = 0
                then 'not_applicable'
            when not rules.has_source then 'no_source'
            when days.age_days < rules.minimum_age_days then 'too_new'
            when measures_held.measure_id is not null or united.told_value is null then 'stale'
        end as missing_reason
    from united
    inner join days on united.account_id = days.account_id and united.date_day = days.date_day
    inner join rules
        on united.measure_id = rules.measure_id and {{ in_force('rules', 'united.date_day') }}
    left join measures_held
        on united.measure_id = measures_held.measure_id and united.date_day = measures_held.date_day

),

final as (

    select
        judged.account_id,
        judged.date_day,
        judged.segment,
        judged.stage_id,
        judged.measure_id,
        case when judged.missing_reason is null then judged.told_value end as value,
        judged.missing_reason
    from judged

)

select * from final
