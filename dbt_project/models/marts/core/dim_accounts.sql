with accounts as (

    select * from {{ ref('int_account_versions') }}

),

contracts as (

    select * from {{ ref('int_account_contracts_summed') }}

),

fits as (

    select * from {{ ref('int_account_fits_judged') }}

),

tiers as (

    select * from {{ ref('fct_maturity_tiers') }}

),

phases as (

    select * from {{ ref('int_support_phases_found') }}

),

band_episodes as (

    select * from {{ ref('int_band_episodes_found') }}

),

aliases as (

    select * from {{ ref('int_accounts_aliased') }}

),

scored as (

    select
        scores.account_id,
        max(case when scores.score_id = 'usage' then scores.score end) as usage_score,
        max(case when scores.score_id = 'usage' then scores.band end) as usage_band,
        max(case when scores.score_id = 'health' then scores.score end) as health_score,
        max(case when scores.score_id = 'health' then scores.band end) as health_band
    from {{ ref('fct_health_scores') }} as scores
    where scores.score_date = {{ as_of_date() }}
    group by scores.account_id

),

latest_tiers as (

    select
        tiers.account_id,
        tiers.tier,
        row_number() over (partition by tiers.account_id order by tiers.month_end_date desc) as recency
    from tiers
    where tiers.month_end_date <= {{ as_of_date() }}

)

select
    accounts.account_id,
    accounts.source_name,
    accounts.account_name,
    accounts.segment,
    accounts.industry,
    accounts.country,
    accounts.acquisition_channel,
    accounts.plan_name,
    accounts.acquisition_message,
    accounts.parent_account_id,
    accounts.corporate_group_id,
    accounts.seller_owner_id,
    aliases.surviving_account_id as merged_into_account_id,
    scored.usage_band,
    scored.health_band,
    fits.fit,
    phases.support_phase,
    coalesce(accounts.is_test, false) as is_test,
    {{ is_customer('accounts') }} as is_customer,
    coalesce(accounts.is_deleted, false) as is_deleted,
    coalesce(contracts.is_live, false) as is_live,
    coalesce(contracts.mrr_amount, 0) as mrr_amount,
    contracts.seat_count,
    scored.usage_score,
    scored.health_score,
    latest_tiers.tier as maturity_tier,
    fits.fit_score,
    accounts.signed_up_date,
    contracts.first_contract_date,
    band_episodes.first_seen_date as health_band_since_date,
    {{ as_of_date() }} as as_of_date
from accounts
left join aliases
    on accounts.account_id = aliases.account_id and aliases.merged_date <= {{ as_of_date() }}
left join contracts on accounts.account_id = contracts.account_id
left join fits on accounts.account_id = fits.account_id
left join scored on accounts.account_id = scored.account_id
left join band_episodes
    on
        accounts.account_id = band_episodes.account_id
        and band_episodes.score_id = 'health'
        and band_episodes.score_date = {{ as_of_date() }}
left join phases on accounts.account_id = phases.account_id and phases.date_day = {{ as_of_date() }}
left join latest_tiers on accounts.account_id = latest_tiers.account_id and latest_tiers.recency = 1
where {{ in_force('accounts', as_of_date()) }}
