{# What became of a contract: the one rule of renewal, over `contracts`, `followed`, `outcomes` and `noticed`. Whoever
   signs late, but within `late_renewal_days`, has renewed; until those days are over the contract is pending. #}

{% macro renewal_status() %}
    {%- set last_late_date = days_after('contracts.end_date', var('late_renewal_days')) -%}
    case
        when outcomes.outcome = 'superseded' or followed.renewal_start_date < contracts.end_date then 'superseded'
        when followed.renewal_signed_date <= contracts.end_date then 'renewed'
        when followed.renewal_signed_date <= {{ last_late_date }} then 'renewed_late'
        when followed.renewal_signed_date is not null and contracts.end_date is not null then 'resurrected'
        when outcomes.outcome = 'renewed' and outcomes.decided_date > contracts.end_date then 'renewed_late'
        when outcomes.outcome is not null then outcomes.outcome
        when contracts.end_date is null or contracts.end_date > {{ as_of_date() }} then 'open'
        when noticed.contract_id is not null then 'churned'
        when {{ as_of_date() }} <= {{ last_late_date }} then 'pending'
        else 'churned'
    end
{%- endmacro %}
