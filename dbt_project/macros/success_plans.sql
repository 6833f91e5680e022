{# How far an item of a success plan has come, at most 1. What has no target above zero, or was never measured, has no
   attainment. #}

{% macro plan_attainment(items) %}
    case
        when {{ items }}.target_value > 0 and {{ items }}.actual_value is not null
            then least({{ ratio('greatest(' ~ items ~ '.actual_value, 0)', items ~ '.target_value', 18, 6) }}, 1)
    end
{%- endmacro %}

{# True where two versions are in force on a day together. #}
{% macro are_in_force_together(one, other) %}
    ({{ other }}.valid_to_date is null or {{ one }}.valid_from_date < {{ other }}.valid_to_date)
    and ({{ one }}.valid_to_date is null or {{ other }}.valid_from_date < {{ one }}.valid_to_date)
{%- endmacro %}

{# Items that serve displaced ones, and are displaced with them while both are known. #}
{% macro items_serving(displaced) %}
    select
        items.account_id,
        items.source_name,
        items.plan_item_id,
        {{ displaced }}.counted_item_id,
        false as is_primary,
        greatest(items.valid_from_date, {{ displaced }}.valid_from_date) as valid_from_date,
        least(items.valid_to_date, {{ displaced }}.valid_to_date) as valid_to_date
    from {{ displaced }}
    inner join items
        on
            {{ displaced }}.source_name = items.source_name
            and {{ displaced }}.plan_item_id = items.parent_item_id
            and {{ are_in_force_together(displaced, 'items') }}
{%- endmacro %}
