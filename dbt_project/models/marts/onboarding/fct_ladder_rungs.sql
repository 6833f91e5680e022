with accounts as (

    select * from {{ ref('int_onboarding_accounts_listed') }}

),

rungs as (

    select * from {{ ref('int_ladder_rungs_listed') }}

),

climbed as (

    select * from {{ ref('int_ladder_rungs_climbed') }}

),

final as (

    select
        accounts.account_id,
        rungs.rung,
        rungs.name_english,
        rungs.name_japanese,
        accounts.is_observed_from_start,
        accounts.first_contract_date,
        max(climbed.rung) over (partition by accounts.account_id) as highest_rung_used,
        climbed.reached_date,
        case when climbed.climbed_date <= {{ as_of_date() }} then climbed.climbed_date end as climbed_date
    from accounts
    inner join rungs on {{ in_force('rungs', as_of_date()) }}
    left join climbed
        on
            accounts.account_id = climbed.account_id
            and rungs.rung = climbed.rung
            and climbed.reached_date <= {{ as_of_date() }}

)

select
    final.account_id,
    final.rung,
    final.name_english as rung_name,
    final.name_japanese as rung_name_japanese,
    final.is_observed_from_start,
    coalesce(final.reached_date is null and final.rung < final.highest_rung_used, false) as is_skipped,
    case
        when final.is_observed_from_start and final.reached_date is not null
            then greatest({{ days_from('final.first_contract_date', 'final.reached_date') }}, 0)
    end as days_from_first_contract,
    final.reached_date,
    final.climbed_date,
    {{ as_of_date() }} as as_of_date
from final
