with accounts as (

    select * from {{ ref('dim_accounts') }}

),

plans as (

    select
        account_id,
        count(*) as row_count,
        count(plan_item_id) as item_count
    from {{ ref('fct_success_plans') }}
    group by account_id

),

final as (

    select
        accounts.account_id,
        plans.row_count,
        plans.item_count
    from accounts
    left join plans on accounts.account_id = plans.account_id
    where
        (accounts.is_live and accounts.is_customer and plans.account_id is null)
        or (plans.item_count = 0 and (plans.row_count > 1 or not (accounts.is_live and accounts.is_customer)))
        or (plans.item_count > 0 and plans.row_count > plans.item_count)

)

select * from final
