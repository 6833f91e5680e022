-- Stretches of days on which something holds of a user, department or contact, or of one that used the product lately.
with users as (

    select * from {{ ref('int_user_versions') }}

),

contacts as (

    select * from {{ ref('int_contact_versions') }}

),

seats as (

    select
        users.account_id,
        users.user_id,
        users.department,
        users.is_administrator,
        {{ business_date('users.activated_at') }} as activated_date,
        users.valid_from_date as from_day,
        least(
            {{ days_before('users.valid_to_date', 1) }},
            {{ days_before(business_date('users.deactivated_at'), 1) }}
        ) as to_day
    from users

),

activated as (

    select
        seats.account_id,
        seats.user_id,
        seats.department,
        greatest(seats.from_day, seats.activated_date) as from_day,
        seats.to_day,
        least(seats.to_day, {{ days_after('seats.activated_date', 27) }}) as last_new_day
    from seats
    where seats.activated_date is not null

),

stakeholders as (

    select
        contacts.account_id,
        contacts.user_id,
        contacts.contact_id,
        contacts.contact_role,
        contacts.valid_from_date as from_day,
        least({{ days_before('contacts.valid_to_date', 1) }}, {{ days_before('contacts.left_date', 1) }}) as to_day
    from contacts

),

held as (

    {{ held_states() }}

),

used as (

    {{ used_spans() }}

),

final as (

    select
        held.account_id,
        held.state,
        held.item_id,
        held.from_day,
        held.to_day
    from held
    union all
    select
        held.account_id,
        concat(held.state, '_active_', used.window_days, 'd') as state,
        held.item_id,
        greatest(held.from_day, used.from_day) as from_day,
        least(held.to_day, used.to_day) as to_day
    from held
    inner join used
        on
            held.account_id = used.account_id
            and held.used_id = used.item_id
            and used.used_kind = case when held.state = 'department' then 'department' else 'user' end
            and held.from_day <= used.to_day
            and coalesce(held.to_day >= used.from_day, true)

)

select * from final
