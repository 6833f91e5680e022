with companies as (

    select * from {{ ref('int_companies_matched') }}

),

people as (

    select * from {{ ref('int_people_matched') }}

),

free_mail as (

    select * from {{ ref('free_mail_domains') }}

),

matched as (

    select
        'company' as record_kind,
        companies.source_name,
        companies.company_id as source_record_id,
        companies.match_method,
        companies.match_domain,
        companies.account_id,
        cast(null as {{ dbt.type_string() }}) as user_id,
        companies.candidate_count,
        companies.valid_from_date as matched_date
    from companies
    where {{ in_force('companies', as_of_date()) }}
    union all
    select
        'person' as record_kind,
        people.source_name,
        {{ hashed_person_id('people.person_id') }} as source_record_id,
        people.match_method,
        people.match_domain,
        people.account_id,
        {{ hashed_person_id('people.user_id') }} as user_id,
        people.user_candidate_count as candidate_count,
        people.valid_from_date as matched_date
    from people
    where {{ in_force('people', as_of_date()) }}

),

final as (

    select
        matched.record_kind,
        matched.source_name,
        matched.source_record_id,
        matched.match_method,
        matched.match_domain,
        matched.account_id,
        matched.user_id,
        matched.match_method not in ('ambiguous', 'unmatched') as is_matched,
        free_mail.domain is not null as is_free_mail,
        matched.candidate_count,
        matched.matched_date
    from matched
    left join free_mail on matched.match_domain = free_mail.domain

)

select
    final.record_kind,
    final.source_name,
    final.source_record_id,
    final.match_method,
    final.match_domain,
    final.account_id,
    final.user_id,
    final.is_matched,
    final.is_free_mail,
    final.candidate_count,
    final.matched_date
from final
