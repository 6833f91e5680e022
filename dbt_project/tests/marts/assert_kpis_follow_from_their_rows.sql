-- Every figure again, for every combination of dimensions, from the list of who is in it.
with kpis as (

    select * from {{ ref('kpi_monthly') }}

),

kpi_rows as (

    select
        month_end_date,
        kpi_id,
        contract_model,
        segment,
        channel,
        country,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        count(*) as row_count,
        count(*) filter (where numerator is null) as left_out_count
    from {{ ref('kpi_monthly_rows') }}
    group by month_end_date, kpi_id, contract_model, segment, channel, country

),

summed as (

    select
        kpis.month_end_date,
        kpis.segment,
        kpis.contract_model,
        kpis.channel,
        kpis.country,
        kpis.kpi_id,
        kpis.value,
        kpis.row_count,
        kpis.left_out_count,
        sum(kpi_rows.numerator) as numerator,
        sum(kpi_rows.denominator) as denominator,
        sum(kpi_rows.row_count) as found_count,
        sum(kpi_rows.left_out_count) as found_left_out_count
    from kpis
    left join kpi_rows
        on
            kpis.month_end_date = kpi_rows.month_end_date
            and kpis.kpi_id = kpi_rows.kpi_id
            and coalesce(kpis.contract_model, '') = coalesce(kpi_rows.contract_model, '')
            and coalesce(kpis.segment, kpi_rows.segment) = kpi_rows.segment
            and coalesce(kpis.channel, kpi_rows.channel) = kpi_rows.channel
            and coalesce(kpis.country, kpi_rows.country) = kpi_rows.country
    group by
        kpis.month_end_date,
        kpis.segment,
        kpis.contract_model,
        kpis.channel,
        kpis.country,
        kpis.kpi_id,
        kpis.value,
        kpis.row_count,
        kpis.left_out_count

),

valued as (

    select
        summed.*,
        case
            when summed.denominator is null then cast(summed.numerator as double precision)
            else cast(summed.numerator as double precision) / nullif(cast(summed.denominator as double precision), 0)
        end as found_value
    from summed

),

final as (

    select *
    from valued
    where
        row_count <> found_count
        or left_out_count <> found_left_out_count
        or (value is null) <> (found_value is null)
        or abs(value - found_value) > 0.000000001 * greatest(1, abs(found_value))

)

select * from final
