-- A merged account may have been merged again, so the survivor is looked for along the chain.
with recursive versions as (  -- noqa: PRS

    select * from {{ ref('int_account_versions') }}

),

merges as (

    select
        versions.account_id,
        max(versions.merged_into_account_id) as merged_into_account_id,
        min(versions.valid_from_date) as merged_date
    from versions
    where versions.merged_into_account_id is not null
    group by versions.account_id

),

merge_path as (

    select
        merges.account_id,
        merges.merged_into_account_id as surviving_account_id,
        merges.merged_date,
        1 as hop_count
    from merges
    union all
    select
        merge_path.account_id,
        merges.merged_into_account_id as surviving_account_id,
        greatest(merge_path.merged_date, merges.merged_date) as merged_date,
        merge_path.hop_count + 1 as hop_count
    from merge_path
    inner join merges on merge_path.surviving_account_id = merges.account_id
    where merge_path.hop_count < 10

),

ranked as (

    select
        merge_path.*,
        row_number() over (partition by merge_path.account_id order by merge_path.hop_count desc) as rank_in_chain
    from merge_path

),

final as (

    select
        ranked.account_id,
        ranked.surviving_account_id,
        ranked.merged_date
    from ranked
    where ranked.rank_in_chain = 1

)

select * from final
