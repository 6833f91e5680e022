{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with scores as (

    select * from {{ ref('int_health_scores_banded') }}

),

changes as (

    select * from {{ ref('int_score_changes_split') }}

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

),

final as (

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
    {%- for told in ['changes', 'reasons', 'overrides'] %}
    left join {{ told }}
        on
            scores.account_id = {{ told }}.account_id
            and scores.score_date = {{ told }}.score_date
            and scores.score_id = {{ told }}.score_id
    {%- endfor %}

)

select
    final.account_id,
    final.score_date,
    final.score_id,
    final.registry_version_id,
    final.segment,
    final.stage_id,
    final.raw_band,
    final.band,
    final.effective_band,
    final.override_id,
    final.override_owner_id,
    final.reasons_up_english,
    final.reasons_up_japanese,
    final.reasons_down_english,
    final.reasons_down_japanese,
    final.change_english,
    final.change_japanese,
    final.score,
    final.coverage_rate,
    final.score_low,
    final.score_high,
    final.effective_score,
    final.change_7d,
    final.coverage_change_7d,
    final.weight_change_7d,
    final.input_change_7d,
    final.change_28d,
    final.coverage_change_28d,
    final.weight_change_28d,
    final.input_change_28d,
    final.override_end_date
from final
