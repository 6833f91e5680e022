{# The days on which a match can change: a new version of the company, of an account it may be, or a new mapping. #}
{% macro company_change_days() %}
    select companies.source_name, companies.company_id, companies.valid_from_date as change_date from companies
    union
    select companies.source_name, companies.company_id, accounts.valid_from_date
    from companies inner join accounts on companies.match_domain = accounts.domain
    union
    select companies.source_name, companies.company_id, accounts.valid_from_date
    from companies inner join accounts on companies.external_account_id = accounts.account_id
    union
    select mappings.source_name, mappings.company_id, mappings.valid_from_date from mappings
{%- endmacro %}

{# The same for a person: versions of the person, of users they may be, of their company's link, and mappings. #}
{% macro person_change_days() %}
    select people.source_name, people.person_id, people.valid_from_date as change_date from people
    union
    select people.source_name, people.person_id, users.valid_from_date
    from people inner join users on people.match_email = users.match_email
    union
    select people.source_name, people.person_id, users.valid_from_date
    from people inner join users on people.external_user_id = users.user_id
    union
    select people.source_name, people.person_id, links.valid_from_date
    from people
    inner join {{ ref('int_companies_linked') }} as links
        on people.source_name = links.source_name and people.company_id = links.company_id
    union
    select mappings.source_name, mappings.person_id, mappings.valid_from_date
    from {{ ref('user_mappings') }} as mappings
{%- endmacro %}

{# Links that hold: a later day without a match keeps the link it had, and merged accounts lead to their survivor. #}
{% macro linked_rows(matches, key, has_user) %}
with matched as (

    select * from {{ matches }} as matches
    where matches.account_id is not null {{ 'or matches.user_id is not null' if has_user }}

),

aliases as (

    select * from {{ ref('int_accounts_aliased') }}

),

steps as (

    select matched.source_name, matched.{{ key }}, {% if has_user %}matched.user_id, {% endif %}matched.account_id, matched.valid_from_date from matched
    union all
    select
        matched.source_name,
        matched.{{ key }},
        {% if has_user %}matched.user_id, {% endif %}aliases.surviving_account_id as account_id,
        greatest(matched.valid_from_date, aliases.merged_date) as valid_from_date
    from matched
    inner join aliases on matched.account_id = aliases.account_id

),

-- Where a match and a merge fall on one day, the survivor stands.
ranked as (

    select
        steps.*,
        row_number() over (
            partition by steps.source_name, steps.{{ key }}, steps.valid_from_date
            order by case when aliases.account_id is null then 0 else 1 end, steps.account_id
        ) as rank_in_day
    from steps
    left join aliases on steps.account_id = aliases.account_id and steps.valid_from_date >= aliases.merged_date

),

final as (

    select
        ranked.source_name,
        ranked.{{ key }},
        {% if has_user %}ranked.user_id, {% endif %}ranked.account_id,
        row_number() over one_record = 1 as is_first,
        ranked.valid_from_date,
        lead(ranked.valid_from_date) over one_record as valid_to_date
    from ranked
    where ranked.rank_in_day = 1
    window one_record as (partition by ranked.source_name, ranked.{{ key }} order by ranked.valid_from_date)

)

select * from final
{%- endmacro %}
