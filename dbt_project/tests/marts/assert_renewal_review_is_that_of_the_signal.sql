-- The accounts whose contracts are reviewed are those whose signal renewal_window is open.
with reviewed as (

    select distinct review.account_id from {{ ref('mart_renewal_review') }} as review

),

signals as (

    select signals.account_id
    from {{ ref('fct_account_signals') }} as signals
    where signals.signal_id = 'renewal_window' and signals.is_open

),

final as (

    select coalesce(reviewed.account_id, signals.account_id) as account_id
    from reviewed
    full outer join signals on reviewed.account_id = signals.account_id
    where reviewed.account_id is null or signals.account_id is null

)

select * from final
