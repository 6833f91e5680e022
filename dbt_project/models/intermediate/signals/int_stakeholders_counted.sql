-- Whoever has left is no longer there from the day of leaving on. A contact counts for champions where a source says
-- whether it is one.
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

contacts as (

    select
        versions.*,
        versions.contact_role = 'decision_maker' as is_decision_maker
    from {{ ref('int_contact_versions') }} as versions

),

final as (

    select
        days.account_id,
        days.date_day,
        count(contacts.is_champion) as told_contact_count,
        count(*) filter (where contacts.is_champion and coalesce(days.date_day < contacts.left_date, true))
            as champion_count,
        count(*) filter (where contacts.is_decision_maker and coalesce(days.date_day < contacts.left_date, true))
            as decision_maker_count,
        max(contacts.left_date) filter (where contacts.is_decision_maker and contacts.left_date <= days.date_day)
            as last_decision_maker_left_date
    from days
    inner join contacts on days.account_id = contacts.account_id and {{ in_force('contacts', 'days.date_day') }}
    group by days.account_id, days.date_day

)

select * from final
