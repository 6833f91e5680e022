{{ config(materialized='view') }}

{{ identified_rows('engagements', ['account', 'user']) }}
