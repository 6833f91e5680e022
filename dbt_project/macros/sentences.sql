{# Numbers as people read them. `number_text` has so many decimals, `short_number_text` none where the number is whole,
   `signed_text` also a plus; `value_text` is a measure's value: shares in percent, whole numbers without decimals. #}

{% macro number_text(number, decimals) -%}
    cast(cast({{ number }} as numeric(18, {{ decimals }})) as {{ dbt.type_string() }})
{%- endmacro %}

{% macro short_number_text(number, decimals) -%}
    case
        when {{ number }} = cast({{ number }} as numeric(18, 0)) then {{ number_text(number, 0) }}
        else {{ number_text(number, decimals) }}
    end
{%- endmacro %}

{% macro signed_text(number, decimals) -%}
    concat(
        case when cast({{ number }} as numeric(18, {{ decimals }})) > 0 then '+' else '' end,
        {{ number_text(number, decimals) }}
    )
{%- endmacro %}

{% macro value_text(value, unit, yes, no) -%}
    case
        when {{ unit }} = 'yes_or_no' then case when {{ value }} = 1 then '{{ yes }}' else '{{ no }}' end
        when {{ unit }} = 'share' then {{ number_text('100 * ' ~ value, 0) }}
        else {{ short_number_text(value, 1) }}
    end
{%- endmacro %}

{# The change of a score in 28 days, its three parts, and the measures that moved it most. #}
{% macro change_sentence(language) %}
    {%- set words = {
        'english': {
            'same': 'Unchanged against 28 days before.', 'before': '', 'coverage': ' against 28 days before (coverage ',
            'weight': ', weights ', 'input': ', inputs ', 'after': ').', 'most': ' Most of it: ', 'end': '.',
        },
        'japanese': {
            'same': '28日前から変わりません。', 'before': '28日前から', 'coverage': '（データの網羅', 'weight': '、重み',
            'input': '、入力', 'after': '）。', 'most': '主な要因：', 'end': '。',
        },
    }[language] -%}
        case
            when
                abs(changes.coverage_change_28d) < 0.005
                and abs(changes.weight_change_28d) < 0.005
                and abs(changes.input_change_28d) < 0.005
                then '{{ words.same }}'
            when changes.change_28d is not null
                then concat(
                    '{{ words.before }}', {{ signed_text('changes.change_28d', 2) }},
                    '{{ words.coverage }}', {{ signed_text('changes.coverage_change_28d', 2) }},
                    '{{ words.weight }}', {{ signed_text('changes.weight_change_28d', 2) }},
                    '{{ words.input }}', {{ signed_text('changes.input_change_28d', 2) }}, '{{ words.after }}',
                    case
                        when reasons.reasons_change_{{ language }} is not null
                            then concat('{{ words.most }}', reasons.reasons_change_{{ language }}, '{{ words.end }}')
                        else ''
                    end
                )
        end
{%- endmacro %}

{# The texts of a group with ranks 1 to `count`, in that order, in one text; null where there are none. `condition` names
   those that count. #}
{% macro joined_by_rank(text, rank, count, parting, condition='true') %}
    nullif(concat_ws('{{ parting }}',
        {%- for number in range(1, count + 1) %}
        max(case when {{ condition }} and {{ rank }} = {{ number }} then {{ text }} end){{ "," if not loop.last }}
        {%- endfor %}
    ), '')
{%- endmacro %}

{# The reasons of one kind, strongest first. #}
{% macro joined_reasons(kind, language, parting) -%}
    {{ joined_by_rank(
        'worded.text_' ~ language, 'worded.reason_rank', 3, parting, "worded.reason_kind = '" ~ kind ~ "'"
    ) }}
{%- endmacro %}

{# A reason in one sentence; of a change only the measure and what it moved. Former points stand where they differ. #}
{% macro reason_text(language) %}
    {%- set colon, of_four, former, end = {
        'english': (': ', ' of 4 points', ' (28 days before ', ').'),
        'japanese': ('：', '点', '（28日前は', '点）。'),
    }[language] -%}
    {%- set value = "named.value_" ~ language ~ ", named.unit_" ~ language -%}
    {%- set points -%}
        {%- if language == 'english' -%} {{ value }}, ', ', named.points_text, '{{ of_four }}'
        {%- else -%} {{ value }}, '、4点中', named.points_text, '{{ of_four }}'
        {%- endif -%}
    {%- endset %}
    case
        when named.reason_kind = 'change' then concat(named.name_{{ language }}, ' ', named.effect_text)
        when named.former_points_text is null
            then concat(named.name_{{ language }}, '{{ colon }}', {{ points }}, '{{ "." if language == "english" else "。" }}')
        else concat(
            named.name_{{ language }}, '{{ colon }}', {{ points }}, '{{ former }}', named.former_points_text, '{{ end }}'
        )
    end
{%- endmacro %}
