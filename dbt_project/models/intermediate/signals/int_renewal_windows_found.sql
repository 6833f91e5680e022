-- Of each product the contract that ends last, while its end comes near and nothing is known that follows it. One with
-- a shorter term than the window's later edge would be looked at before it begins.
with terms as (

    select * from {{ ref('int_known_terms_ranked') }}

),

rules as (

    select * from {{ ref('int_signal_rules_profiled') }}

),

followed as (

    select distinct
        terms.account_id,
        terms.date_day,
        terms.previous_contract_id as contract_id
    from terms
    where terms.previous_contract_id is not null

),

final as (

    select
        terms.account_id,
        terms.date_day,
        terms.contract_id,
        terms.start_date,
        terms.end_date,
        {{ dbt.datediff('terms.date_day', 'terms.end_date', 'day') }} as days_to_end  -- noqa: LT05
    from terms
    inner join rules on {{ is_rule_of('rules', 'renewal_window', 'terms') }}
    left join followed
        on
            terms.account_id = followed.account_id
            and terms.date_day = followed.date_day
            and terms.contract_id = followed.contract_id
    where
        terms.is_live
        and terms.is_last_of_product
        and followed.contract_id is null
        and terms.date_day >= {{ months_after('terms.end_date', 'cast(-rules.threshold_value as integer)') }}
        and terms.date_day <= {{ months_after('terms.end_date', 'cast(-rules.second_threshold_value as integer)') }}
        and terms.end_date > {{ months_after('terms.start_date', 'cast(rules.second_threshold_value as integer)') }}

)

select * from final
