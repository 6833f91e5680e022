with scores as (

    select *
    from {{ ref('fct_maturity_scores') }}
    where {{ in_run('month_end_date') }}

),

parts as (

    select
        scores.account_id,
        scores.month_end_date,
        scores.axis_id,
        sum(scores.score) as score_sum,
        count(scores.score) as part_count,
        sum(scores.measure_count) as measure_count
    from scores
    where scores.part_id is not null
    group by scores.account_id, scores.month_end_date, scores.axis_id

),

final as (

    select
        scores.account_id,
        scores.month_end_date,
        scores.axis_id,
        scores.score,
        parts.score_sum,
        parts.part_count
    from scores
    left join parts
        on
            scores.account_id = parts.account_id
            and scores.month_end_date = parts.month_end_date
            and scores.axis_id = parts.axis_id
    where
        scores.part_id is null
        and (
            parts.account_id is null
            or scores.measure_count <> parts.measure_count
            or (scores.score is null) <> (parts.part_count = 0)
            or abs(scores.score * parts.part_count - parts.score_sum) > 0.00001
        )

)

select * from final
