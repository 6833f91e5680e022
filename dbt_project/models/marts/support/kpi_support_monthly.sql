with tickets as (

    select
        known_tickets.*,
        cast({{ dbt.last_day('known_tickets.created_date', 'month') }} as date) as month_end_date
    from {{ ref('fct_support_tickets') }} as known_tickets
    where known_tickets.is_customer and not known_tickets.is_deleted

),

churn as (

    select kpis.*
    from {{ ref('kpi_monthly') }} as kpis
    where
        kpis.kpi_id = 'logo_churn_rate_monthly'
        and coalesce(kpis.contract_model, kpis.channel, kpis.country) is null

),

months as (

    select dates.month_end_date
    from {{ ref('dim_dates') }} as dates
    where dates.is_month_end

),

sliced_tickets as (

    {{ sliced('tickets') }}

),

slices as (

    {{ slices_of('sliced_tickets') }}

),

figures as (

    select
        sliced_tickets.slice_id,
        sliced_tickets.month_end_date,
        {{ percentiles_of_minutes('sliced_tickets') }},
        count(*) as ticket_count,
        count(*) filter (where sliced_tickets.is_answered) as answered_count,
        count(*) filter (where sliced_tickets.first_resolved_at is not null) as resolved_count,
        count(sliced_tickets.business_missing_reason) as left_out_count,
        count(sliced_tickets.is_answered_by_template) as kind_count,
        count(*) filter (where sliced_tickets.is_answered_by_template) as template_count,
        count(*) filter (where sliced_tickets.first_resolved_at is not null and sliced_tickets.reopen_count >= 0)
            as followed_count,
        count(*) filter (where sliced_tickets.reopen_count > 0) as reopened_count,
        count(*) filter (where sliced_tickets.resolved_at is not null and sliced_tickets.is_one_touch is not null)
            as told_count,
        count(*) filter (where sliced_tickets.is_one_touch) as one_touch_count,
        count(*) filter (where sliced_tickets.satisfaction = 'good') as good_count,
        count(*) filter (where sliced_tickets.satisfaction in ('good', 'bad')) as rating_count
    from sliced_tickets
    group by sliced_tickets.slice_id, sliced_tickets.month_end_date

),

backlogs as (

    select
        sliced_tickets.slice_id,
        months.month_end_date,
        count(*) as backlog_count
    from months
    inner join {{ ref('int_ticket_spans_found') }} as spans
        on
            months.month_end_date >= {{ business_date('spans.opened_at') }}
            and (spans.resolved_at is null or months.month_end_date < {{ business_date('spans.resolved_at') }})
    inner join sliced_tickets
        on spans.source_name = sliced_tickets.source_name and spans.ticket_id = sliced_tickets.ticket_id
    group by sliced_tickets.slice_id, months.month_end_date

)

select
    months.month_end_date,
    slices.slice_kind,
    slices.segment,
    slices.channel,
    coalesce(figures.ticket_count, 0) as ticket_count,
    coalesce(figures.answered_count, 0) as answered_count,
    coalesce(figures.resolved_count, 0) as resolved_count,
    coalesce(figures.left_out_count, 0) as left_out_count,
    coalesce(backlogs.backlog_count, 0) as backlog_count,
    {{ ratio('figures.answered_count', 'figures.ticket_count') }} as answered_rate,
    {{ ratio('figures.reopened_count', 'figures.followed_count') }} as reopened_rate,
    {{ ratio('figures.one_touch_count', 'figures.told_count') }} as one_touch_rate,
    {{ ratio('figures.template_count', 'figures.kind_count') }} as answered_by_template_rate,
    {{ ratio('figures.good_count', 'figures.rating_count') }} as csat_rate,
    figures.median_first_reply_calendar_minutes,
    figures.p90_first_reply_calendar_minutes,
    figures.median_first_reply_business_minutes,
    figures.p90_first_reply_business_minutes,
    figures.median_full_resolution_calendar_minutes,
    figures.p90_full_resolution_calendar_minutes,
    figures.median_full_resolution_business_minutes,
    figures.p90_full_resolution_business_minutes,
    cast(churn.denominator as bigint) as start_account_count,
    cast(churn.numerator as bigint) as churned_account_count,
    churn.value as logo_churn_rate
from months
cross join slices
left join figures on slices.slice_id = figures.slice_id and months.month_end_date = figures.month_end_date
left join backlogs on slices.slice_id = backlogs.slice_id and months.month_end_date = backlogs.month_end_date
left join churn
    on
        months.month_end_date = churn.month_end_date
        and case slices.slice_kind
            when 'total' then churn.segment is null
            when 'segment' then slices.segment = churn.segment
        end
