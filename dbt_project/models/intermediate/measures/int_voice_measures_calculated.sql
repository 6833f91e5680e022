with days as (

    select * from {{ ref('int_account_days_listed') }}

),

statements as (

    select * from {{ ref('int_statements_averaged') }}

),

voice_tickets as (

    {{ figures_in_window(ref('int_voice_ticket_facts'), {
        'voice_tickets_90d': {'sum': '1', 'days': 90, 'until': 'facts.valid_to_date'},
    }) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        statements.nps_points as nps_latest_180d,
        statements.sales_hearing_points,
        statements.csm_hearing_points,
        coalesce(voice_tickets.voice_tickets_90d, 0) as voice_tickets_90d
    from days
    left join statements on days.account_id = statements.account_id and days.date_day = statements.date_day
    left join voice_tickets on days.account_id = voice_tickets.account_id and days.date_day = voice_tickets.date_day

)

select * from final
