-- What is known of an account on the newest day: its use, what sales and the CSM heard, and its plan. The date of the
-- last hearing stands beside, however old it is.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

windows as (

    select * from {{ ref('int_renewal_windows_found') }}

),

scores as (

    select * from {{ ref('int_scores_judged') }}

),

statements as (

    select * from {{ ref('int_statements_averaged') }}

),

plans as (

    select * from {{ ref('int_plan_progress_found') }}

),

hearings as (

    select * from {{ ref('int_hearing_versions') }}

),

heard as (

    select
        hearings.account_id,
        max(hearings.heard_date) as sales_heard_date
    from hearings
    where
        hearings.hearing_role = 'sales'
        and coalesce(hearings.satisfaction_points, hearings.renewal_points) is not null
        and hearings.heard_date <= {{ as_of_date() }}
        and {{ in_force('hearings', as_of_date()) }}
    group by hearings.account_id

),

final as (

    select
        windows.account_id,
        windows.contract_id,
        days.segment,
        days.date_day,
        windows.end_date,
        windows.days_to_end,
        scores.usage_score,
        scores.is_in_use,
        statements.sales_hearing_points,
        statements.csm_hearing_points,
        plans.attainment_rate,
        heard.sales_heard_date
    from windows
    inner join days on windows.account_id = days.account_id and windows.date_day = days.date_day
    inner join scores on windows.account_id = scores.account_id and windows.date_day = scores.date_day
    left join statements on windows.account_id = statements.account_id and windows.date_day = statements.date_day
    left join plans on windows.account_id = plans.account_id and windows.date_day = plans.date_day
    left join heard on windows.account_id = heard.account_id
    where windows.date_day = {{ as_of_date() }}

)

select * from final
