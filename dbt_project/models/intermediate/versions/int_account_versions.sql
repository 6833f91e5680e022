{{ config(materialized='table') }}

{{ versions_of('accounts') }}
