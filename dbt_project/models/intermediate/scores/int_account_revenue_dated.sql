-- Revenue as it was known on a day, in the reporting currency at the rate of the signature known with the contract. The
-- revenue figures show what is known today.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

contracts as (

    select * from {{ ref('int_contract_versions') }}

),

rates as (

    select * from {{ ref('int_currency_rate_versions') }}

),

rated as (

    select
        contracts.*,
        upper(contracts.currency_code) as known_currency_code,
        rates.reporting_rate,
        row_number() over (
            partition by contracts.contract_id, contracts.source_name, contracts.valid_from_date
            order by rates.rate_date desc, rates.known_at desc, rates.source_name asc
        ) as recency
    from contracts
    left join rates
        on
            upper(contracts.currency_code) = upper(rates.currency_code)
            and rates.rate_date <= coalesce(contracts.signed_date, contracts.start_date)
            and {{ in_force('rates', 'contracts.valid_from_date') }}

),

live as (

    select
        days.account_id,
        days.date_day,
        rated.mrr_amount,
        rated.known_currency_code,
        rated.reporting_rate
    from days
    inner join rated
        on
            days.account_id = rated.account_id
            and rated.recency = 1
            and {{ in_force('rated', 'days.date_day') }}
            and {{ is_live_on('rated', 'days.date_day') }}

),

-- The configured currency; without one, that of all contracts live on the day where they have the same.
reporting as (

    select
        live.date_day,
        coalesce(
            nullif('{{ var("reporting_currency") }}', ''),
            case when count(distinct live.known_currency_code) = 1 then max(live.known_currency_code) end
        ) as currency_code
    from live
    group by live.date_day

),

final as (

    select
        live.account_id,
        live.date_day,
        sum({{ reporting_amount(
            'live.mrr_amount',
            'case when live.known_currency_code is null or live.known_currency_code = reporting.currency_code '
            ~ 'then 1 else live.reporting_rate end'
        ) }}) as mrr_amount
    from live
    inner join reporting on live.date_day = reporting.date_day
    group by live.account_id, live.date_day

)

select * from final
