-- depends_on: {{ ref('int_measures_united') }}
with registry as (

    select * from {{ ref('health_measures') }}

),

curves as (

    select * from {{ ref('health_curves') }}

),

weights as (

    select * from {{ ref('health_weights') }}

),

listed as (

    select distinct
        'health_measures' as list_name,
        registry.measure_id
    from registry
    union all
    select distinct
        'health_curves' as list_name,
        curves.measure_id
    from curves
    union all
    select distinct
        'health_weights' as list_name,
        weights.measure_id
    from weights
    {%- for model in measure_models() %}
        {%- for column in measure_columns(model) %}
        union all
        select
            'measure models' as list_name,
            '{{ column.name }}' as measure_id
        {%- endfor %}
    {%- endfor %}

),

final as (

    select
        listed.measure_id,
        count(*) as list_count,
        min(listed.list_name) as first_list_name
    from listed
    group by listed.measure_id
    having count(*) <> 4

)

select * from final
