-- A corporate group is served by one person a role; where it is not, each of its assignments says so.
with assignments as (

    select * from {{ ref('int_account_assignment_versions') }}

),

owners as (

    select * from {{ ref('int_owner_versions') }}

),

teams as (

    select * from {{ ref('int_team_versions') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

known as (

    select
        assignments.*,
        owners.team_id,
        teams.team_kind,
        accounts.segment,
        accounts.corporate_group_id,
        assignments.start_date <= {{ as_of_date() }}
        and (assignments.end_date is null or {{ as_of_date() }} < assignments.end_date) as is_current
    from assignments
    left join owners on assignments.owner_id = owners.owner_id and {{ in_force('owners', as_of_date()) }}
    left join teams on owners.team_id = teams.team_id and {{ in_force('teams', as_of_date()) }}
    left join accounts on assignments.account_id = accounts.account_id and {{ in_force('accounts', as_of_date()) }}
    where {{ in_force('assignments', as_of_date()) }}

),

groups_served as (

    select
        known.corporate_group_id,
        known.assignment_role,
        min(known.owner_id) <> max(known.owner_id) as has_several_owners
    from known
    where known.is_current and known.corporate_group_id is not null
    group by known.corporate_group_id, known.assignment_role

),

final as (

    select
        known.assignment_id,
        known.account_id,
        known.assignment_role,
        known.owner_id,
        known.source_name,
        known.team_id,
        known.team_kind,
        known.segment,
        known.corporate_group_id,
        known.reason,
        known.is_current,
        known.is_current and coalesce(groups_served.has_several_owners, false) as is_group_split,
        known.start_date,
        known.end_date
    from known
    left join groups_served
        on
            known.corporate_group_id = groups_served.corporate_group_id
            and known.assignment_role = groups_served.assignment_role

)

select
    final.assignment_id,
    final.account_id,
    final.assignment_role,
    final.owner_id,
    final.source_name,
    final.team_id,
    final.team_kind,
    final.segment,
    final.corporate_group_id,
    final.reason,
    final.is_current,
    final.is_group_split,
    final.start_date,
    final.end_date
from final
