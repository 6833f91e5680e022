with movements as (

    select * from {{ ref('int_account_movements_found') }}

),

final as (

    select
        {{ surrogate_key(['movements.account_id', 'movements.month_end_date', 'movements.product_name',
                          'movements.contract_model']) }} as movement_id,
        movements.account_id,
        nullif(movements.product_name, '') as product_name,
        movements.contract_model,
        movements.movement_kind,
        movements.is_pending,
        abs(movements.mrr_change_amount) as mrr_amount,
        movements.mrr_change_amount,
        movements.month_end_date
    from movements

)

select
    final.movement_id,
    final.account_id,
    final.product_name,
    final.contract_model,
    final.movement_kind,
    final.is_pending,
    final.mrr_amount,
    final.mrr_change_amount,
    final.month_end_date
from final
