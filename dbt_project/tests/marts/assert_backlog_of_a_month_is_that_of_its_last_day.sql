with months as (

    select * from {{ ref('kpi_support_monthly') }}

),

days as (

    select * from {{ ref('kpi_support_backlog_daily') }}

),

final as (

    select
        months.month_end_date,
        months.slice_kind,
        months.segment,
        months.channel,
        months.backlog_count,
        days.backlog_count as backlog_count_of_day
    from months
    left join days
        on
            months.month_end_date = days.date_day
            and months.slice_kind = days.slice_kind
            and months.segment is not distinct from days.segment
            and months.channel is not distinct from days.channel
    where days.backlog_count is null or months.backlog_count <> days.backlog_count

)

select * from final
