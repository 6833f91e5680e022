with fed as (

    {{ fed_rows('usage_events') }}

),

final as (

    select
        fed.*,
        {{ business_date('fed.event_at') }} as event_date,
        {{ business_date('fed.known_at') }} as known_date
    from fed

)

select * from final
