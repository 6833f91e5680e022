-- Exactly 24 hours are within them. A trial that led to no contract is open until its end; one without an end stays so.
with trials as (

    select
        versions.*,
        {{ microseconds_between('versions.signed_up_at', 'versions.onboarding_finished_at') }}
        <= cast(24 as bigint) * 3600 * 1000000 as is_within_24_hours
    from {{ ref('int_trial_versions') }} as versions
    where {{ in_force('versions', as_of_date()) }}

),

accounts as (

    select
        versions.*,
        row_number() over (partition by versions.account_id order by versions.valid_from_date) = 1 as is_first
    from {{ ref('int_account_versions') }} as versions

),

final as (

    select
        trials.source_name,
        trials.trial_id,
        trials.account_id,
        coalesce(at_start.segment, 'unknown') as segment,
        case
            when trials.onboarding_finished_at is null then 'never'
            when trials.is_within_24_hours then 'within_24_hours'
            else 'later'
        end as onboarding_speed,
        trials.converted_at is not null as is_converted,
        trials.converted_at is null
        and coalesce(trials.ends_at > {{ end_of_business_day(as_of_date()) }}, true) as is_open,
        trials.signed_up_at
    from trials
    left join accounts as at_start
        on
            trials.account_id = at_start.account_id
            and {{ linked_on('at_start', business_date('trials.signed_up_at')) }}
    left join accounts as current_accounts
        on trials.account_id = current_accounts.account_id and {{ in_force('current_accounts', as_of_date()) }}
    where {{ is_customer('current_accounts') }}

)

select * from final
