{# Signals are the rows of the theme models, int_<theme>_signals_found: one select a signal, which names its rule. #}

{% macro signal_models() %}
    {{ return([
        'int_usage_signals_found',
        'int_onboarding_signals_found',
        'int_value_signals_found',
        'int_people_signals_found',
        'int_voice_signals_found',
        'int_renewal_signals_found',
        'int_groups_signals_found',
    ]) }}
{% endmacro %}

{# True where a row of int_signal_rules_profiled is the rule of a signal for an account on a day: that of its segment, in
   force, and for accounts of its age. #}
{% macro is_rule_of(rules, signal_id, days) -%}
    {{ rules }}.signal_id = '{{ signal_id }}'
            and {{ rules }}.segment = coalesce({{ days }}.segment, '*')
            and {{ in_force(rules, days ~ '.date_day') }}
            and {{ days }}.age_days >= {{ rules }}.minimum_age_days
{%- endmacro %}

{# The signals of all theme models. #}
{% macro united_signals() %}
    {%- for model in signal_models() %}
    select
        found.account_id,
        found.date_day,
        found.signal_id,
        cast(found.value as numeric(18, 6)) as value,
        cast(found.second_value as numeric(18, 6)) as second_value,
        found.evidence_date
    from {{ ref(model) }} as found
    {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# A sentence of the seed `signals` with texts in the place of words in braces: `numbers` gives SQL by word, and `{date}` is
   filled where `date` is given. A number has two decimals where it is not whole; `{…_percent}` is a share in percent, with
   one. What a signal does not have shows as a dash. #}
{% macro filled_sentence(template, numbers, date=none) %}
    {%- set texts = {} -%}
    {%- for word, number in numbers.items() -%}
        {%- do texts.update({
            word: short_number_text(number, 2), word ~ '_percent': short_number_text('100 * ' ~ number, 1),
        }) -%}
    {%- endfor -%}
    {%- if date -%}
        {%- do texts.update({'date': 'cast(' ~ date ~ ' as ' ~ dbt.type_string() ~ ')'}) -%}
    {%- endif -%}
    {%- set filled = namespace(sql=template) -%}
    {%- for word, text in texts.items() -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ word ~ "}', coalesce(" ~ text ~ ", '–'))" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{# Whether every input column that a row of a dated seed requires is fed, over the CTE columns_fed; a row that requires
   none has all it needs. #}
{% macro inputs_fed(rows, key) %}
    select
        {% for column in key -%}
        {{ rows }}.{{ column }},
        {% endfor -%}
        {{ rows }}.valid_from_date,
        count(columns_fed.input_column) = coalesce(
            length({{ rows }}.required_inputs) - length(replace({{ rows }}.required_inputs, ' ', '')) + 1, 0
        ) as has_source
    from {{ rows }}
    left join columns_fed
        on position(concat(' ', columns_fed.input_column, ' ') in concat(' ', {{ rows }}.required_inputs, ' ')) > 0
    group by {% for column in key %}{{ rows }}.{{ column }}, {% endfor %}{{ rows }}.valid_from_date, {{ rows }}.required_inputs
{%- endmacro %}
