with kpis as (

    select * from {{ ref('kpi_monthly') }}

),

final as (

    select
        gross.month_end_date,
        gross.segment,
        gross.contract_model,
        gross.channel,
        gross.country,
        gross.kpi_id,
        gross.value as gross_value,
        net.value as net_value
    from kpis as gross
    left join kpis as net
        on
            gross.month_end_date = net.month_end_date
            and coalesce(gross.segment, '') = coalesce(net.segment, '')
            and coalesce(gross.contract_model, '') = coalesce(net.contract_model, '')
            and coalesce(gross.channel, '') = coalesce(net.channel, '')
            and coalesce(gross.country, '') = coalesce(net.country, '')
            and replace(gross.kpi_id, 'grr_', 'nrr_') = net.kpi_id
    where
        gross.kpi_id like 'grr%'
        and (gross.value > 1 or gross.value > net.value or (gross.value is null) <> (net.value is null))

)

select * from final
