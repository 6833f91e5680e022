{# Why a group of rows has no score: of the reasons of its rows the one that is likely to end first. Null where one has a
   score. #}

{% macro missing_reason_of(rows) %}
    case
        when count({{ rows }}.score) > 0 then null
        {%- for reason in ['too_new', 'stale', 'no_source'] %}
        when bool_or({{ rows }}.missing_reason = '{{ reason }}') then '{{ reason }}'
        {%- endfor %}
        else 'not_applicable'
    end
{%- endmacro %}

{# The tier of the month's scores: the highest whose minimum every axis reaches, a missing axis taken to be `missing`. #}
{% macro tier_reached(missing) %}
    max(case
        when
            {%- for axis in ['depth', 'breadth', 'height'] %}
            coalesce(axes.{{ axis }}_score, {{ missing }}) >= tiers.minimum_{{ axis }}_score{{ " and" if not loop.last }}
            {%- endfor %}
            then tiers.tier
    end)
{%- endmacro %}

{# What the next tier asks on the axes that do not reach it or are unknown, in one sentence. The score is rounded down,
   so that it never reads as the minimum that it does not reach. #}
{% macro held_back_sentence(language) %}
    {%- set words = {
        'english': {'before': '', 'asks': ' asks ', 'is': ' (is ', 'after': ')', 'unknown': ' (unknown)', 'parting': ', ',
                    'end': '.', 'axis': 'lower(gaps.axis_english)'},
        'japanese': {'before': '「', 'asks': '」の条件：', 'is': '（現在 ', 'after': '）', 'unknown': '（不明）', 'parting': '、',
                     'end': '。', 'axis': 'gaps.axis_japanese'},
    }[language] -%}
    concat(
        '{{ words.before }}', gaps.next_tier_{{ language }}, '{{ words.asks }}',
        concat_ws('{{ words.parting }}',
            {%- for rank in [1, 2, 3] %}
            max(case when gaps.gap_rank = {{ rank }} then concat(
                {{ words.axis }}, ' ', {{ number_text('gaps.minimum_score', 2) }},
                case
                    when gaps.score is null then '{{ words.unknown }}'
                    else concat(
                        '{{ words.is }}', {{ number_text('greatest(gaps.score - 0.005, 0)', 2) }}, '{{ words.after }}'
                    )
                end
            ) end){{ "," if not loop.last }}
            {%- endfor %}
        ),
        '{{ words.end }}'
    )
{%- endmacro %}
