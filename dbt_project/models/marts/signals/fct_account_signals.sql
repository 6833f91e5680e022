with signals as (

    select * from {{ ref('int_signals_found') }}

),

seen as (

    select
        episodes.account_id,
        episodes.signal_id,
        episodes.first_seen_date,
        max(episodes.date_day) as last_true_date
    from {{ ref('int_signal_episodes_found') }} as episodes
    group by episodes.account_id, episodes.signal_id, episodes.first_seen_date

),

versions as (

    {{ seed_versions('signals', ['signal_id', 'segment']) }}

),

rules as (

    select versions.*
    from versions
    where versions.segment = '*'

)

select
    seen.account_id,
    seen.signal_id,
    rules.signal_kind,
    rules.theme,
    signals.evidence_english,
    signals.evidence_japanese,
    seen.last_true_date = {{ as_of_date() }} as is_open,
    signals.value,
    signals.second_value,
    signals.threshold,
    seen.first_seen_date,
    seen.last_true_date
from seen
inner join signals
    on
        seen.account_id = signals.account_id
        and seen.signal_id = signals.signal_id
        and seen.last_true_date = signals.date_day
left join rules on seen.signal_id = rules.signal_id and {{ in_force('rules', 'seen.last_true_date') }}
