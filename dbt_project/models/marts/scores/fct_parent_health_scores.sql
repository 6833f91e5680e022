{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with scores as (

    select * from {{ ref('int_health_scores_summed') }}

),

revenue as (

    select * from {{ ref('int_account_revenue_dated') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

bands as (

    {{ seed_versions('health_bands') }}

),

rules as (

    {{ seed_versions('health_scores', ['score_id']) }}

),

-- A parent counts with its own contracts beside its children, as the family was known on the day.
members as (

    select
        coalesce(accounts.parent_account_id, accounts.account_id) as parent_account_id,
        scores.account_id,
        accounts.parent_account_id is not null as is_child,
        scores.score_date,
        scores.score_id,
        scores.score,
        scores.coverage_rate,
        coalesce(revenue.mrr_amount, 0) as mrr_amount
    from scores
    inner join accounts
        on scores.account_id = accounts.account_id and {{ in_force('accounts', 'scores.score_date') }}
    left join revenue on scores.account_id = revenue.account_id and scores.score_date = revenue.date_day
    where {{ in_run('scores.score_date') }}

),

families as (

    select
        members.parent_account_id,
        members.score_date,
        members.score_id,
        count(*) as account_count,
        count(*) filter (where members.score is not null and members.mrr_amount > 0) as weighed_account_count,
        cast(sum(members.mrr_amount) as numeric(18, 2)) as mrr_amount,
        {{ ratio('cast(sum(members.mrr_amount * members.score) as numeric(24, 6))',
                 'sum(members.mrr_amount) filter (where members.score is not null)', side_scale=6) }} as score,
        {{ ratio('cast(sum(members.mrr_amount * members.coverage_rate) as numeric(24, 6))',
                 'sum(members.mrr_amount)', side_scale=6) }} as coverage_rate
    from members
    group by members.parent_account_id, members.score_date, members.score_id
    having bool_or(members.is_child)

),

final as (

    select
        families.parent_account_id,
        families.score_date,
        families.score_id,
        coalesce(min(bands.band_rank), 0) as band_rank,
        families.account_count,
        families.weighed_account_count,
        families.mrr_amount,
        families.score,
        families.coverage_rate
    from families
    inner join rules on families.score_id = rules.score_id and {{ in_force('rules', 'families.score_date') }}
    left join bands
        on
            families.score <= bands.maximum_score
            and families.coverage_rate >= rules.minimum_coverage_rate
            and {{ in_force('bands', 'families.score_date') }}
    group by
        families.parent_account_id, families.score_date, families.score_id, families.account_count,
        families.weighed_account_count, families.mrr_amount, families.score, families.coverage_rate

)

select
    final.parent_account_id,
    final.score_date,
    final.score_id,
    band_names.band_id as raw_band,
    final.account_count,
    final.weighed_account_count,
    final.mrr_amount,
    final.score,
    final.coverage_rate
from final
inner join bands as band_names
    on final.band_rank = band_names.band_rank and {{ in_force('band_names', 'final.score_date') }}
