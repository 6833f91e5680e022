with facts as (

    select * from {{ ref('int_usage_recent_facts') }}

),

features as (

    select * from {{ ref('int_feature_versions') }}

),

final as (

    select distinct
        facts.account_id,
        facts.feature_id,
        facts.event_date,
        facts.known_date
    from facts
    inner join features
        on
            facts.feature_id = features.feature_id
            and {{ in_force('features', 'facts.known_date') }}
    where features.feature_kind = 'core'

)

select * from final
