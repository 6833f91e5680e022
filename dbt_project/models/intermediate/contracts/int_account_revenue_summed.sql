with contracts as (

    select * from {{ ref('int_contracts_settled') }}

),

months as (

    select * from {{ ref('int_months_listed') }}

),

-- A contract is live from its start until its end, then carried until a renewal that begins later, or pending.
spans as (

    select
        contracts.*,
        'live' as span_kind,
        contracts.start_date as span_start_date,
        coalesce(contracts.end_date, {{ days_after(as_of_date(), 1) }}) as span_end_date
    from contracts
    union all
    select
        contracts.*,
        'carried' as span_kind,
        contracts.end_date as span_start_date,
        contracts.carried_to_date as span_end_date
    from contracts
    where contracts.carried_to_date > contracts.end_date
    union all
    select
        contracts.*,
        'pending' as span_kind,
        contracts.end_date as span_start_date,
        {{ days_after(as_of_date(), 1) }} as span_end_date
    from contracts
    where contracts.renewal_status = 'pending'

),

final as (

    select
        spans.account_id,
        coalesce(spans.product_name, '') as product_name,
        spans.contract_model,
        months.month_end_date,
        cast(sum(spans.mrr_amount) filter (where spans.span_kind = 'live') as numeric(18, 2)) as mrr_amount,
        cast(coalesce(sum(spans.mrr_amount) filter (where spans.span_kind = 'carried'), 0) as numeric(18, 2))
            as carried_mrr_amount,
        cast(coalesce(sum(spans.mrr_amount) filter (where spans.span_kind = 'pending'), 0) as numeric(18, 2))
            as pending_mrr_amount,
        cast(sum(spans.seat_count) filter (where spans.span_kind = 'live') as bigint) as seat_count,
        count(*) filter (where spans.span_kind = 'live') as contract_count,
        count(*) filter (where spans.mrr_amount is null) as unconverted_contract_count
    from months
    inner join spans
        on months.month_end_date >= spans.span_start_date and months.month_end_date < spans.span_end_date
    where spans.is_customer
    group by spans.account_id, coalesce(spans.product_name, ''), spans.contract_model, months.month_end_date

)

select * from final
