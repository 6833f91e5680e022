with versions as (

    select * from {{ ref('int_currency_rate_versions') }}

),

-- Where two sources tell a rate of the same day, the one told last stands.
known as (

    select
        upper(versions.currency_code) as currency_code,
        versions.rate_date,
        versions.reporting_rate,
        row_number() over (
            partition by upper(versions.currency_code), versions.rate_date
            order by versions.known_at desc, versions.source_name asc
        ) as recency
    from versions
    where {{ in_force('versions', as_of_date()) }}

),

final as (

    select
        known.currency_code,
        known.reporting_rate,
        known.rate_date as valid_from_date,
        lead(known.rate_date) over (partition by known.currency_code order by known.rate_date) as valid_to_date
    from known
    where known.recency = 1

)

select * from final
