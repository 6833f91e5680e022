{# The currency of every figure: the configured one; without one, that of all contracts where they have the same. #}

{% macro reporting_currency(contracts) %}
    select
        coalesce(
            nullif('{{ var("reporting_currency") }}', ''),
            case
                when count(distinct upper({{ contracts }}.currency_code)) = 1 then max(upper({{ contracts }}.currency_code))
            end
        ) as currency_code
    from {{ contracts }}
{%- endmacro %}
