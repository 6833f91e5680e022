{{ config(materialized='table') }}

{{ versions_of('tickets', identified_by=['account', 'user']) }}
