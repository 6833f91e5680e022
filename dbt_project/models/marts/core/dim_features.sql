with versions as (

    select * from {{ ref('int_feature_versions') }}

),

usage_days as (

    select * from {{ ref('fct_usage_daily') }}

),

declared as (

    select versions.* from versions where {{ in_force('versions', as_of_date()) }}

),

-- A feature that is used but that no source describes is still a feature.
used as (

    select distinct usage_days.feature_id from usage_days

),

final as (

    select
        coalesce(declared.feature_id, used.feature_id) as feature_id,
        declared.source_name,
        declared.feature_name,
        declared.feature_kind,
        declared.process_name,
        declared.feature_id is not null as is_described
    from used
    full outer join declared on used.feature_id = declared.feature_id

)

select
    final.feature_id,
    final.source_name,
    final.feature_name,
    final.feature_kind,
    final.process_name,
    final.is_described
from final
