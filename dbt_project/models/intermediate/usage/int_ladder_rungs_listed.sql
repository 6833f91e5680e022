-- Without features on rungs, or without their use, nobody could tell where an account stands: there is no ladder then.
with rungs as (

    {{ seed_versions('ladder_rungs') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

final as (

    select
        rungs.rung,
        rungs.name_english,
        rungs.name_japanese,
        rungs.valid_from_date,
        rungs.valid_to_date
    from rungs
    where
        'features.ladder_rung' in (select columns_fed.input_column from columns_fed)
        and 'usage_events.feature_id' in (select columns_fed.input_column from columns_fed)

)

select * from final
