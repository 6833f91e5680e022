-- Over segments, channels and countries both sides of a figure add up. Over contract models only revenue does: an
-- account may have both models, and is one account still.
with kpis as (

    select * from {{ ref('kpi_monthly') }}

),

parts as (

    select
        month_end_date,
        kpi_id,
        'segment' as dimension,
        numerator,
        denominator
    from kpis
    where segment is not null and coalesce(contract_model, channel, country) is null
    union all
    select
        month_end_date,
        kpi_id,
        'channel' as dimension,
        numerator,
        denominator
    from kpis
    where channel is not null and coalesce(segment, contract_model, country) is null
    union all
    select
        month_end_date,
        kpi_id,
        'country' as dimension,
        numerator,
        denominator
    from kpis
    where country is not null and coalesce(segment, contract_model, channel) is null
    union all
    select
        month_end_date,
        kpi_id,
        'contract_model' as dimension,
        numerator,
        denominator
    from kpis
    where
        contract_model is not null
        and coalesce(segment, channel, country) is null
        and (kpi_id like 'arr%' or kpi_id = 'referral_revenue_rate')

),

summed as (

    select
        parts.month_end_date,
        parts.kpi_id,
        parts.dimension,
        sum(parts.numerator) as numerator,
        sum(parts.denominator) as denominator
    from parts
    group by parts.month_end_date, parts.kpi_id, parts.dimension

),

final as (

    select
        summed.*,
        kpis.numerator as total_numerator,
        kpis.denominator as total_denominator
    from kpis
    left join summed on kpis.month_end_date = summed.month_end_date and kpis.kpi_id = summed.kpi_id
    where
        coalesce(kpis.segment, kpis.contract_model, kpis.channel, kpis.country) is null
        and (
            coalesce(summed.numerator, -1) <> coalesce(kpis.numerator, -1)
            or coalesce(summed.denominator, -1) <> coalesce(kpis.denominator, -1)
        )

)

select * from final
