with kpi_rows as (

    select * from {{ ref('kpi_monthly_rows') }}

),

definitions as (

    select * from {{ ref('kpi_definitions') }}

),

targets as (

    select
        kpi_id,
        segment,
        target_value,
        valid_from_date,
        lead(valid_from_date) over (partition by kpi_id, segment order by valid_from_date) as valid_to_date
    from {{ ref('kpi_targets') }}

),

dates as (

    select * from {{ ref('dim_dates') }}

),

-- First the finest cells, so that the many combinations are made of few rows.
cells as (

    select
        kpi_rows.month_end_date,
        kpi_rows.segment,
        kpi_rows.contract_model,
        kpi_rows.channel,
        kpi_rows.country,
        kpi_rows.kpi_id,
        sum(kpi_rows.numerator) as numerator,
        sum(kpi_rows.denominator) as denominator,
        count(*) as row_count,
        count(*) filter (where kpi_rows.is_left_out) as left_out_count
    from kpi_rows
    group by
        kpi_rows.month_end_date,
        kpi_rows.segment,
        kpi_rows.contract_model,
        kpi_rows.channel,
        kpi_rows.country,
        kpi_rows.kpi_id

),

summed as (

    select
        cells.month_end_date,
        cells.segment,
        cells.contract_model,
        cells.channel,
        cells.country,
        cells.kpi_id,
        cast(sum(cells.numerator) as numeric(28, 6)) as numerator,
        cast(sum(cells.denominator) as numeric(28, 6)) as denominator,
        cast(sum(cells.row_count) as bigint) as row_count,
        cast(sum(cells.left_out_count) as bigint) as left_out_count
    from cells
    group by
        cells.month_end_date,
        cells.contract_model,
        cells.kpi_id,
        cube(cells.segment, cells.channel, cells.country)

),

final as (

    select
        summed.*,
        dates.fiscal_year,
        definitions.direction,
        targets.target_value,
        case
            when definitions.unit = 'rate' then {{ ratio('summed.numerator', 'summed.denominator', 28, 12, 6) }}
            else cast(summed.numerator as numeric(28, 12))
        end as value
    from summed
    inner join definitions on summed.kpi_id = definitions.kpi_id
    inner join dates on summed.month_end_date = dates.date_day
    left join targets
        on
            summed.kpi_id = targets.kpi_id
            and coalesce(summed.segment, '') = coalesce(targets.segment, '')
            and coalesce(summed.contract_model, summed.channel, summed.country) is null
            and {{ in_force('targets', 'summed.month_end_date') }}

)

select
    final.month_end_date,
    final.fiscal_year,
    final.segment,
    final.contract_model,
    final.channel,
    final.country,
    final.kpi_id,
    case final.direction
        when 'up' then final.value >= final.target_value
        when 'down' then final.value <= final.target_value
    end as is_target_met,
    final.numerator,
    final.denominator,
    final.value,
    final.target_value,
    final.row_count,
    final.left_out_count
from final
