with versions as (

    select * from {{ ref('int_account_versions') }}

),

final as (

    select
        versions.account_id,
        versions.source_name,
        versions.account_name,
        versions.segment,
        versions.industry,
        versions.country,
        versions.acquisition_channel,
        versions.plan_name,
        versions.parent_account_id,
        versions.corporate_group_id,
        versions.merged_into_account_id,
        {{ is_customer('versions') }} as is_customer,
        coalesce(versions.is_deleted, false) as is_deleted,
        versions.valid_to_date is null or versions.valid_to_date > {{ as_of_date() }} as is_current,
        versions.valid_from_date,
        versions.valid_to_date
    from versions
    where versions.valid_from_date <= {{ as_of_date() }}

)

select
    final.account_id,
    final.source_name,
    final.account_name,
    final.segment,
    final.industry,
    final.country,
    final.acquisition_channel,
    final.plan_name,
    final.parent_account_id,
    final.corporate_group_id,
    final.merged_into_account_id,
    final.is_customer,
    final.is_deleted,
    final.is_current,
    final.valid_from_date,
    final.valid_to_date
from final
