with decisions as (

    select * from {{ ref('int_fit_decisions_judged') }}

),

-- A signature comes before what was declined, and of deals declined the last.
ranked as (

    select
        decisions.*,
        row_number() over (
            partition by decisions.account_id
            order by
                case when decisions.decision_kind = 'signed' then 0 else 1 end,
                decisions.decided_date desc,
                decisions.decision_id desc,
                decisions.source_name asc
        ) as decision_rank
    from decisions

),

final as (

    select
        ranked.account_id,
        ranked.decision_kind,
        ranked.fit,
        ranked.fit_score,
        ranked.answered_count,
        ranked.knockout_question_id,
        case when ranked.decision_kind = 'signed' then ranked.decided_date end as signed_date,
        ranked.decided_date
    from ranked
    where ranked.decision_rank = 1

)

select * from final
