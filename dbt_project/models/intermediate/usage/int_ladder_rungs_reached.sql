-- A rung is reached on the first day on which a feature was known to be used and to stand on it.
with uses as (

    select * from {{ ref('int_features_first_used') }}

),

features as (

    select * from {{ ref('int_feature_versions') }}

),

final as (

    select
        uses.account_id,
        features.ladder_rung as rung,
        min(greatest(uses.first_used_date, features.valid_from_date)) as reached_date
    from uses
    inner join features
        on
            uses.feature_id = features.feature_id
            and (features.valid_to_date is null or uses.first_used_date < features.valid_to_date)
    where features.ladder_rung is not null
    group by uses.account_id, features.ladder_rung

)

select * from final
