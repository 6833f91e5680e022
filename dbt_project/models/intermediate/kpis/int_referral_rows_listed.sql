-- Referrals of a month against the accounts with revenue at its end; each kind by itself, and all together. Where no
-- source tells of referrals, there is no figure.
with arr as (

    select * from {{ ref('int_account_arr_summed') }}
    where contract_model is null

),

months as (

    select * from {{ ref('int_months_listed') }}
    where is_in_history

),

referral_versions as (

    select * from {{ ref('int_referral_versions') }}

),

referrals as (

    select
        referral_versions.account_id,
        referral_versions.referral_id,
        coalesce(referral_versions.referral_kind, 'unknown') as referral_kind,
        cast({{ dbt.last_day('referral_versions.referred_date', 'month') }} as date) as month_end_date
    from referral_versions
    where {{ in_force('referral_versions', as_of_date()) }}

),

kinds as (

    select
        'referral_rate' as kpi_id,
        cast(null as {{ dbt.type_string() }}) as referral_kind
    union all
    select
        'referral_rate_department' as kpi_id,
        'department' as referral_kind
    union all
    select
        'referral_rate_affiliate' as kpi_id,
        'affiliate' as referral_kind
    union all
    select
        'referral_rate_other_company' as kpi_id,
        'other_company' as referral_kind

),

final as (

    select
        kinds.kpi_id,
        arr.month_end_date,
        arr.account_id,
        cast(null as {{ dbt.type_string() }}) as record_id,
        0 as numerator,
        1 as denominator
    from arr
    inner join months on arr.month_end_date = months.month_end_date
    cross join kinds
    where arr.arr_amount > 0 and exists (select 1 from referrals)
    union all
    select
        kinds.kpi_id,
        referrals.month_end_date,
        referrals.account_id,
        referrals.referral_id as record_id,
        1 as numerator,
        0 as denominator
    from referrals
    inner join months on referrals.month_end_date = months.month_end_date
    inner join kinds on coalesce(kinds.referral_kind, referrals.referral_kind) = referrals.referral_kind

)

select * from final
