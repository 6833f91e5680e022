{{ config(materialized='table') }}

{{ versions_of('features') }}
