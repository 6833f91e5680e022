{{ config(materialized='incremental', meta={'range_column': 'date_day'}) }}

{{ episodes(ref('int_signals_found'), record=['account_id', 'signal_id'], day='date_day') }}
