with days as (

    {{ days_between(from_date(), to_date()) }}

),

features as (

    select * from {{ ref('int_feature_versions') }}

),

final as (

    select
        days.date_day,
        count(features.feature_id) as core_feature_count
    from days
    left join features
        on
            features.feature_kind = 'core'
            and {{ in_force('features', 'days.date_day') }}
    group by days.date_day

)

select * from final
