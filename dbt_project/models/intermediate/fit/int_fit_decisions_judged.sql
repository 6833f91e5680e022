with decisions as (

    select * from {{ ref('int_fit_decisions_listed') }}

),

answers as (

    select * from {{ ref('int_fit_answer_versions') }}

),

criteria as (

    {{ seed_versions('fit_criteria', ['question_id']) }}

),

levels as (

    {{ seed_versions('fit_levels') }}

),

-- Where two sources tell an answer, the one told last stands.
answered as (

    select
        decisions.decision_kind,
        decisions.source_name,
        decisions.decision_id,
        criteria.question_id,
        criteria.weight,
        answers.answer_points,
        answers.answer_points <= criteria.knockout_points as is_knockout,
        row_number() over (
            partition by decisions.decision_kind, decisions.source_name, decisions.decision_id, criteria.question_id
            order by answers.valid_from_date desc, answers.source_name asc
        ) as recency
    from decisions
    inner join answers
        on
            decisions.account_id = answers.account_id
            and {{ in_force('answers', 'decisions.judged_date') }}
            and decisions.decided_date >= answers.answered_date
            and answers.answer_points between 0 and 4
    inner join criteria
        on answers.question_id = criteria.question_id and {{ in_force('criteria', 'decisions.decided_date') }}

),

scored as (

    select
        answered.decision_kind,
        answered.source_name,
        answered.decision_id,
        count(*) as answered_count,
        {{ ratio('sum(answered.weight * answered.answer_points)', 'sum(answered.weight)', 9, 6) }} as fit_score,
        min(case when answered.is_knockout then answered.question_id end) as knockout_question_id
    from answered
    where answered.recency = 1
    group by answered.decision_kind, answered.source_name, answered.decision_id

),

-- A knock-out takes the level of the lowest score; without an answer there is only the level that asks for none.
levelled as (

    select
        decisions.*,
        levels.fit_id,
        scored.fit_score,
        coalesce(scored.answered_count, 0) as answered_count,
        scored.knockout_question_id,
        row_number() over (
            partition by decisions.decision_kind, decisions.source_name, decisions.decision_id
            order by levels.minimum_score desc
        ) as level_rank
    from decisions
    left join scored
        on
            decisions.decision_kind = scored.decision_kind
            and decisions.source_name = scored.source_name
            and decisions.decision_id = scored.decision_id
    inner join levels
        on
            {{ in_force('levels', 'decisions.decided_date') }}
            and case
                when scored.fit_score is null then levels.minimum_score is null
                when scored.knockout_question_id is not null then levels.minimum_score <= 0
                else scored.fit_score >= levels.minimum_score
            end

),

final as (

    select
        levelled.decision_kind,
        levelled.source_name,
        levelled.decision_id,
        levelled.account_id,
        levelled.owner_id,
        levelled.fit_id as fit,
        levelled.fit_score,
        levelled.answered_count,
        levelled.knockout_question_id,
        levelled.decided_date
    from levelled
    where levelled.level_rank = 1

)

select * from final
