with versions as (

    select * from {{ ref('int_contract_outcome_versions') }}

),

ranked as (

    select
        versions.*,
        row_number() over (
            partition by versions.contract_id order by versions.known_at desc, versions.source_name asc
        ) as recency
    from versions
    where {{ in_force('versions', as_of_date()) }}

),

final as (

    select
        ranked.contract_id,
        ranked.outcome,
        ranked.renewed_by_contract_id,
        ranked.decided_date
    from ranked
    where ranked.recency = 1

)

select * from final
