-- Revenue of the month before + movements = revenue, for every account and month.
with revenue as (

    select
        revenue.account_id,
        revenue.month_end_date,
        sum(coalesce(revenue.mrr_amount, 0) + revenue.carried_mrr_amount) as mrr_amount
    from {{ ref('int_account_revenue_summed') }} as revenue
    group by revenue.account_id, revenue.month_end_date

),

months as (

    select *
    from {{ ref('int_months_listed') }}
    where is_in_history

),

movements as (

    select * from {{ ref('fct_subscription_movements') }}

),

told as (

    select
        revenue.account_id,
        months.month_end_date,
        revenue.mrr_amount as difference_amount
    from revenue
    inner join months on revenue.month_end_date = months.previous_month_end_date
    union all
    select
        movements.account_id,
        movements.month_end_date,
        movements.mrr_change_amount as difference_amount
    from movements
    union all
    select
        revenue.account_id,
        months.month_end_date,
        -revenue.mrr_amount as difference_amount
    from revenue
    inner join months on revenue.month_end_date = months.month_end_date

),

final as (

    select
        told.account_id,
        told.month_end_date,
        sum(told.difference_amount) as difference_amount
    from told
    group by told.account_id, told.month_end_date
    having sum(told.difference_amount) <> 0

)

select * from final
