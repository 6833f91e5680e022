with definitions as (

    select * from {{ ref('kpi_definitions') }}

)

select
    definitions.kpi_id,
    definitions.name_english,
    definitions.name_japanese,
    definitions.meaning_english,
    definitions.meaning_japanese,
    definitions.unit,
    definitions.direction,
    definitions.article
from definitions
