{%- set numbers = {
    'threshold': 'dated.threshold_value',
    'second_threshold': 'dated.second_threshold_value',
    'third_threshold': 'dated.third_threshold_value',
    'window': 'dated.window_days',
} -%}
-- The rule that counts for a segment: its own before the one for all. A rule without a source for what it needs is left
-- out: what nobody delivers is no signal.
with rules as (

    {{ seed_versions('signals', ['signal_id', 'segment']) }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

columns_fed as (

    select * from {{ ref('int_columns_fed') }}

),

sourced as (

    {{ inputs_fed('rules', ['signal_id', 'segment']) }}

),

segments as (

    select '*' as segment
    union
    select accounts.segment
    from accounts
    where accounts.segment is not null

),

changes as (

    select distinct
        rules.signal_id,
        rules.valid_from_date
    from rules

),

candidates as (

    select
        rules.*,
        segments.segment as known_segment,
        changes.valid_from_date as change_date,
        sourced.has_source,
        row_number() over (
            partition by changes.signal_id, segments.segment, changes.valid_from_date
            order by case when rules.segment = '*' then 1 else 0 end
        ) as closeness
    from changes
    cross join segments
    inner join rules
        on
            changes.signal_id = rules.signal_id
            and rules.segment in ('*', segments.segment)
            and {{ in_force('rules', 'changes.valid_from_date') }}
    inner join sourced
        on
            rules.signal_id = sourced.signal_id
            and rules.segment = sourced.segment
            and rules.valid_from_date = sourced.valid_from_date

),

dated as (

    select
        candidates.*,
        lead(candidates.change_date) over (
            partition by candidates.signal_id, candidates.known_segment
            order by candidates.change_date
        ) as next_change_date
    from candidates
    where candidates.closeness = 1

),

final as (

    select
        dated.signal_id,
        dated.known_segment as segment,
        dated.signal_kind,
        dated.theme,
        dated.threshold_value,
        dated.second_threshold_value,
        dated.third_threshold_value,
        dated.window_days,
        coalesce(dated.minimum_age_days, 0) as minimum_age_days,
        dated.required_inputs,
        {{ filled_sentence('dated.evidence_english', numbers) }} as evidence_english,
        {{ filled_sentence('dated.evidence_japanese', numbers) }} as evidence_japanese,
        dated.change_date as valid_from_date,
        dated.next_change_date as valid_to_date
    from dated
    where dated.has_source

)

select * from final
