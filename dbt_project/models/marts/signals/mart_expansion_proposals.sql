-- A proposal belongs to the newest chance that was there when it was made. A chance without one has a row as well, so
-- that it is seen that nobody proposed.
with chances as (

    select
        signals.*,
        lead(signals.first_seen_date) over (
            partition by signals.account_id
            order by signals.first_seen_date
        ) as next_seen_date
    from {{ ref('fct_account_signals') }} as signals
    where signals.signal_id = 'expansion_ready'

),

opportunities as (

    select * from {{ ref('int_opportunity_versions') }}

),

proposals as (

    select opportunities.*
    from opportunities
    where opportunities.opportunity_kind = 'expansion' and {{ in_force('opportunities', as_of_date()) }}

)

select
    chances.account_id,
    proposals.opportunity_id,
    proposals.owner_id,
    proposals.stage,
    proposals.currency_code,
    chances.evidence_english,
    chances.evidence_japanese,
    chances.is_open as is_chance_open,
    proposals.opportunity_id is not null as is_proposed,
    proposals.opportunity_amount,
    {{ days_from('chances.first_seen_date', 'proposals.created_date') }} as days_to_proposal,  -- noqa: LT05
    chances.first_seen_date,
    chances.last_true_date,
    proposals.created_date,
    proposals.close_date
from chances
left join proposals
    on
        chances.account_id = proposals.account_id
        and chances.first_seen_date <= proposals.created_date
        and (chances.next_seen_date is null or chances.next_seen_date > proposals.created_date)
