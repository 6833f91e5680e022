{{ config(materialized='incremental', meta={'range_column': 'score_date'}) }}

with scores as (

    select * from {{ ref('int_health_scores_banded') }}

)

select
    scores.account_id,
    scores.score_date,
    scores.score_id,
    scores.raw_band,
    scores.band,
    scores.score,
    scores.coverage_rate,
    scores.score_low,
    scores.score_high
from scores
