{# What holds of people, from the seats, activated seats and stakeholders of int_people_states_found: one row per state,
   item and stretch of days. `used_id` is whom to look for in the use of the product, where it matters. #}

{% macro held_states() %}
    {%- set states = [
        ('activated', 'activated', 'user_id', 'user_id', 'to_day', 'true'),
        ('new_28d', 'activated', none, 'user_id', 'last_new_day', 'true'),
        ('department', 'activated', 'department', 'department', 'to_day', 'true'),
        ('administrator', 'seats', 'user_id', 'user_id', 'to_day', 'seats.is_administrator'),
        ('decision_maker', 'stakeholders', 'user_id', 'contact_id', 'to_day',
         "stakeholders.contact_role = 'decision_maker'"),
        ('role', 'stakeholders', none, 'contact_role', 'to_day', 'true'),
    ] %}
    {%- for state, told, used_id, item_id, last_day, condition in states %}
    select
        {{ told }}.account_id,
        '{{ state }}' as state,
        {{ told ~ '.' ~ used_id if used_id else 'null' }} as used_id,
        {{ told }}.{{ item_id }} as item_id,
        {{ told }}.from_day as from_day,
        {{ told }}.{{ last_day }} as to_day
    from {{ told }}
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Stretches of days on which a user or department has used the product within a window. #}
{% macro used_spans() %}
    {%- for item, days in [('user_id', 28), ('user_id', 7), ('department', 28)] %}
    select
        '{{ "department" if item == "department" else "user" }}' as used_kind,
        {{ days }} as window_days,
        spans.*
    from ({{ merged_spans(ref('int_usage_recent_facts'), {'distinct': 'facts.' ~ item, 'days': days}) }}) as spans
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}
