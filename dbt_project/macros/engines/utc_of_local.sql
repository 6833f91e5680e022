{# The UTC timestamp of a local wall time in the zone that an expression names. A wall time that comes twice, when clocks
   go back, is the second of the two; one that is left out, when they go forward, counts by the offset before. So the
   end of one interval is always the start of the next. Spark takes the first of two. #}

{% macro utc_of_local(local_timestamp, zone) %}
    {{- adapter.dispatch('utc_of_local', 'bansou')(local_timestamp, zone) -}}
{% endmacro %}

{% macro default__utc_of_local(local_timestamp, zone) %}timezone('UTC', timezone({{ zone }}, {{ local_timestamp }})){% endmacro %}

{% macro spark__utc_of_local(local_timestamp, zone) %}to_utc_timestamp({{ local_timestamp }}, {{ zone }}){% endmacro %}
