{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}
{%- set numbers = {'value': 'united.value', 'second_value': 'united.second_value'} %}

-- Every signal that is true on a day, with its sentence. While a source that a rule needs is held or late, the rule
-- says nothing, as the measures that rest on such a source.
with united as (

    {{ united_signals() }}

),

days as (

    select * from {{ ref('int_account_days_listed') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

entities_held as (

    select * from {{ ref('int_entities_held') }}

),

signals_held as (

    select distinct
        rules.signal_id,
        entities_held.date_day
    from entities_held
    inner join rules
        on
            position(concat(' ', entities_held.entity, '.') in concat(' ', rules.required_inputs)) > 0
            and {{ in_force('rules', 'entities_held.date_day') }}

),

final as (

    select
        united.account_id,
        united.date_day,
        united.signal_id,
        united.value,
        united.second_value,
        rules.threshold_value as threshold,
        {{ filled_sentence('rules.evidence_english', numbers, 'united.evidence_date') }} as evidence_english,
        {{ filled_sentence('rules.evidence_japanese', numbers, 'united.evidence_date') }} as evidence_japanese
    from united
    inner join days on united.account_id = days.account_id and united.date_day = days.date_day
    inner join rules
        on
            united.signal_id = rules.signal_id
            and rules.segment = coalesce(days.segment, '*')
            and {{ in_force('rules', 'united.date_day') }}
    left join signals_held
        on united.signal_id = signals_held.signal_id and united.date_day = signals_held.date_day
    where signals_held.signal_id is null

)

select * from final
