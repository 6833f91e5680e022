-- What an account was at a month's end: its version in force by then, or the first one where it became known later.
with versions as (

    select * from {{ ref('int_account_versions') }}

),

months as (

    select * from {{ ref('int_months_listed') }}

),

numbered as (

    select
        versions.*,
        row_number() over (partition by versions.account_id order by versions.valid_from_date) as version_number
    from versions

),

final as (

    select
        numbered.account_id,
        months.month_end_date,
        coalesce(numbered.segment, 'unknown') as segment,
        coalesce(numbered.acquisition_channel, 'unknown') as channel,
        coalesce(numbered.country, 'unknown') as country
    from months
    inner join numbered
        on
            (numbered.version_number = 1 or months.month_end_date >= numbered.valid_from_date)
            and (numbered.valid_to_date is null or months.month_end_date < numbered.valid_to_date)
    where months.is_in_history

)

select * from final
