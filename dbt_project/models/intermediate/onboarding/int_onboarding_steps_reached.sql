-- A step is reached on the first day on which it was known to be: that somebody leaves or an item is taken back later
-- does not undo it.
with users as (

    select * from {{ ref('int_user_versions') }}

),

plans as (

    select * from {{ ref('int_success_plan_versions') }}

),

first_events as (

    select * from {{ ref('int_first_events_found') }}

),

teams as (

    select * from {{ ref('int_invited_teams_found') }}

),

successes as (

    select * from {{ ref('int_first_successes_found') }}

),

reached as (

    select
        users.account_id,
        'first_login' as step_id,
        greatest(users.valid_from_date, {{ business_date('users.activated_at') }}) as reached_date
    from users
    where users.activated_at is not null
    union all
    select
        teams.account_id,
        'team_invited' as step_id,
        teams.invited_date as reached_date
    from teams
    union all
    select
        first_events.account_id,
        first_events.step_id,
        first_events.reached_date
    from first_events
    union all
    select
        plans.account_id,
        'plan_agreed' as step_id,
        greatest(plans.valid_from_date, plans.agreed_date) as reached_date
    from plans
    union all
    select
        successes.account_id,
        'first_success' as step_id,
        successes.success_date as reached_date
    from successes
    where successes.success_date is not null

),

final as (

    select
        reached.account_id,
        reached.step_id,
        min(reached.reached_date) as reached_date
    from reached
    where reached.account_id is not null and reached.reached_date <= {{ as_of_date() }}
    group by reached.account_id, reached.step_id

)

select * from final
