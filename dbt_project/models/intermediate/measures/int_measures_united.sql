{{ config(materialized='view') }}

{% for model in measure_models() %}
    {{ long_measures(model) }}
    {{ "union all" if not loop.last }}
{% endfor %}
