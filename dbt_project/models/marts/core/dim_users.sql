with users as (

    select * from {{ ref('int_user_versions') }}

),

final as (

    select
        {{ hashed_person_id('users.user_id') }} as user_id,
        users.account_id,
        users.source_name,
        users.department,
        coalesce(users.is_administrator, false) as is_administrator,
        users.activated_at is not null as is_activated,
        users.deactivated_at is not null as is_deactivated,
        users.created_at,
        users.activated_at,
        users.deactivated_at
    from users
    where {{ in_force('users', as_of_date()) }}

)

select
    final.user_id,
    final.account_id,
    final.source_name,
    final.department,
    final.is_administrator,
    final.is_activated,
    final.is_deactivated,
    final.created_at,
    final.activated_at,
    final.deactivated_at
from final
