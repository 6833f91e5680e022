-- Contracts by the month in which they were due: each in the gross and the net rate, its account in the logo rate. Once
-- with pending contracts as lost, once as kept.
with contracts as (

    select
        contracts.account_id,
        contracts.contract_id,
        contracts.contract_model,
        cast({{ dbt.last_day('contracts.end_date', 'month') }} as date) as month_end_date,
        contracts.renewal_status in ('renewed', 'renewed_late') as is_renewed,
        contracts.renewal_status = 'pending' as is_pending,
        12 * contracts.mrr_amount as due_amount,
        case
            when contracts.renewal_status in ('renewed', 'renewed_late') then 12 * contracts.renewed_mrr_amount
            else 0
        end as renewed_amount
    from {{ ref('int_contracts_settled') }} as contracts
    where
        contracts.is_customer
        and contracts.renewal_status <> 'superseded'
        and contracts.end_date <= {{ as_of_date() }}

),

months as (

    select * from {{ ref('int_months_listed') }}
    where is_in_history

),

due as (

    select contracts.*
    from contracts
    inner join months on contracts.month_end_date = months.month_end_date

),

views as (

    select
        '' as pending_suffix,
        false as is_pending_kept
    union all
    select
        '_pending_kept' as pending_suffix,
        true as is_pending_kept

),

-- A slice over all contract models, and one of each.
sliced as (

    select
        due.*,
        cast(null as {{ dbt.type_string() }}) as slice
    from due
    union all
    select
        due.*,
        due.contract_model as slice
    from due

),

seen as (

    select
        sliced.*,
        views.pending_suffix,
        sliced.is_renewed or (views.is_pending_kept and sliced.is_pending) as is_kept,
        case
            when views.is_pending_kept and sliced.is_pending then sliced.due_amount else sliced.renewed_amount
        end as kept_amount
    from sliced
    cross join views

),

figures as (

    select 'gross' as kpi
    union all
    select 'net' as kpi

),

final as (

    select
        'renewal_rate_logo' || seen.pending_suffix as kpi_id,
        seen.month_end_date,
        seen.slice as contract_model,
        seen.account_id,
        cast(null as {{ dbt.type_string() }}) as record_id,
        false as is_left_out,
        max(case when seen.is_kept then 1 else 0 end) as numerator,
        1 as denominator
    from seen
    group by seen.pending_suffix, seen.month_end_date, seen.slice, seen.account_id
    union all
    select
        'renewal_rate_' || figures.kpi || seen.pending_suffix as kpi_id,
        seen.month_end_date,
        seen.slice as contract_model,
        seen.account_id,
        seen.contract_id as record_id,
        seen.due_amount is null or seen.kept_amount is null as is_left_out,
        case
            when figures.kpi = 'gross' then least(seen.kept_amount, seen.due_amount) else seen.kept_amount
        end as numerator,
        seen.due_amount as denominator
    from seen
    cross join figures

)

select * from final
