-- What was said of an account, each statement with the points it gives and the days on which it can count: from the day
-- it was known until it is too old. A statement without points says nothing.
with answers as (

    select * from {{ ref('int_survey_answer_versions') }}

),

hearings as (

    select * from {{ ref('int_hearing_versions') }}

),

assessments as (

    select * from {{ ref('int_strategy_assessment_versions') }}

),

statements as (

    select
        answers.source_name,
        'nps' as statement_kind,
        answers.account_id,
        coalesce(answers.user_id, answers.source_user_id, answers.answer_id) as speaker_id,
        answers.answer_id as statement_id,
        cast(answers.answer_score as numeric(18, 6)) as points,
        answers.answered_at as stated_at,
        {{ business_date('answers.answered_at') }} as event_date,
        answers.valid_from_date as known_date,
        answers.valid_to_date
    from answers
    where answers.survey_kind = 'nps' and answers.answer_score between 0 and 10
    union all
    select
        hearings.source_name,
        concat(hearings.hearing_role, '_hearing') as statement_kind,
        hearings.account_id,
        hearings.hearing_role as speaker_id,
        hearings.hearing_id as statement_id,
        {{ mean_of_given(['hearings.satisfaction_points', 'hearings.renewal_points']) }} as points,
        cast(hearings.heard_date as timestamp) as stated_at,
        hearings.heard_date as event_date,
        hearings.valid_from_date as known_date,
        hearings.valid_to_date
    from hearings
    union all
    select
        assessments.source_name,
        'strategy' as statement_kind,
        assessments.account_id,
        'assessor' as speaker_id,
        assessments.assessment_id as statement_id,
        {{ mean_of_given(['assessments.strategy_points', 'assessments.organisation_points',
                          'assessments.people_points']) }} as points,
        cast(assessments.assessed_date as timestamp) as stated_at,
        assessments.assessed_date as event_date,
        assessments.valid_from_date as known_date,
        assessments.valid_to_date
    from assessments

),

final as (

    select
        statements.source_name,
        statements.statement_kind,
        statements.account_id,
        statements.speaker_id,
        statements.statement_id,
        statements.points,
        statements.stated_at,
        statements.event_date,
        statements.known_date,
        greatest(statements.event_date, statements.known_date) as from_day,
        least(
            case statements.statement_kind
                when 'nps' then {{ days_after('statements.event_date', 179) }}
                when 'strategy' then {{ days_after('statements.event_date', 364) }}
                else {{ days_after('statements.event_date', 90) }}
            end,
            {{ days_before('statements.valid_to_date', 1) }}
        ) as to_day
    from statements
    where statements.points is not null and statements.account_id is not null

)

select * from final
