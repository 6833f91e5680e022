with people as (

    select
        versions.*,
        lower(trim(versions.email)) as match_email,
        {{ domain_of('versions.email') }} as match_domain
    from {{ ref('int_person_versions') }} as versions

),

users as (

    select
        versions.*,
        lower(trim(versions.email)) as match_email
    from {{ ref('int_user_versions') }} as versions

),

accounts as (

    select versions.*
    from {{ ref('int_account_versions') }} as versions
    where versions.domain not in (select free_mail.domain from {{ ref('free_mail_domains') }} as free_mail)

),

-- The days on which a match can change.
change_days as (

    {{ person_change_days() }}

),

compared as (

    select
        change_days.change_date,
        people.source_name,
        people.person_id,
        people.match_domain,
        mapped.user_id as mapped_user_id,
        named.user_id as known_external_user_id,
        count(distinct candidates.user_id) as user_candidate_count,
        min(candidates.user_id) as candidate_user_id,
        min(links.account_id) as company_account_id,
        count(distinct owners.account_id) as account_candidate_count,
        min(owners.account_id) as candidate_account_id
    from change_days
    inner join people
        on
            change_days.source_name = people.source_name and change_days.person_id = people.person_id
            and {{ in_force('people', 'change_days.change_date') }}
    left join {{ ref('user_mappings') }} as mapped
        on
            change_days.source_name = mapped.source_name and change_days.person_id = mapped.person_id
            and change_days.change_date >= mapped.valid_from_date
    left join users as named
        on people.external_user_id = named.user_id and {{ in_force('named', 'change_days.change_date') }}
    left join users as candidates
        on
            people.match_email = candidates.match_email and {{ in_force('candidates', 'change_days.change_date') }}
            and {{ 'true' if 'email' in var('match_users_on') else 'false' }}
    left join {{ ref('int_companies_linked') }} as links
        on
            people.source_name = links.source_name and people.company_id = links.company_id
            and {{ in_force('links', 'change_days.change_date') }}
    left join accounts as owners
        on people.match_domain = owners.domain and {{ in_force('owners', 'change_days.change_date') }}
    group by
        change_days.change_date, people.source_name, people.person_id, people.match_domain, mapped.user_id,
        named.user_id

),

judged as (

    select
        compared.*,
        coalesce(
            compared.mapped_user_id, compared.known_external_user_id,
            case when compared.user_candidate_count = 1 then compared.candidate_user_id end
        ) as user_id,
        case
            when compared.user_candidate_count = 0 and compared.account_candidate_count = 1
                then compared.candidate_account_id
        end as domain_account_id,
        case
            when compared.mapped_user_id is not null then 'mapping'
            when compared.known_external_user_id is not null then 'external_id'
            when compared.user_candidate_count = 1 then 'email'
            when compared.user_candidate_count > 1 then 'ambiguous'
            when compared.company_account_id is not null then 'company'
            when compared.account_candidate_count = 1 then 'domain'
            else 'unmatched'
        end as match_method
    from compared

)

select
    judged.source_name,
    judged.person_id,
    judged.match_domain,
    judged.match_method,
    judged.user_id,
    coalesce(users.account_id, judged.company_account_id, judged.domain_account_id) as account_id,
    judged.user_candidate_count,
    judged.change_date as valid_from_date,
    lead(judged.change_date) over (partition by judged.source_name, judged.person_id order by judged.change_date)
        as valid_to_date
from judged
left join users on judged.user_id = users.user_id and {{ in_force('users', 'judged.change_date') }}
