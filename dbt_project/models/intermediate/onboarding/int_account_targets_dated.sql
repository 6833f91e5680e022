-- What an account is to reach, and by when: the targets of its segment in force on its first live day.
with starts as (

    select * from {{ ref('int_account_starts_found') }}

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

targets as (

    {{ seed_versions('success_targets', ['segment']) }}

),

-- A segment's own row comes before the one for all.
ranked as (

    select
        starts.account_id,
        starts.first_contract_date,
        starts.first_live_date,
        targets.default_success_rung,
        targets.deadline_months,
        row_number() over (
            partition by starts.account_id order by case when targets.segment = '*' then 1 else 0 end
        ) as rank_in_account
    from starts
    left join accounts
        on starts.account_id = accounts.account_id and {{ in_force('accounts', 'starts.first_live_date') }}
    left join targets
        on
            targets.segment in ('*', accounts.segment)
            and {{ in_force('targets', 'starts.first_live_date') }}

),

final as (

    select
        ranked.account_id,
        ranked.default_success_rung,
        ranked.first_contract_date,
        ranked.first_live_date,
        {{ months_after('ranked.first_contract_date', 'ranked.deadline_months') }} as deadline_date
    from ranked
    where ranked.rank_in_account = 1

)

select * from final
