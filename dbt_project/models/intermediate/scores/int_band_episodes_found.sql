{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

{{ episodes(ref('fct_health_scores'), record=['account_id', 'score_id'], day='score_date', state='band') }}
