-- Of the contracts due in a month, each is renewed, lost or pending, and all are in the gross rate's rows.
with contracts as (

    select * from {{ ref('fct_contracts') }}

),

kpis as (

    select * from {{ ref('kpi_monthly') }}

),

due as (

    select
        cast({{ dbt.last_day('contracts.end_date', 'month') }} as date) as month_end_date,
        count(*) filter (where contracts.renewal_status in ('renewed', 'renewed_late')) as renewed_count,
        count(*) filter (where contracts.renewal_status in ('churned', 'replaced', 'resurrected')) as lost_count,
        count(*) filter (where contracts.renewal_status = 'pending') as pending_count,
        count(*) filter (where contracts.renewal_status <> 'superseded') as due_count
    from contracts
    where
        contracts.is_customer
        and contracts.end_date <= {{ as_of_date() }}
        and contracts.end_date > contracts.start_date
        and not contracts.is_trial
    group by cast({{ dbt.last_day('contracts.end_date', 'month') }} as date)

),

rated as (

    select
        kpis.month_end_date,
        kpis.row_count as due_count
    from kpis
    where
        kpis.kpi_id = 'renewal_rate_gross'
        and coalesce(kpis.segment, kpis.contract_model, kpis.channel, kpis.country) is null

),

months as (

    select *
    from {{ ref('int_months_listed') }}
    where is_in_history

),

final as (

    select
        months.month_end_date,
        due.due_count,
        rated.due_count as rated_count
    from months
    left join due on months.month_end_date = due.month_end_date
    left join rated on months.month_end_date = rated.month_end_date
    where
        coalesce(due.due_count, 0) <> coalesce(rated.due_count, 0)
        or due.due_count <> due.renewed_count + due.lost_count + due.pending_count

)

select * from final
