{{ config(materialized='view') }}

{{ identified_rows('usage_events', ['account', 'user']) }}
