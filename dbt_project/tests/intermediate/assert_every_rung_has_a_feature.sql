-- A rung on which no feature stands can never be reached, nor any above it. Where no source puts features on rungs
-- there is no ladder to check.
with rungs as (

    {{ seed_versions('ladder_rungs') }}

),

features as (

    select versions.ladder_rung
    from {{ ref('int_feature_versions') }} as versions
    where versions.ladder_rung is not null and {{ in_force('versions', as_of_date()) }}

),

final as (

    select rungs.rung
    from rungs
    where
        {{ in_force('rungs', as_of_date()) }}
        and exists (select 1 from features)
        and rungs.rung not in (select features.ladder_rung from features)

)

select * from final
