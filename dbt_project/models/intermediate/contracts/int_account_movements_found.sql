-- Revenue at the end of each month beside that of the month before, by account, product and contract model.
with revenue as (

    select
        account_id,
        product_name,
        contract_model,
        month_end_date,
        coalesce(mrr_amount, 0) + carried_mrr_amount as mrr_amount,
        pending_mrr_amount,
        unconverted_contract_count
    from {{ ref('int_account_revenue_summed') }}

),

months as (

    select * from {{ ref('int_months_listed') }}

),

first_revenue as (

    select
        contracts.account_id,
        min(contracts.start_date) as first_revenue_date
    from {{ ref('int_contracts_settled') }} as contracts
    where contracts.mrr_amount > 0 and (contracts.end_date is null or contracts.start_date < contracts.end_date)
    group by contracts.account_id

),

both_ends as (

    select
        revenue.account_id,
        revenue.product_name,
        revenue.contract_model,
        revenue.month_end_date,
        cast(0 as numeric(18, 2)) as opening_amount,
        revenue.mrr_amount as closing_amount,
        revenue.pending_mrr_amount as pending_amount,
        revenue.unconverted_contract_count
    from revenue
    union all
    select
        revenue.account_id,
        revenue.product_name,
        revenue.contract_model,
        months.month_end_date,
        revenue.mrr_amount as opening_amount,
        cast(0 as numeric(18, 2)) as closing_amount,
        cast(0 as numeric(18, 2)) as pending_amount,
        revenue.unconverted_contract_count
    from revenue
    inner join months on revenue.month_end_date = months.previous_month_end_date

),

changed as (

    select
        both_ends.account_id,
        both_ends.product_name,
        both_ends.contract_model,
        both_ends.month_end_date,
        sum(both_ends.opening_amount) as opening_amount,
        sum(both_ends.closing_amount) as closing_amount,
        sum(both_ends.pending_amount) as pending_amount,
        sum(both_ends.unconverted_contract_count) as unconverted_contract_count
    from both_ends
    group by both_ends.account_id, both_ends.product_name, both_ends.contract_model, both_ends.month_end_date

),

compared as (

    select
        changed.*,
        sum(changed.opening_amount) over (
            partition by changed.account_id, changed.product_name, changed.month_end_date
        ) as product_opening_amount,
        sum(changed.opening_amount) over (partition by changed.account_id, changed.month_end_date)
            as account_opening_amount,
        sum(changed.closing_amount) over (partition by changed.account_id, changed.month_end_date)
            as account_closing_amount,
        sum(changed.unconverted_contract_count) over (partition by changed.account_id, changed.month_end_date)
            as account_unconverted_count
    from changed

),

final as (

    select
        compared.account_id,
        compared.product_name,
        compared.contract_model,
        compared.month_end_date,
        case
            when compared.account_unconverted_count > 0 then 'unconverted'
            when compared.account_opening_amount = 0
                and first_revenue.first_revenue_date > months.previous_month_end_date
                then 'new'
            when compared.account_opening_amount = 0 then 'resurrection'
            when compared.account_closing_amount = 0 then 'churn'
            when compared.product_opening_amount = 0 then 'cross_sell'
            when compared.closing_amount > compared.opening_amount then 'expansion'
            else 'contraction'
        end as movement_kind,
        compared.closing_amount < compared.opening_amount and compared.pending_amount > 0 as is_pending,
        cast(compared.closing_amount - compared.opening_amount as numeric(18, 2)) as mrr_change_amount
    from compared
    inner join months on compared.month_end_date = months.month_end_date
    left join first_revenue on compared.account_id = first_revenue.account_id
    where months.is_in_history and compared.closing_amount <> compared.opening_amount

)

select * from final
