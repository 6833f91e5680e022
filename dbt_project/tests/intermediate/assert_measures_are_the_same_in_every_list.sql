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

measured as (

    {{ measures_of_models() }}

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
    union all
    select
        'measure models' as list_name,
        measured.measure_id
    from measured

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
