with revenue as (

    select * from {{ ref('fct_mrr_monthly') }}

),

account_versions as (

    select
        history.*,
        row_number() over (partition by history.account_id order by history.valid_from_date) = 1 as is_first
    from {{ ref('dim_accounts_history') }} as history

),

months as (

    select
        dates.month_end_date,
        {{ days_before(dbt.date_trunc('month', 'dates.month_end_date'), 1) }} as start_date
    from {{ ref('dim_dates') }} as dates
    where dates.is_month_end

),

live as (

    select distinct
        revenue.account_id,
        revenue.month_end_date
    from revenue
    where revenue.mrr_amount > 0

),

accounts_at_start as (

    select
        months.month_end_date,
        live.account_id,
        account_versions.segment,
        case when still_live.account_id is null then 1 else 0 end as churned_account_count
    from months
    inner join live on months.start_date = live.month_end_date
    left join live as still_live
        on live.account_id = still_live.account_id and months.month_end_date = still_live.month_end_date
    left join account_versions
        on live.account_id = account_versions.account_id and {{ linked_on('account_versions', 'months.start_date') }}

),

sliced_accounts as (

    select
        accounts_at_start.*,
        'total' as slice_kind,
        cast(null as {{ dbt.type_string() }}) as slice_segment
    from accounts_at_start
    union all
    select
        accounts_at_start.*,
        'segment' as slice_kind,
        accounts_at_start.segment as slice_segment
    from accounts_at_start

),

final as (

    select
        sliced_accounts.month_end_date,
        sliced_accounts.slice_kind,
        sliced_accounts.slice_segment as segment,
        count(*) as start_account_count,
        cast(sum(sliced_accounts.churned_account_count) as bigint) as churned_account_count
    from sliced_accounts
    group by sliced_accounts.month_end_date, sliced_accounts.slice_kind, sliced_accounts.slice_segment

)

select
    final.month_end_date,
    final.slice_kind,
    final.segment,
    final.start_account_count,
    final.churned_account_count,
    {{ ratio('final.churned_account_count', 'final.start_account_count') }} as logo_churn_rate
from final
