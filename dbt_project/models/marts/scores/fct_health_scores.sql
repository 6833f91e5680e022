{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with scores as (

    select * from {{ ref('int_health_scores_banded') }}

),

changes as (

    select * from {{ ref('int_score_changes_explained') }}

),

reasons as (

    select * from {{ ref('int_score_reasons_worded') }}

),

overrides as (

    select * from {{ ref('int_score_overrides_dated') }}

),

versions as (

    select * from {{ ref('int_registry_versions') }}

),

days as (

    select * from {{ ref('int_account_days_listed') }}

)

select
    scores.account_id,
    scores.score_date,
    scores.score_id,
    versions.registry_version_id,
    days.segment,
    days.stage_id,
    scores.raw_band,
    scores.band,
    coalesce(overrides.override_band, scores.band) as effective_band,
    overrides.override_id,
    overrides.owner_id as override_owner_id,
    reasons.reasons_up_english,
    reasons.reasons_up_japanese,
    reasons.reasons_down_english,
    reasons.reasons_down_japanese,
    {{ change_sentence('english') }} as change_english,
    {{ change_sentence('japanese') }} as change_japanese,
    scores.score,
    scores.coverage_rate,
    scores.score_low,
    scores.score_high,
    coalesce(overrides.override_score, scores.score) as effective_score,
    changes.change_7d,
    changes.coverage_change_7d,
    changes.weight_change_7d,
    changes.input_change_7d,
    changes.change_28d,
    changes.coverage_change_28d,
    changes.weight_change_28d,
    changes.input_change_28d,
    overrides.end_date as override_end_date
from scores
inner join days on scores.account_id = days.account_id and scores.score_date = days.date_day
inner join versions on {{ in_force('versions', 'scores.score_date') }}
left join changes
    on
        scores.account_id = changes.account_id
        and scores.score_date = changes.score_date
        and scores.score_id = changes.score_id
left join reasons
    on
        scores.account_id = reasons.account_id
        and scores.score_date = reasons.score_date
        and scores.score_id = reasons.score_id
left join overrides
    on
        scores.account_id = overrides.account_id
        and scores.score_date = overrides.score_date
        and scores.score_id = overrides.score_id
