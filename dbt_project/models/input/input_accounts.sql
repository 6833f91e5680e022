with fed as (

    {{ fed_rows('accounts') }}

),

final as (

    select
        fed.*,
        {{ business_date('fed.known_at') }} as known_date
    from fed

)

select * from final
