-- All features of one date in DuckDB SQL. $data is the folder of the primary tables, as_of a variable.
-- Usage is aggregated by range of days first: this takes less time than one pass with a FILTER for
-- each window.
WITH snapshots AS (
    SELECT
        customer_id, getvariable('as_of') AS as_of, segment, region, age_band,
        getvariable('as_of') - signed_up_on AS tenure_days
    FROM read_parquet('$data/customers.parquet')
    WHERE signed_up_on < getvariable('as_of') AND customer_id NOT IN (
        SELECT customer_id FROM read_parquet('$data/cancellations.parquet')
        WHERE cancelled_on < getvariable('as_of')
    )
),
versions AS (
    SELECT
        customer_id,
        arg_max(plan, valid_from) AS plan,
        arg_max(technology, valid_from) AS technology,
        arg_max(payment_method, valid_from) AS payment_method,
        arg_max(contract_months, valid_from) AS contract_months,
        arg_max(contract_started_on, valid_from) AS contract_started_on,
        arg_max(monthly_price, valid_from) AS monthly_price,
        arg_max(monthly_price, valid_from)
            FILTER (getvariable('as_of') - valid_from > 90) AS earlier_price
    FROM read_parquet('$data/subscriptions.parquet')
    WHERE valid_from < getvariable('as_of')
    GROUP BY customer_id
),
bills AS (
    SELECT
        customer_id, amount, due_on,
        getvariable('as_of') - issued_on AS days,
        CASE WHEN paid_on < getvariable('as_of') THEN paid_on END AS paid_on
    FROM read_parquet('$data/invoices.parquet')
    WHERE issued_on < getvariable('as_of') AND issued_on >= getvariable('as_of') - 400
),
billing AS (
    SELECT
        customer_id,
        sum(CASE WHEN paid_on IS NULL AND due_on < getvariable('as_of') THEN amount ELSE 0 END)
            FILTER (days <= 365) AS unpaid_amount,
        avg(greatest(coalesce(paid_on, getvariable('as_of')) - due_on, 0))
            FILTER (days <= 365) AS days_late_mean_365d,
        max(greatest(coalesce(paid_on, getvariable('as_of')) - due_on, 0))
            FILTER (days <= 365) AS days_late_max_365d,
        max(amount) FILTER (days <= 35)
            / nullif(avg(amount) FILTER (days BETWEEN 36 AND 400), 0) - 1 AS bill_shock,
        avg(amount) FILTER (days <= 90) AS invoices_amount_mean_90d,
        avg(amount) FILTER (days <= 365) AS invoices_amount_mean_365d,
        max(amount) FILTER (days <= 90) AS invoices_amount_max_90d,
        max(amount) FILTER (days <= 365) AS invoices_amount_max_365d
    FROM bills
    GROUP BY customer_id
),
care AS (
    SELECT
        customer_id,
        count(*) FILTER (days <= 28) AS count_28d,
        count(*) AS count_56d,
        min(days) AS contacts_contact_id_days_since_last_56d,
        avg(rating) FILTER (days <= 28) AS contacts_satisfaction_mean_28d,
        avg(rating) AS contacts_satisfaction_mean_56d,
        count(*) FILTER (topic = 'complaint' AND days <= 28) AS complaints_28d,
        count(*) FILTER (topic = 'complaint') AS complaints_56d,
        complaints_28d / nullif(count_28d, 0) AS contacts_topic_complaint_share_28d,
        complaints_56d / count_56d AS contacts_topic_complaint_share_56d,
        count(*) FILTER (topic = 'billing') / count_56d AS contacts_topic_billing_share_56d,
        count(*) FILTER (topic = 'technical') / count_56d AS contacts_topic_technical_share_56d
    FROM (
        SELECT
            customer_id, topic,
            getvariable('as_of') - contacted_on AS days,
            CASE WHEN resolved_on < getvariable('as_of') THEN satisfaction END AS rating
        FROM read_parquet('$data/contacts.parquet')
        WHERE contacted_on < getvariable('as_of') AND contacted_on >= getvariable('as_of') - 56
    )
    GROUP BY customer_id
),
stretches AS (
    SELECT
        customer_id,
        CASE
            WHEN day >= getvariable('as_of') - 7 THEN 7
            WHEN day >= getvariable('as_of') - 14 THEN 14
            WHEN day >= getvariable('as_of') - 28 THEN 28
            WHEN day >= getvariable('as_of') - 56 THEN 56
            ELSE 84
        END AS days,
        count(*) AS days_used,
        sum(call_minutes) AS calls,
        sum(data_mb) AS data,
        sum(sms_count) AS sms,
        sum(dropped_calls) AS dropped,
        sum(outage_minutes) AS outage,
        max(outage_minutes) AS worst,
        count(*) FILTER (outage_minutes > 0) AS outage_days,
        max(day) FILTER (outage_minutes > 0) AS last_outage
    FROM read_parquet('$data/usage.parquet')
    WHERE day < getvariable('as_of') AND day >= getvariable('as_of') - 84
    GROUP BY ALL
),
sums AS (
    SELECT
        customer_id,
        sum(days_used) FILTER (days <= 7) AS n7,
        sum(days_used) FILTER (days <= 28) AS n28,
        sum(days_used) AS n84,
        coalesce(sum(calls) FILTER (days <= 7), 0) AS calls7,
        coalesce(sum(calls) FILTER (days = 14), 0) AS calls14,
        coalesce(sum(calls) FILTER (days <= 28), 0) AS calls28,
        coalesce(sum(calls) FILTER (days = 56), 0) AS calls56,
        sum(calls) AS calls84,
        coalesce(sum(data) FILTER (days <= 7), 0) AS data7,
        coalesce(sum(data) FILTER (days = 14), 0) AS data14,
        coalesce(sum(data) FILTER (days <= 28), 0) AS data28,
        coalesce(sum(data) FILTER (days = 56), 0) AS data56,
        sum(data) AS data84,
        sum(sms) FILTER (days <= 7) AS sms7,
        sum(sms) FILTER (days <= 28) AS sms28,
        sum(sms) AS sms84,
        sum(dropped) FILTER (days <= 7) AS dropped7,
        sum(dropped) FILTER (days <= 28) AS dropped28,
        sum(outage) FILTER (days <= 7) AS outage7,
        sum(outage) FILTER (days <= 28) AS outage28,
        max(worst) FILTER (days <= 28) AS worst28,
        sum(outage_days) AS outage_days,
        max(last_outage) AS last_outage
    FROM stretches
    GROUP BY customer_id
)
SELECT
    customer_id, as_of, segment, region, age_band, tenure_days,
    plan, technology, payment_method, contract_months, monthly_price,
    CASE WHEN contract_months > 0 THEN
        CAST(round(contract_months * 365.25 / 12) AS BIGINT) - (as_of - contract_started_on)
    END AS contract_days_left,
    monthly_price / nullif(earlier_price, 0) - 1 AS price_change_90d,
    unpaid_amount, days_late_mean_365d, days_late_max_365d, bill_shock,
    calls7 / n7 AS usage_call_minutes_mean_7d,
    calls28 / n28 AS usage_call_minutes_mean_28d,
    calls84 / n84 AS usage_call_minutes_mean_84d,
    (calls7 - calls14) / nullif(calls7 + calls14, 0) AS usage_call_minutes_trend_7d,
    (calls28 - calls56) / nullif(calls28 + calls56, 0) AS usage_call_minutes_trend_28d,
    data7 / n7 AS usage_data_mb_mean_7d,
    data28 / n28 AS usage_data_mb_mean_28d,
    data84 / n84 AS usage_data_mb_mean_84d,
    (data7 - data14) / nullif(data7 + data14, 0) AS usage_data_mb_trend_7d,
    (data28 - data56) / nullif(data28 + data56, 0) AS usage_data_mb_trend_28d,
    sms7 / n7 AS usage_sms_count_mean_7d,
    sms28 / n28 AS usage_sms_count_mean_28d,
    sms84 / n84 AS usage_sms_count_mean_84d,
    coalesce(dropped7, 0) AS usage_dropped_calls_sum_7d,
    coalesce(dropped28, 0) AS usage_dropped_calls_sum_28d,
    coalesce(outage7, 0) AS usage_outage_minutes_sum_7d,
    coalesce(outage28, 0) AS usage_outage_minutes_sum_28d,
    worst28 AS usage_outage_minutes_max_28d,
    coalesce(outage_days, 0) AS usage_outage_minutes_active_days_84d,
    as_of - last_outage AS usage_outage_minutes_days_since_last_84d,
    coalesce(count_28d, 0) AS contacts_contact_id_count_28d,
    coalesce(count_56d, 0) AS contacts_contact_id_count_56d,
    contacts_contact_id_days_since_last_56d,
    contacts_satisfaction_mean_28d, contacts_satisfaction_mean_56d,
    coalesce(complaints_28d, 0) AS contacts_topic_complaint_count_28d,
    coalesce(complaints_56d, 0) AS contacts_topic_complaint_count_56d,
    contacts_topic_complaint_share_28d, contacts_topic_complaint_share_56d,
    contacts_topic_billing_share_56d, contacts_topic_technical_share_56d,
    invoices_amount_mean_90d, invoices_amount_mean_365d,
    invoices_amount_max_90d, invoices_amount_max_365d
FROM snapshots
LEFT JOIN versions USING (customer_id)
LEFT JOIN billing USING (customer_id)
LEFT JOIN care USING (customer_id)
LEFT JOIN sums USING (customer_id)
