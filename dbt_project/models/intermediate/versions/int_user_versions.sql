{{ config(materialized='table') }}

{{ versions_of('users', identified_by=['account']) }}
