{%- set registry = {
    'health_measures': ['measure_id', 'minimum_age_days', 'segments', 'stages', 'required_inputs'],
    'health_curves': ['measure_id', 'knot_value', 'points'],
    'health_weights': ['score_id', 'measure_id', 'segment', 'stage', 'weight'],
    'health_scores': ['score_id', 'minimum_coverage_rate', 'band_hold_days'],
    'health_bands': ['band_id', 'band_rank', 'maximum_score'],
    'account_stages': ['stage_id', 'minimum_age_days'],
    'goal_types': ['goal_id', 'feature_ids'],
    'ladder_rungs': ['rung'],
    'onboarding_steps': ['step_id', 'step_number', 'required_input'],
    'signals': ['signal_id', 'segment', 'threshold_value'],
} -%}
{%- set keys = {
    'health_measures': ['measure_id'],
    'health_curves': ['measure_id'],
    'health_weights': ['score_id', 'measure_id', 'segment', 'stage'],
    'health_scores': ['score_id'],
    'goal_types': ['goal_id'],
    'signals': ['signal_id', 'segment'],
} -%}
{#- The one signal whose rule a measure reads. -#}
{%- set only = {'signals': "versions.signal_id = 'low_session_time'"} -%}

-- Everything that a score rests on beside its inputs. A version begins on each day from which one of its rows holds,
-- and is named by that day and by what is in force on it.
with rows_told as (

    {{ registry_rows(registry, keys, only) }}

),

starts as (

    select distinct rows_told.valid_from_date from rows_told

),

final as (

    select
        concat(
            cast(starts.valid_from_date as {{ dbt.type_string() }}), '-',
            substring(md5({{ joined_hashes('rows_told.row_text') }}), 1, 8)
        ) as registry_version_id,
        starts.valid_from_date,
        lead(starts.valid_from_date) over (order by starts.valid_from_date) as valid_to_date
    from starts
    inner join rows_told on {{ in_force('rows_told', 'starts.valid_from_date') }}
    group by starts.valid_from_date

)

select * from final
