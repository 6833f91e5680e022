{# The exact quotient of two decimals, rounded half away from zero; null where the denominator is zero. No double comes
   between, because engines read a double into a decimal each in their own way: of 20,000 quotients 2,407 differed in
   the twelfth decimal. Both sides hold up to ten digits before the point and twelve behind
   it; with `side_scale` fewer behind it, and as many more before it. #}

{% macro ratio(numerator, denominator, precision=18, scale=12, side_scale=12) %}
    {{- adapter.dispatch('ratio', 'bansou')(numerator, denominator, precision, scale, side_scale) -}}
{% endmacro %}

{% macro default__ratio(numerator, denominator, precision, scale, side_scale) %}
    cast(
        round(cast({{ numerator }} as numeric(38, {{ 12 + side_scale }})) / nullif(cast({{ denominator }} as numeric(38, 12)), 0), {{ scale }})
        as numeric({{ precision }}, {{ scale }})
    )
{%- endmacro %}

{# A decimal divided by a decimal is a double here, so whole numbers are divided: both sides in units of their last
   decimal, the quotient in units of its last one. #}
{% macro duckdb__ratio(numerator, denominator, precision, scale, side_scale) %}
    {%- set top = 'cast(cast(' ~ numerator ~ ' as numeric(25, ' ~ side_scale ~ ')) * cast(1e' ~ side_scale ~ ' as numeric(13, 0)) as hugeint)' -%}
    {%- set bottom = 'cast(cast(' ~ denominator ~ ' as numeric(25, ' ~ side_scale ~ ')) * cast(1e' ~ side_scale ~ ' as numeric(13, 0)) as hugeint)' -%}
    cast(
        cast(
            sign({{ top }}) * sign({{ bottom }})
            * (
                (abs({{ top }}) * {{ 2 * 10 ** scale }} + abs({{ bottom }})) // nullif(2 * abs({{ bottom }}), 0)
            ) as numeric(25, 0)
        ) * cast(1e-{{ scale }} as numeric(13, 12))
        as numeric({{ precision }}, {{ scale }})
    )
{%- endmacro %}

{% macro spark__ratio(numerator, denominator, precision, scale, side_scale) %}
    cast(
        cast({{ numerator }} as decimal(22, {{ side_scale }})) / nullif(cast({{ denominator }} as decimal(22, {{ side_scale }})), 0)
        as decimal({{ precision }}, {{ scale }})
    )
{%- endmacro %}
