{{ config(materialized='table') }}

{{ versions_of('contracts', identified_by=['account']) }}
