-- The months of the run and the one before it, which a tier looks back on.
with parts as (

    select * from {{ ref('int_maturity_parts_scored') }}

),

final as (

    select
        parts.account_id,
        parts.month_end_date,
        parts.axis_id,
        {{ ratio('sum(parts.score)', 'count(parts.score)', 9, 6) }} as score,
        cast(sum(parts.measure_count) as bigint) as measure_count,
        {{ missing_reason_of('parts') }} as missing_reason
    from parts
    where
        parts.month_end_date >= {{ days_before(from_date(), 31) }}
        and parts.month_end_date <= {{ to_date() }}
    group by parts.account_id, parts.month_end_date, parts.axis_id

)

select * from final
