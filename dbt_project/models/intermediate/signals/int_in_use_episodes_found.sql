{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}

{{ episodes(ref('int_scores_judged'), record=['account_id'], day='date_day', state='is_in_use') }}
