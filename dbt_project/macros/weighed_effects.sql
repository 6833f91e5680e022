{# What each measure does to its score: how far it lifts or lowers it, and what it moved in 28 days, from the CTEs
   components and summed of int_score_reasons_ranked. #}

{% macro weighed_effects() %}
    {% for kind, effect, condition in [
        ('up', 'components.points - 2', 'components.points > 2'),
        ('down', '2 - components.points', 'components.points < 2'),
        ('change', 'components.points - components.points_28d_before',
         'components.points <> components.points_28d_before'),
    ] -%}
    {%- set weighed = 'components.weight * (' ~ effect ~ ')' -%}
    select
        components.account_id,
        components.score_date,
        components.score_id,
        components.measure_id,
        components.value,
        components.points,
        components.points_28d_before,
        '{{ kind }}' as reason_kind,
        {{ ratio(weighed, 'summed.weight_with_data') if kind == 'change' else weighed }} as effect
    from components
    {% if kind == 'change' -%}
    inner join summed
        on
            components.account_id = summed.account_id
            and components.score_date = summed.score_date
            and components.score_id = summed.score_id
    {% endif -%}
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}
{%- endmacro %}
