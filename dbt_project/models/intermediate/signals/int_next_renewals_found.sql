-- Of each product the contract that ends last, while nothing is known that follows it.
with terms as (

    select * from {{ ref('int_known_terms_ranked') }}

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
        terms.segment,
        terms.age_days,
        terms.start_date,
        terms.end_date,
        {{ days_from('terms.date_day', 'terms.end_date') }} as days_to_end
    from terms
    left join followed
        on
            terms.account_id = followed.account_id
            and terms.date_day = followed.date_day
            and terms.contract_id = followed.contract_id
    where
        terms.is_live
        and terms.is_last_of_product
        and terms.end_date is not null
        and followed.contract_id is null

)

select * from final
