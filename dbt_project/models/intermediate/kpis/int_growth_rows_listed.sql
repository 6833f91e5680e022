-- Revenue of a month, what customers bought more of in it, and what new revenue came through referrals;
-- the last only where a source tells of referrals.
with arr as (

    select * from {{ ref('int_account_arr_summed') }}

),

months as (

    select * from {{ ref('int_months_listed') }}
    where is_in_history

),

movements as (

    select * from {{ ref('int_account_movements_found') }}

),

referral_versions as (

    select * from {{ ref('int_referral_versions') }}

),

referred as (

    select distinct referral_versions.referred_account_id as account_id
    from referral_versions
    where {{ in_force('referral_versions', as_of_date()) }} and referral_versions.referred_account_id is not null

),

moved as (

    select
        movements.account_id,
        movements.contract_model,
        movements.month_end_date,
        12 * coalesce(sum(movements.mrr_change_amount) filter (where movements.movement_kind = 'expansion'), 0)
            as upsell_amount,
        12 * coalesce(sum(movements.mrr_change_amount) filter (where movements.movement_kind = 'cross_sell'), 0)
            as cross_sell_amount,
        12 * coalesce(sum(movements.mrr_change_amount) filter (where movements.movement_kind = 'new'), 0) as new_amount
    from movements
    group by movements.account_id, movements.month_end_date, rollup(movements.contract_model)

),

views as (

    select '' as pending_suffix
    union all
    select '_pending_kept' as pending_suffix

),

figures as (

    select 'upsell_rate' as kpi_id
    union all
    select 'cross_sell_rate' as kpi_id

),

final as (

    select
        'arr' || views.pending_suffix as kpi_id,
        arr.month_end_date,
        arr.contract_model,
        arr.account_id,
        arr.is_unconverted as is_left_out,
        case when views.pending_suffix = '' then arr.arr_amount else arr.pending_kept_arr_amount end as numerator,
        cast(null as numeric(18, 2)) as denominator
    from arr
    inner join months on arr.month_end_date = months.month_end_date
    cross join views
    union all
    select
        figures.kpi_id,
        months.month_end_date,
        arr.contract_model,
        arr.account_id,
        arr.is_unconverted as is_left_out,
        coalesce(case when figures.kpi_id = 'upsell_rate' then moved.upsell_amount else moved.cross_sell_amount end, 0)
            as numerator,
        arr.arr_amount as denominator
    from arr
    inner join months on arr.month_end_date = months.previous_month_end_date
    cross join figures
    left join moved
        on
            months.month_end_date = moved.month_end_date
            and arr.account_id = moved.account_id
            and coalesce(arr.contract_model, '') = coalesce(moved.contract_model, '')
    where arr.arr_amount > 0 or arr.is_unconverted
    union all
    select
        'referral_revenue_rate' as kpi_id,
        moved.month_end_date,
        moved.contract_model,
        moved.account_id,
        false as is_left_out,
        case when referred.account_id is null then 0 else moved.new_amount end as numerator,
        moved.new_amount as denominator
    from moved
    left join referred on moved.account_id = referred.account_id
    where moved.new_amount > 0 and exists (select 1 from referral_versions)

)

select * from final
