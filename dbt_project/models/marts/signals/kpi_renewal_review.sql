with cells as (

    select * from {{ ref('review_cells') }}

),

reviewed as (

    select * from {{ ref('mart_renewal_review') }}

),

final as (

    select
        cells.cell_id,
        cells.name_english,
        cells.name_japanese,
        cells.asks_english,
        cells.asks_japanese,
        cells.cell_order,
        count(reviewed.contract_id) as contract_count,
        count(distinct reviewed.account_id) as account_count,
        count(reviewed.contract_id) filter (where reviewed.arr_amount is null) as left_out_count,
        coalesce(sum(reviewed.arr_amount), 0) as arr_amount
    from cells
    left join reviewed on cells.cell_id = reviewed.review_cell
    group by
        cells.cell_id, cells.name_english, cells.name_japanese, cells.asks_english, cells.asks_japanese,
        cells.cell_order

)

select
    final.cell_id as review_cell,
    final.name_english,
    final.name_japanese,
    final.asks_english,
    final.asks_japanese,
    cast(final.cell_order as integer) as cell_order,
    final.contract_count,
    final.account_count,
    final.left_out_count,
    cast(final.arr_amount as numeric(18, 2)) as arr_amount
from final
