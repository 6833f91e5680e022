-- The first term of an account and those that are live or to come, as its contracts were known on the day. Trials are
-- no terms: nobody renews one.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

contracts as (

    select
        versions.*,
        coalesce(versions.product_name, '') as product_key,
        coalesce(versions.end_date, cast('9999-12-31' as date)) as last_end_date
    from {{ ref('int_contract_versions') }} as versions
    where not coalesce(versions.is_trial, false) and coalesce(versions.start_date < versions.end_date, true)

),

ranked as (

    select
        days.account_id,
        days.date_day,
        days.segment,
        days.age_days,
        contracts.contract_id,
        contracts.previous_contract_id,
        contracts.start_date,
        contracts.end_date,
        contracts.last_end_date,
        {{ is_live_on('contracts', 'days.date_day') }} as is_live,
        row_number() over (
            partition by days.account_id, days.date_day
            order by contracts.start_date asc, contracts.last_end_date asc, contracts.contract_id asc
        ) = 1 as is_first_term,
        row_number() over (
            partition by days.account_id, days.date_day, contracts.product_key
            order by contracts.last_end_date desc, contracts.start_date asc, contracts.contract_id asc
        ) = 1 as is_last_of_product
    from days
    inner join contracts on days.account_id = contracts.account_id and {{ in_force('contracts', 'days.date_day') }}

),

final as (

    select
        ranked.account_id,
        ranked.date_day,
        ranked.segment,
        ranked.age_days,
        ranked.contract_id,
        ranked.previous_contract_id,
        ranked.start_date,
        ranked.end_date,
        ranked.is_live,
        ranked.is_first_term,
        ranked.is_last_of_product
    from ranked
    where ranked.is_first_term or ranked.date_day < ranked.last_end_date

)

select * from final
