{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

{{ episodes(ref('int_health_scores_banded'), record=['account_id', 'score_id'], day='score_date', state='band') }}
