with displaced as (

    select * from {{ ref('int_plan_items_displaced') }}

),

final as (

    select distinct
        'second_primary_plan' as oddity_id,
        displaced.plan_item_id as record_id,
        displaced.account_id
    from displaced
    where displaced.is_primary and {{ in_force('displaced', as_of_date()) }}

)

select * from final
