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
        exists (select 1 from columns_fed where columns_fed.input_column = 'features.ladder_rung')
        and exists (select 1 from columns_fed where columns_fed.input_column = 'usage_events.feature_id')

)

select * from final
