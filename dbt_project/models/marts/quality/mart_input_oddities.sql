with event_oddities as (

    select * from {{ ref('int_usage_event_oddities_found') }}

),

record_oddities as (

    select * from {{ ref('int_record_oddities_found') }}

),

contract_oddities as (

    select * from {{ ref('int_contract_oddities_found') }}

),

desk_oddities as (

    select * from {{ ref('int_desk_oddities_found') }}

),

plan_oddities as (

    select * from {{ ref('int_plan_oddities_found') }}

),

kinds as (

    select * from {{ ref('oddity_kinds') }}

),

found as (

    select
        event_oddities.oddity_id,
        event_oddities.record_id,
        event_oddities.account_id
    from event_oddities
    union all
    select
        record_oddities.oddity_id,
        record_oddities.record_id,
        record_oddities.account_id
    from record_oddities
    union all
    select
        contract_oddities.oddity_id,
        contract_oddities.record_id,
        contract_oddities.account_id
    from contract_oddities
    union all
    select
        desk_oddities.oddity_id,
        desk_oddities.record_id,
        desk_oddities.account_id
    from desk_oddities
    union all
    select
        plan_oddities.oddity_id,
        plan_oddities.record_id,
        plan_oddities.account_id
    from plan_oddities

),

final as (

    select
        found.oddity_id,
        kinds.entity,
        found.record_id,
        found.account_id,
        kinds.meaning_english,
        kinds.meaning_japanese,
        kinds.decision_english
    from found
    inner join kinds on found.oddity_id = kinds.oddity_id

)

select
    final.oddity_id,
    final.entity,
    final.record_id,
    final.account_id,
    final.meaning_english,
    final.meaning_japanese,
    final.decision_english
from final
