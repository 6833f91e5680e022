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

    {% for rows in ['retention_rows', 'renewal_rows', 'growth_rows', 'referral_rows'] -%}
    select
        {{ rows }}.kpi_id,
        {{ rows }}.month_end_date,
        {{ "cast(null as " ~ dbt.type_string() ~ ")" if rows == 'referral_rows' else rows ~ ".contract_model" }}
            as contract_model,
        {{ rows }}.account_id,
        {{ "cast(null as " ~ dbt.type_string() ~ ")" if rows == 'growth_rows' else rows ~ ".record_id" }} as record_id,
        {{ "false" if rows == 'referral_rows' else rows ~ ".is_left_out" }} as is_left_out,
        {{ rows }}.numerator,
        {{ rows }}.denominator
    from {{ rows }}
    {{ "union all" if not loop.last }}
    {% endfor %}

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
