{# An amount in the reporting currency at its contract's rate. Null where there is no rate, and where the amount is more
   than any company is worth: sums of such amounts would overflow and stop every figure. #}

{% macro reporting_amount(amount, rate) %}
    case
        when abs(cast({{ amount }} as numeric(20, 2)) * cast({{ rate }} as numeric(18, 6))) < 10000000000000
            then cast(
                round(cast({{ amount }} as numeric(20, 2)) * cast({{ rate }} as numeric(18, 6)), 2) as numeric(18, 2)
            )
    end
{%- endmacro %}
