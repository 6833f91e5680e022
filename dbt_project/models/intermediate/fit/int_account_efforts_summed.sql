-- What serving a customer took in the months at whose end it had a live contract.
with revenue as (

    select * from {{ ref('int_account_revenue_summed') }}

),

months as (

    select * from {{ ref('int_months_listed') }}

),

costs as (

    select * from {{ ref('int_account_costs_converted') }}

),

tickets as (

    select * from {{ ref('int_tickets_timed') }}

),

-- Where no source tells of tickets, nobody knows that there were none.
told as (

    select count(*) > 0 as has_tickets
    from {{ ref('int_columns_fed') }} as columns_fed
    where columns_fed.input_column = 'tickets.created_at'

),

account_months as (

    select distinct
        revenue.account_id,
        revenue.month_end_date
    from revenue
    inner join months on revenue.month_end_date = months.month_end_date
    where revenue.contract_count > 0 and months.is_in_history

),

ticket_months as (

    select
        tickets.account_id,
        cast({{ dbt.last_day(business_date('tickets.created_at'), 'month') }} as date) as month_end_date,
        count(*) as ticket_count
    from tickets
    where not tickets.is_deleted
    group by tickets.account_id, cast({{ dbt.last_day(business_date('tickets.created_at'), 'month') }} as date)

),

final as (

    select
        account_months.account_id,
        count(*) as account_month_count,
        count(costs.support_cost_amount) as cost_month_count,
        cast(sum(costs.support_cost_amount) as numeric(18, 2)) as support_cost_amount,
        case when told.has_tickets then cast(coalesce(sum(ticket_months.ticket_count), 0) as bigint) end as ticket_count
    from account_months
    cross join told
    left join costs
        on account_months.account_id = costs.account_id and account_months.month_end_date = costs.month_end_date
    left join ticket_months
        on
            account_months.account_id = ticket_months.account_id
            and account_months.month_end_date = ticket_months.month_end_date
    group by account_months.account_id, told.has_tickets

)

select * from final
