with states as (

    select * from {{ ref('stg_ledger__source_states') }}

),

days as (

    {{ days_between(from_date(), to_date()) }}

),

final as (

    select distinct
        states.entity,
        days.date_day
    from states
    inner join days
        on
            states.since_date <= days.date_day
            and (states.until_date is null or states.until_date > days.date_day)
    where states.state <> 'delivering'

)

select * from final
