-- On each day the latest statement of each speaker counts, of those that are known and not too old.
with statements as (

    select * from {{ ref('int_statement_facts') }}

),

counting as (

    select
        statements.*,
        greatest(statements.from_day, {{ from_date() }}) as first_day,
        least(statements.to_day, {{ to_date() }}) as last_day
    from statements
    where
        statements.from_day <= statements.to_day
        and statements.from_day <= {{ to_date() }}
        and statements.to_day >= {{ from_date() }}

),

dated as (

    {{ days_of_each('counting', 'counting.first_day', 'counting.last_day') }}

),

ranked as (

    select
        dated.account_id,
        dated.date_day,
        dated.statement_kind,
        dated.speaker_id,
        dated.source_name,
        dated.statement_id,
        dated.points,
        dated.event_date,
        row_number() over (
            partition by dated.account_id, dated.date_day, dated.statement_kind, dated.speaker_id
            order by dated.stated_at desc, dated.statement_id desc
        ) as rank_of_speaker
    from dated

),

final as (

    select
        ranked.account_id,
        ranked.date_day,
        ranked.statement_kind,
        ranked.speaker_id,
        ranked.source_name,
        ranked.statement_id,
        ranked.points,
        ranked.event_date
    from ranked
    where ranked.rank_of_speaker = 1

)

select * from final
