-- Who faces an account on the newest day: the newest assignment of each role; without one of sales, whoever sold to it.
with accounts as (

    select * from {{ ref('int_account_versions') }}

),

assignments as (

    select * from {{ ref('int_account_assignment_versions') }}

),

ranked as (

    select
        assignments.account_id,
        assignments.assignment_role,
        assignments.owner_id,
        row_number() over (
            partition by assignments.account_id, assignments.assignment_role
            order by assignments.start_date desc, assignments.assignment_id desc
        ) as recency
    from assignments
    where
        {{ in_force('assignments', as_of_date()) }}
        and assignments.start_date <= {{ as_of_date() }}
        and (assignments.end_date is null or assignments.end_date > {{ as_of_date() }})

),

assigned as (

    select
        ranked.account_id,
        max(ranked.owner_id) filter (where ranked.assignment_role = 'sales') as sales_owner_id,
        max(ranked.owner_id) filter (where ranked.assignment_role = 'csm') as csm_owner_id
    from ranked
    where ranked.recency = 1
    group by ranked.account_id

),

final as (

    select
        accounts.account_id,
        coalesce(assigned.sales_owner_id, accounts.seller_owner_id) as sales_owner_id,
        assigned.csm_owner_id
    from accounts
    left join assigned on accounts.account_id = assigned.account_id
    where {{ in_force('accounts', as_of_date()) }}

)

select * from final
