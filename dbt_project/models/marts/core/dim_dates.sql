with days as (

    {{ days_between("cast('" ~ var('history_start_date') ~ "' as date)", as_of_date()) }}

),

parts as (

    select
        days.date_day,
        cast(extract(year from days.date_day) as integer) as calendar_year,
        cast(extract(month from days.date_day) as integer) as calendar_month,
        {{ dbt.last_day('days.date_day', 'month') }} as month_end_date
    from days

),

final as (

    select
        parts.date_day,
        parts.calendar_year,
        parts.calendar_month,
        case
            when parts.calendar_month >= {{ var('fiscal_year_first_month') }} then parts.calendar_year
            else parts.calendar_year - 1
        end as fiscal_year,
        {{ day_of_week('parts.date_day') }} as iso_day_of_week,
        {{ day_of_week('parts.date_day') }} >= 6 as is_weekend,
        parts.date_day = parts.month_end_date as is_month_end,
        cast(parts.month_end_date as date) as month_end_date
    from parts

)

select
    final.date_day,
    final.calendar_year,
    final.calendar_month,
    final.fiscal_year,
    final.iso_day_of_week,
    final.is_weekend,
    final.is_month_end,
    final.month_end_date
from final
