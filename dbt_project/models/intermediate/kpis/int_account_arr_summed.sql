-- Yearly revenue of an account at each month's end, over all contract models and by each: with pending revenue as lost,
-- and as kept.
with revenue as (

    select * from {{ ref('int_account_revenue_summed') }}

),

final as (

    select
        revenue.account_id,
        revenue.contract_model,
        revenue.month_end_date,
        12 * sum(coalesce(revenue.mrr_amount, 0) + revenue.carried_mrr_amount) as arr_amount,
        12 * sum(coalesce(revenue.mrr_amount, 0) + revenue.carried_mrr_amount + revenue.pending_mrr_amount)
            as pending_kept_arr_amount,
        sum(revenue.unconverted_contract_count) > 0 as is_unconverted
    from revenue
    group by revenue.account_id, revenue.month_end_date, rollup(revenue.contract_model)

)

select * from final
