{# A text key over columns, nulls told apart from blanks. #}
{% macro surrogate_key(columns) %}
    md5(concat_ws('|',
        {%- for column in columns %}
        coalesce(cast({{ column }} as {{ dbt.type_string() }}), '(none)'){{ "," if not loop.last }}
        {%- endfor %}
    ))
{%- endmacro %}
