-- By fit, by channel and by seller the customers, months, costs and deals of kpi_customer_fit sum to those over all,
-- and its customers are those of dim_accounts that were signed.
with kpis as (

    select * from {{ ref('kpi_customer_fit') }}

),

accounts as (

    select * from {{ ref('dim_accounts') }}

),

fits as (

    select * from {{ ref('int_account_fits_judged') }}

),

parts as (

    select
        case when kpis.fit is not null then 'fit' when kpis.channel is not null then 'channel' else 'seller' end
            as dimension,
        kpis.*
    from kpis
    where
        case when kpis.fit is null then 0 else 1 end
        + case when kpis.channel is null then 0 else 1 end
        + case when kpis.seller_owner_id is null then 0 else 1 end = 1

),

summed as (

    select
        parts.dimension,
        sum(parts.customer_count) as customer_count,
        sum(parts.churned_count) as churned_count,
        sum(parts.account_month_count) as account_month_count,
        coalesce(sum(parts.support_cost_amount), 0) as support_cost_amount,
        coalesce(sum(parts.ticket_count), 0) as ticket_count,
        sum(parts.declined_deal_count) as declined_deal_count
    from parts
    group by parts.dimension
    union all
    select
        'accounts' as dimension,
        count(*) as customer_count,
        max(totals.churned_count) as churned_count,
        max(totals.account_month_count) as account_month_count,
        coalesce(max(totals.support_cost_amount), 0) as support_cost_amount,
        coalesce(max(totals.ticket_count), 0) as ticket_count,
        max(totals.declined_deal_count) as declined_deal_count
    from accounts
    inner join fits on accounts.account_id = fits.account_id and fits.decision_kind = 'signed'
    left join kpis as totals on totals.fit is null and totals.channel is null and totals.seller_owner_id is null
    where accounts.is_customer and accounts.fit = fits.fit

),

final as (

    select
        summed.dimension,
        summed.customer_count,
        totals.customer_count as total_count
    from summed
    left join kpis as totals on totals.fit is null and totals.channel is null and totals.seller_owner_id is null
    where
        (summed.customer_count > 0 or summed.dimension <> 'accounts')
        and (
            totals.customer_count is null
            or summed.customer_count <> totals.customer_count
            or summed.churned_count <> totals.churned_count
            or summed.account_month_count <> totals.account_month_count
            or summed.support_cost_amount <> coalesce(totals.support_cost_amount, 0)
            or summed.ticket_count <> coalesce(totals.ticket_count, 0)
            or summed.declined_deal_count <> totals.declined_deal_count
        )

)

select * from final
