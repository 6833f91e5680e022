-- A contract may be told of an account of which nothing else is.
with phases as (

    select * from {{ ref('int_support_phases_found') }}

),

months as (

    select * from {{ ref('int_months_listed') }}
    where is_in_history

),

accounts as (

    select * from {{ ref('int_accounts_described') }}

),

found as (

    select
        phases.account_id,
        phases.support_phase,
        phases.is_help_known,
        coalesce(accounts.segment, 'unknown') as segment,
        months.month_end_date
    from months
    inner join phases on months.month_end_date = phases.date_day
    left join accounts
        on phases.account_id = accounts.account_id and months.month_end_date = accounts.month_end_date

),

final as (

    select
        found.month_end_date,
        found.segment,
        count(*) as live_account_count,
        count(*) filter (where found.support_phase <> 'unknown' and found.is_help_known) as judged_count,
        count(*) filter (where found.support_phase = 'unknown') as unknown_count,
        count(*) filter (where found.support_phase = 'sceptical') as sceptical_count,
        count(*) filter (where found.support_phase = 'convinced') as convinced_count,
        count(*) filter (where found.support_phase = 'skilled') as skilled_count,
        count(*) filter (where found.support_phase = 'self_running') as self_running_count
    from found
    group by found.month_end_date, rollup(found.segment)

)

select
    final.month_end_date,
    final.segment,
    final.live_account_count,
    final.unknown_count,
    final.sceptical_count,
    final.convinced_count,
    final.skilled_count,
    final.self_running_count,
    {{ ratio('final.self_running_count', 'final.judged_count', 9, 6) }} as self_running_rate
from final
