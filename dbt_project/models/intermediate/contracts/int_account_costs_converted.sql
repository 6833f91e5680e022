-- Costs of a month are converted at the rate of its first day. Where a part of them cannot be, the month's are unknown.
with versions as (

    select * from {{ ref('int_account_cost_versions') }}

),

contracts as (

    select * from {{ ref('int_contracts_current') }}

),

rates as (

    select * from {{ ref('int_currency_rates_dated') }}

),

reporting as (

    {{ reporting_currency('contracts') }}

),

rated as (

    select
        versions.account_id,
        cast({{ dbt.last_day('versions.cost_month_date', 'month') }} as date) as month_end_date,
        {{ reporting_amount(
            'versions.support_cost_amount',
            'case when versions.currency_code is null or upper(versions.currency_code) = reporting.currency_code '
            ~ 'then 1 else rates.reporting_rate end'
        ) }} as support_cost_amount
    from versions
    cross join reporting
    left join rates
        on
            upper(versions.currency_code) = rates.currency_code
            and {{ in_force('rates', 'versions.cost_month_date') }}
    where {{ in_force('versions', as_of_date()) }} and versions.support_cost_amount is not null

),

final as (

    select
        rated.account_id,
        rated.month_end_date,
        case when count(*) = count(rated.support_cost_amount) then sum(rated.support_cost_amount) end
            as support_cost_amount
    from rated
    group by rated.account_id, rated.month_end_date

)

select * from final
