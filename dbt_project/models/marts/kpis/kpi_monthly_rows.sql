with retention_rows as (

    select * from {{ ref('int_retention_rows_listed') }}

),

renewal_rows as (

    select * from {{ ref('int_renewal_rows_listed') }}

),

growth_rows as (

    select * from {{ ref('int_growth_rows_listed') }}

),

referral_rows as (

    select * from {{ ref('int_referral_rows_listed') }}

),

accounts as (

    select * from {{ ref('int_accounts_described') }}

),

rows_of_figures as (

    select
        retention_rows.kpi_id,
        retention_rows.month_end_date,
        retention_rows.contract_model,
        retention_rows.account_id,
        retention_rows.record_id,
        retention_rows.is_left_out,
        retention_rows.numerator,
        retention_rows.denominator
    from retention_rows
    union all
    select
        renewal_rows.kpi_id,
        renewal_rows.month_end_date,
        renewal_rows.contract_model,
        renewal_rows.account_id,
        renewal_rows.record_id,
        renewal_rows.is_left_out,
        renewal_rows.numerator,
        renewal_rows.denominator
    from renewal_rows
    union all
    select
        growth_rows.kpi_id,
        growth_rows.month_end_date,
        growth_rows.contract_model,
        growth_rows.account_id,
        cast(null as {{ dbt.type_string() }}) as record_id,
        growth_rows.is_left_out,
        growth_rows.numerator,
        growth_rows.denominator
    from growth_rows
    union all
    select
        referral_rows.kpi_id,
        referral_rows.month_end_date,
        cast(null as {{ dbt.type_string() }}) as contract_model,
        referral_rows.account_id,
        referral_rows.record_id,
        false as is_left_out,
        referral_rows.numerator,
        referral_rows.denominator
    from referral_rows

),

final as (

    select
        rows_of_figures.kpi_id,
        rows_of_figures.account_id,
        rows_of_figures.record_id,
        coalesce(accounts.segment, 'unknown') as segment,
        rows_of_figures.contract_model,
        coalesce(accounts.channel, 'unknown') as channel,
        coalesce(accounts.country, 'unknown') as country,
        rows_of_figures.is_left_out,
        case when not rows_of_figures.is_left_out then cast(rows_of_figures.numerator as numeric(28, 6)) end
            as numerator,
        case when not rows_of_figures.is_left_out then cast(rows_of_figures.denominator as numeric(28, 6)) end
            as denominator,
        rows_of_figures.month_end_date
    from rows_of_figures
    left join accounts
        on
            rows_of_figures.account_id = accounts.account_id
            and rows_of_figures.month_end_date = accounts.month_end_date

)

select
    final.kpi_id,
    final.account_id,
    final.record_id,
    final.segment,
    final.contract_model,
    final.channel,
    final.country,
    final.is_left_out,
    final.numerator,
    final.denominator,
    final.month_end_date
from final
