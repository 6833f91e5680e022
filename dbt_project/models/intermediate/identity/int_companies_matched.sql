with companies as (

    select
        versions.*,
        {{ domain_of('versions.domain') }} as match_domain
    from {{ ref('int_company_versions') }} as versions

),

accounts as (

    select * from {{ ref('int_account_versions') }}

),

mappings as (

    select * from {{ ref('account_mappings') }}

),

-- The days on which a match can change: a new version of the company, of an account it may be, or a new mapping.
change_days as (

    {{ company_change_days() }}

),

compared as (

    select
        change_days.change_date,
        companies.source_name,
        companies.company_id,
        companies.company_name,
        companies.match_domain,
        mapped.account_id as mapped_account_id,
        named.account_id as known_external_account_id,
        count(candidates.account_id) as candidate_count,
        count(distinct coalesce(candidates.corporate_group_id, candidates.account_id)) as candidate_group_count,
        min(candidates.account_id) as candidate_account_id,
        min(case when candidates.parent_account_id is null then candidates.account_id end) as parent_candidate_id
    from change_days
    inner join companies
        on
            change_days.source_name = companies.source_name and change_days.company_id = companies.company_id
            and {{ in_force('companies', 'change_days.change_date') }}
    left join mappings as mapped
        on
            change_days.source_name = mapped.source_name and change_days.company_id = mapped.company_id
            and change_days.change_date >= mapped.valid_from_date
    left join accounts as named
        on
            companies.external_account_id = named.account_id
            and {{ in_force('named', 'change_days.change_date') }}
    left join accounts as candidates
        on
            companies.match_domain = candidates.domain
            and {{ in_force('candidates', 'change_days.change_date') }}
            and candidates.merged_into_account_id is null
            and not coalesce(candidates.is_deleted, false)
            and {{ 'true' if 'domain' in var('match_accounts_on') else 'false' }}
            and candidates.domain not in (select free_mail.domain from {{ ref('free_mail_domains') }} as free_mail)
    group by
        change_days.change_date, companies.source_name, companies.company_id, companies.company_name,
        companies.match_domain, mapped.account_id, named.account_id

),

judged as (

    select
        compared.*,
        case
            when compared.mapped_account_id is not null then 'mapping'
            when compared.known_external_account_id is not null then 'external_id'
            when compared.candidate_count = 1 then 'domain'
            when
                compared.candidate_group_count = 1 and compared.parent_candidate_id is not null
                and '{{ var("shared_domain_in_group") }}' = 'parent'
                then 'domain_of_group'
            when compared.candidate_count > 1 then 'ambiguous'
            else 'unmatched'
        end as match_method
    from compared

),

final as (

    select
        judged.source_name,
        judged.company_id,
        judged.company_name,
        judged.match_domain,
        judged.match_method,
        case judged.match_method
            when 'mapping' then judged.mapped_account_id
            when 'external_id' then judged.known_external_account_id
            when 'domain' then judged.candidate_account_id
            when 'domain_of_group' then judged.parent_candidate_id
        end as account_id,
        judged.candidate_count,
        judged.change_date as valid_from_date,
        lead(judged.change_date) over (
            partition by judged.source_name, judged.company_id order by judged.change_date
        ) as valid_to_date
    from judged

)

select * from final
