-- Complete months up to the newest day, and thirteen before history, from which yearly figures start.
with days as (

    {{ days_between(
        "cast(cast('" ~ var('history_start_date') ~ "' as date) - interval '13' month as date)", as_of_date()
    ) }}

),

month_ends as (

    select days.date_day as month_end_date
    from days
    where days.date_day = cast({{ dbt.last_day('days.date_day', 'month') }} as date)

),

final as (

    select
        month_ends.month_end_date,
        lag(month_ends.month_end_date) over (order by month_ends.month_end_date) as previous_month_end_date,
        lag(month_ends.month_end_date, 12) over (order by month_ends.month_end_date) as previous_year_month_end_date,
        month_ends.month_end_date >= cast('{{ var("history_start_date") }}' as date) as is_in_history
    from month_ends

)

select * from final
