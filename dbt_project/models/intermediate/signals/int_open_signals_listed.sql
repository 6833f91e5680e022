-- What is true of each account on the newest day, in words: requests before risks before chances, the newest first, at
-- most five. A state calls for nothing and is left out.
with episodes as (

    select * from {{ ref('int_signal_episodes_found') }}

),

signals as (

    select * from {{ ref('int_signals_found') }}

),

rules as (

    {{ seed_versions('signals', ['signal_id', 'segment']) }}

),

ranked as (

    select
        signals.account_id,
        rules.signal_kind,
        rules.name_english,
        rules.name_japanese,
        signals.evidence_english,
        signals.evidence_japanese,
        row_number() over (
            partition by signals.account_id
            order by
                case rules.signal_kind when 'request' then 1 when 'risk' then 2 else 3 end asc,
                episodes.first_seen_date desc,
                signals.signal_id asc
        ) as rank_of_account
    from signals
    inner join episodes
        on
            signals.account_id = episodes.account_id
            and signals.signal_id = episodes.signal_id
            and signals.date_day = episodes.date_day
    inner join rules
        on signals.signal_id = rules.signal_id and rules.segment = '*' and {{ in_force('rules', 'signals.date_day') }}
    where signals.date_day = {{ as_of_date() }} and rules.signal_kind <> 'state'

),

final as (

    select
        ranked.account_id,
        {{ joined_by_rank('ranked.name_english', 'ranked.rank_of_account', 5, '; ') }} as signals_english,
        {{ joined_by_rank('ranked.name_japanese', 'ranked.rank_of_account', 5, '、') }} as signals_japanese,
        max(case when ranked.rank_of_account = 1 then ranked.evidence_english end) as first_evidence_english,
        max(case when ranked.rank_of_account = 1 then ranked.evidence_japanese end) as first_evidence_japanese,
        cast(count(*) filter (where ranked.signal_kind in ('request', 'risk')) as integer) as call_count,
        cast(count(*) as integer) as signal_count
    from ranked
    group by ranked.account_id

)

select * from final
