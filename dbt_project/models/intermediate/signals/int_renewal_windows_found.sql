{%- set first_month = 'cast(-rules.threshold_value as integer)' %}
{%- set last_month = 'cast(-rules.second_threshold_value as integer)' %}
{%- set shortest = 'cast(rules.third_threshold_value as integer)' %}

-- A contract while its end comes near. One that runs for a few months would be looked at as soon as it begins.
with renewals as (

    select * from {{ ref('int_next_renewals_found') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

final as (

    select
        renewals.account_id,
        renewals.date_day,
        renewals.contract_id,
        renewals.start_date,
        renewals.end_date,
        renewals.days_to_end
    from renewals
    inner join rules on {{ is_rule_of('rules', 'renewal_window', 'renewals') }}
    where
        renewals.date_day >= {{ months_after('renewals.end_date', first_month) }}
        and renewals.date_day <= {{ months_after('renewals.end_date', last_month) }}
        and renewals.end_date >= {{ months_after('renewals.start_date', shortest) }}

)

select * from final
