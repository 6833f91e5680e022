{%- set figures = {} -%}
{%- for figure, state in {
    'activated_user_count': 'activated',
    'activated_active_user_count_28d': 'activated_active_28d',
    'activated_active_user_count_7d': 'activated_active_7d',
    'new_user_count_28d': 'new_28d',
    'department_count': 'department',
    'department_active_count_28d': 'department_active_28d',
    'administrator_count': 'administrator',
    'administrator_active_count_28d': 'administrator_active_28d',
    'decision_maker_count': 'decision_maker',
    'decision_maker_active_count_28d': 'decision_maker_active_28d',
    'role_count': 'role',
}.items() -%}
    {%- do figures.update({figure: {
        'distinct': 'facts.item_id', 'from_day': 'facts.from_day', 'to_day': 'facts.to_day',
        'where': "facts.state = '" ~ state ~ "'",
    }}) -%}
{%- endfor -%}
with days as (

    select * from {{ ref('int_account_days_listed') }}

),

counted as (

    {{ figures_in_window(ref('int_people_states_found'), figures) }}

),

final as (

    select
        days.account_id,
        days.date_day,
        coalesce(counted.activated_user_count, 0) as activated_user_count,
        coalesce(counted.activated_active_user_count_28d, 0) as activated_active_user_count_28d,
        coalesce(counted.activated_active_user_count_7d, 0) as activated_active_user_count_7d,
        coalesce(counted.new_user_count_28d, 0) as new_user_count_28d,
        coalesce(counted.department_count, 0) as department_count,
        coalesce(counted.department_active_count_28d, 0) as department_active_count_28d,
        coalesce(counted.administrator_count, 0) as administrator_count,
        coalesce(counted.administrator_active_count_28d, 0) as administrator_active_count_28d,
        coalesce(counted.decision_maker_count, 0) as decision_maker_count,
        coalesce(counted.decision_maker_active_count_28d, 0) as decision_maker_active_count_28d,
        coalesce(counted.role_count, 0) as role_count
    from days
    left join counted on days.account_id = counted.account_id and days.date_day = counted.date_day

)

select * from final
