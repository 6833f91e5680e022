-- Whoever calls for more attention comes first; then the worse band, then the larger revenue.
with accounts as (

    select * from {{ ref('dim_accounts') }}

),

scores as (

    select * from {{ ref('fct_health_scores') }}

),

bands as (

    select * from {{ ref('dim_health_bands') }}

),

signals as (

    select * from {{ ref('int_open_signals_listed') }}

),

owners as (

    select * from {{ ref('int_account_owners_found') }}

),

tiers as (

    select
        months.*,
        row_number() over (partition by months.account_id order by months.month_end_date desc) as recency
    from {{ ref('fct_maturity_tiers') }} as months
    where months.month_end_date <= {{ as_of_date() }}

),

outlooks as (

    select * from {{ ref('int_account_outlooks_joined') }}

)

select
    accounts.account_id,
    accounts.account_name,
    accounts.segment,
    accounts.country,
    accounts.corporate_group_id,
    accounts.plan_name,
    owners.csm_owner_id,
    owners.sales_owner_id,
    scores.stage_id,
    accounts.health_band,
    scores.effective_band,
    accounts.usage_band,
    coalesce(signals.first_evidence_english, scores.reasons_down_english) as why_english,
    coalesce(signals.first_evidence_japanese, scores.reasons_down_japanese) as why_japanese,
    signals.signals_english,
    signals.signals_japanese,
    scores.reasons_down_english,
    scores.reasons_down_japanese,
    scores.reasons_up_english,
    scores.reasons_up_japanese,
    scores.change_english,
    scores.change_japanese,
    accounts.support_phase,
    accounts.fit,
    tiers.tier_name as maturity_tier_name,
    tiers.tier_name_japanese as maturity_tier_name_japanese,
    tiers.held_back_english,
    tiers.held_back_japanese,
    tiers.next_tier_asks_english,
    tiers.next_tier_asks_japanese,
    coalesce(outlooks.has_success_plan, false) as has_success_plan,
    cast(row_number() over (
        order by
            coalesce(signals.call_count, 0) desc,
            case when bands.band_rank > 0 then bands.band_rank else 99 end asc,
            accounts.mrr_amount desc,
            accounts.account_id asc
    ) as integer) as attention_rank,
    coalesce(signals.call_count, 0) as call_count,
    coalesce(signals.signal_count, 0) as signal_count,
    accounts.health_score,
    scores.coverage_rate,
    scores.change_28d as health_change_28d,
    accounts.usage_score,
    accounts.maturity_tier,
    outlooks.attainment_rate,
    accounts.mrr_amount,
    cast(12 * accounts.mrr_amount as numeric(18, 2)) as arr_amount,
    accounts.seat_count,
    outlooks.ladder_rung,
    accounts.health_band_since_date,
    accounts.first_contract_date,
    outlooks.next_renewal_date,
    outlooks.days_to_renewal,
    accounts.as_of_date
from accounts
left join scores
    on
        accounts.account_id = scores.account_id
        and scores.score_id = 'health'
        and scores.score_date = {{ as_of_date() }}
left join bands on scores.effective_band = bands.band_id
left join signals on accounts.account_id = signals.account_id
left join owners on accounts.account_id = owners.account_id
left join tiers on accounts.account_id = tiers.account_id and tiers.recency = 1
left join outlooks on accounts.account_id = outlooks.account_id
where accounts.is_customer and accounts.is_live
