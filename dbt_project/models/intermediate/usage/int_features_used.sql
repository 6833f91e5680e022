with spans as (

    {{ merged_spans(ref('int_usage_recent_facts'), {'distinct': 'facts.feature_id', 'days': 28}) }}

),

spanned as (

    {{ days_of_each('spans', 'spans.from_day', 'spans.to_day') }}

),

final as (

    select
        spanned.account_id,
        spanned.date_day,
        spanned.item_id as feature_id
    from spanned

)

select * from final
