with accounts as (

    select * from {{ ref('fct_onboarding') }}

),

measured as (

    select * from {{ ref('int_onboarding_progress_counted') }}

),

final as (

    select
        accounts.account_id,
        accounts.progress_rate,
        measured.progress_rate as measured_rate
    from accounts
    inner join measured on accounts.account_id = measured.account_id
    where
        measured.date_day = {{ as_of_date() }}
        and accounts.progress_rate <> measured.progress_rate

)

select * from final
