with live_days as (

    select * from {{ ref('int_account_days_listed') }}

),

scores as (

    {{ seed_versions('health_scores', ['score_id']) }}

),

scored as (

    select * from {{ ref('fct_health_scores') }}

),

expected as (

    select
        live_days.account_id,
        live_days.date_day,
        scores.score_id
    from live_days
    inner join scores on {{ in_force('scores', 'live_days.date_day') }}
    where {{ in_run('live_days.date_day') }}

),

found as (

    select
        scored.account_id,
        scored.score_date,
        scored.score_id
    from scored
    where {{ in_run('scored.score_date') }}

),

final as (

    select
        coalesce(expected.account_id, found.account_id) as account_id,
        coalesce(expected.date_day, found.score_date) as score_date,
        coalesce(expected.score_id, found.score_id) as score_id,
        found.account_id is not null as is_scored
    from expected
    full outer join found
        on
            expected.account_id = found.account_id
            and expected.date_day = found.score_date
            and expected.score_id = found.score_id
    where expected.account_id is null or found.account_id is null

)

select * from final
