-- Ingests the raw tables of an operator in $raw into $out, with the rules of
-- src/telco_churn/contracts/operator_tables.py.
--
-- Of each table come, in this order: the keys that more than one row has; all rows with a finding,
-- which are a broken rule, an unknown customer or such a key; these rows settled; the trusted
-- table, which is all other rows and what is left of the settled ones. The file of a table has the
-- types of its contract (ingestion_duckdb.py checks that), so no value needs a cast.

CREATE MACRO is_id(id) AS length(trim(id, E' \t\n\r\f\v')) >= 1 AND length(id) <= 128;
CREATE MACRO is_day(day) AS day >= DATE '1950-01-01' AND day < DATE '2100-01-01';
CREATE MACRO missing(value, name) AS CASE WHEN value IS NULL THEN name || '_missing' END;
CREATE MACRO id_rule(id, name) AS CASE
    WHEN id IS NULL THEN name || '_missing'
    WHEN length(trim(id, E' \t\n\r\f\v')) < 1 THEN name || '_too_short'
    WHEN length(id) > 128 THEN name || '_too_long' END;
CREATE MACRO day_rule(day, name) AS CASE
    WHEN day IS NULL THEN name || '_missing'
    WHEN day < DATE '1950-01-01' THEN name || '_too_small'
    WHEN day >= DATE '2100-01-01' THEN name || '_too_large' END;
CREATE MACRO number_rule(number, name, least, most) AS CASE
    WHEN number IS NULL THEN name || '_missing'
    WHEN NOT isfinite(number::DOUBLE) THEN name || '_not_finite'
    WHEN number < least THEN name || '_too_small'
    WHEN number > most THEN name || '_too_large' END;
CREATE MACRO choice_rule(value, name, allowed) AS CASE
    WHEN value IS NULL THEN name || '_missing'
    WHEN value NOT IN allowed THEN name || '_not_allowed' END;
-- A row with a null in its key is equal to no other row.
CREATE MACRO alone(is_whole) AS CASE WHEN NOT is_whole THEN uuid() END;

-- Customers: without direct identifiers.
CREATE VIEW raw_customers AS
SELECT customer_id, signed_up_on, segment, region, age_band FROM '$raw/customers/*.parquet';
CREATE MACRO sound_customer(customer_id, signed_up_on, segment, region, age_band) AS
    is_id(customer_id) AND is_day(signed_up_on) AND segment IN ('consumer', 'business')
    AND region IS NOT NULL AND age_band IN ('18-29', '30-44', '45-59', '60+');
CREATE TEMP TABLE repeated_customers AS
SELECT customer_id FROM raw_customers WHERE customer_id IS NOT NULL
GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_customers AS
WITH ruled AS (
    SELECT *, count(*) AS copies, alone(customer_id IS NOT NULL) AS alone, coalesce(
        id_rule(customer_id, 'customer_id'), day_rule(signed_up_on, 'signed_up_on'),
        choice_rule(segment, 'segment', ['consumer', 'business']), missing(region, 'region'),
        choice_rule(age_band, 'age_band', ['18-29', '30-44', '45-59', '60+'])) AS rule
    FROM raw_customers
    WHERE NOT coalesce(
            sound_customer(customer_id, signed_up_on, segment, region, age_band), false)
        OR customer_id IN (FROM repeated_customers)
    GROUP BY ALL
)
SELECT * EXCLUDE (rule, alone), CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY customer_id, rule IS NULL
        ORDER BY signed_up_on, segment, region, age_band) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM ruled;
COPY (
    FROM raw_customers ANTI JOIN repeated_customers USING (customer_id)
    WHERE sound_customer(customer_id, signed_up_on, segment, region, age_band)
    UNION ALL SELECT * EXCLUDE (copies, rule) FROM settled_customers WHERE rule IS NULL
) TO '$out/customers.parquet' (FORMAT parquet);
CREATE TEMP TABLE trusted AS SELECT customer_id FROM '$out/customers.parquet';

-- Subscriptions. The id of a trusted customer is sound, here and below.
CREATE VIEW raw_subscriptions AS
SELECT customer_id, valid_from, plan, technology, contract_months, contract_started_on,
    monthly_price, payment_method
FROM '$raw/subscriptions/*.parquet';
CREATE MACRO sound_subscription(
    valid_from, plan, technology, contract_months, contract_started_on, monthly_price, method
) AS is_day(valid_from) AND plan IS NOT NULL AND technology IN ('mobile', 'dsl', 'cable', 'fibre')
    AND contract_months BETWEEN 0 AND 60 AND is_day(contract_started_on)
    AND monthly_price BETWEEN 0 AND 100000 AND method IS NOT NULL;
CREATE TEMP TABLE repeated_subscriptions AS
SELECT customer_id, valid_from FROM raw_subscriptions
WHERE customer_id IS NOT NULL AND valid_from IS NOT NULL
GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_subscriptions AS
WITH ruled AS (
    SELECT *, count(*) AS copies,
        alone(customer_id IS NOT NULL AND valid_from IS NOT NULL) AS alone, coalesce(
        id_rule(customer_id, 'customer_id'), day_rule(valid_from, 'valid_from'),
        missing(plan, 'plan'),
        choice_rule(technology, 'technology', ['mobile', 'dsl', 'cable', 'fibre']),
        number_rule(contract_months, 'contract_months', 0, 60),
        day_rule(contract_started_on, 'contract_started_on'),
        number_rule(monthly_price, 'monthly_price', 0, 100000),
        missing(payment_method, 'payment_method'),
        CASE WHEN customer_id NOT IN (FROM trusted) THEN 'unknown_customer' END) AS rule
    FROM raw_subscriptions
    WHERE NOT coalesce(sound_subscription(valid_from, plan, technology, contract_months,
            contract_started_on, monthly_price, payment_method), false)
        OR coalesce(customer_id NOT IN (FROM trusted), true)
        OR (customer_id, valid_from) IN (FROM repeated_subscriptions)
    GROUP BY ALL
)
SELECT * EXCLUDE (rule, alone), CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY customer_id, valid_from, rule IS NULL
        ORDER BY contract_started_on, plan, technology, contract_months, monthly_price,
            payment_method) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM ruled;
COPY (
    FROM raw_subscriptions ANTI JOIN repeated_subscriptions USING (customer_id, valid_from)
    SEMI JOIN trusted USING (customer_id)
    WHERE sound_subscription(valid_from, plan, technology, contract_months, contract_started_on,
        monthly_price, payment_method)
    UNION ALL SELECT * EXCLUDE (copies, rule) FROM settled_subscriptions WHERE rule IS NULL
) TO '$out/subscriptions.parquet' (FORMAT parquet);

-- Usage: nearly all rows. The days of a customer's month are the bits of a number; only months in
-- which a bit is set twice can have a repeated key.
CREATE VIEW raw_usage AS
SELECT customer_id, day, call_minutes, data_mb, sms_count, dropped_calls, outage_minutes
FROM '$raw/usage/*.parquet';
CREATE MACRO sound_usage(day, calls, mb, sms, dropped, outage) AS
    is_day(day) AND calls BETWEEN 0 AND 1440 AND mb BETWEEN 0 AND 10800000
    AND sms BETWEEN 0 AND 100000 AND dropped BETWEEN 0 AND 10000 AND outage BETWEEN 0 AND 1440;
CREATE TEMP TABLE suspect_months AS
SELECT customer_id, year(day) * 12 + month(day) AS month FROM raw_usage
WHERE customer_id IS NOT NULL AND day IS NOT NULL
GROUP BY ALL HAVING count(*) <> bit_count(bit_or(1::BIGINT << (day(day) - 1)));
CREATE TEMP TABLE repeated_usage AS
SELECT customer_id, day
FROM (SELECT customer_id, day, year(day) * 12 + month(day) AS month FROM raw_usage)
SEMI JOIN suspect_months USING (customer_id, month)
GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_usage AS
WITH ruled AS (
    SELECT *, count(*) AS copies,
        alone(customer_id IS NOT NULL AND day IS NOT NULL) AS alone, coalesce(
        id_rule(customer_id, 'customer_id'), day_rule(day, 'day'),
        number_rule(call_minutes, 'call_minutes', 0, 1440),
        number_rule(data_mb, 'data_mb', 0, 10800000),
        number_rule(sms_count, 'sms_count', 0, 100000),
        number_rule(dropped_calls, 'dropped_calls', 0, 10000),
        number_rule(outage_minutes, 'outage_minutes', 0, 1440),
        CASE WHEN customer_id NOT IN (FROM trusted) THEN 'unknown_customer' END) AS rule
    FROM raw_usage
    WHERE NOT coalesce(sound_usage(
            day, call_minutes, data_mb, sms_count, dropped_calls, outage_minutes), false)
        OR coalesce(customer_id NOT IN (FROM trusted), true)
        OR (customer_id, day) IN (FROM repeated_usage)
    GROUP BY ALL
)
SELECT * EXCLUDE (rule, alone), CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY customer_id, day, rule IS NULL
        ORDER BY call_minutes, data_mb, sms_count, dropped_calls, outage_minutes) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM ruled;
COPY (
    SELECT *, date_trunc('month', day) AS event_month FROM (
        FROM raw_usage ANTI JOIN repeated_usage USING (customer_id, day)
        SEMI JOIN trusted USING (customer_id)
        WHERE sound_usage(
            day, call_minutes, data_mb, sms_count, dropped_calls, outage_minutes)
        UNION ALL SELECT * EXCLUDE (copies, rule) FROM settled_usage WHERE rule IS NULL)
) TO '$out/usage' (FORMAT parquet, PARTITION_BY (event_month));

-- Invoices: a payment before the invoice is blanked.
CREATE VIEW raw_invoices AS
SELECT invoice_id, customer_id, issued_on, due_on, paid_on, amount
FROM '$raw/invoices/*.parquet';
CREATE MACRO sound_invoice(invoice_id, issued_on, due_on, paid_on, amount) AS
    is_id(invoice_id) AND is_day(issued_on) AND due_on >= issued_on
    AND amount BETWEEN -1000 AND 1000000 AND (paid_on IS NULL OR paid_on >= issued_on);
CREATE TEMP TABLE repeated_invoices AS
SELECT invoice_id FROM raw_invoices WHERE invoice_id IS NOT NULL GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_invoices AS
WITH ruled AS (
    SELECT *, count(*) AS copies, alone(invoice_id IS NOT NULL) AS alone, coalesce(
        id_rule(invoice_id, 'invoice_id'), id_rule(customer_id, 'customer_id'),
        day_rule(issued_on, 'issued_on'), missing(due_on, 'due_on'),
        number_rule(amount, 'amount', -1000, 1000000),
        CASE WHEN due_on < issued_on THEN 'due_on_after_issue_broken'
            WHEN customer_id NOT IN (FROM trusted) THEN 'unknown_customer' END) AS rule,
        CASE WHEN paid_on < issued_on THEN 'paid_on_after_issue_broken' END AS blanked
    FROM raw_invoices
    WHERE NOT coalesce(sound_invoice(invoice_id, issued_on, due_on, paid_on, amount), false)
        OR coalesce(customer_id NOT IN (FROM trusted), true)
        OR invoice_id IN (FROM repeated_invoices)
    GROUP BY ALL
), blank AS (
    SELECT * EXCLUDE (alone, paid_on), paid_on AS delivered_paid_on,
        CASE WHEN blanked IS NULL THEN paid_on END AS paid_on
    FROM ruled
)
SELECT * EXCLUDE rule, CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY invoice_id, rule IS NULL
        ORDER BY issued_on, due_on, customer_id, amount, paid_on,
            CASE WHEN blanked IS NOT NULL THEN delivered_paid_on END) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM blank;
COPY (
    SELECT *, date_trunc('month', issued_on) AS event_month FROM (
        FROM raw_invoices ANTI JOIN repeated_invoices USING (invoice_id)
        SEMI JOIN trusted USING (customer_id)
        WHERE sound_invoice(invoice_id, issued_on, due_on, paid_on, amount)
        UNION ALL BY NAME SELECT * EXCLUDE (copies, rule, blanked, delivered_paid_on)
        FROM settled_invoices WHERE rule IS NULL)
) TO '$out/invoices' (FORMAT parquet, PARTITION_BY (event_month));

-- Contacts: a resolution before the contact and an impossible rating are blanked.
CREATE VIEW raw_contacts AS
SELECT contact_id, customer_id, contacted_on, channel, topic, resolved_on, satisfaction
FROM '$raw/contacts/*.parquet';
CREATE MACRO sound_contact(contact_id, contacted_on, channel, topic, resolved_on, satisfaction) AS
    is_id(contact_id) AND is_day(contacted_on) AND channel IS NOT NULL AND topic IS NOT NULL
    AND (resolved_on IS NULL OR resolved_on >= contacted_on)
    AND (satisfaction IS NULL OR satisfaction BETWEEN 1 AND 5);
CREATE TEMP TABLE repeated_contacts AS
SELECT contact_id FROM raw_contacts WHERE contact_id IS NOT NULL GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_contacts AS
WITH ruled AS (
    SELECT *, count(*) AS copies, alone(contact_id IS NOT NULL) AS alone, coalesce(
        id_rule(contact_id, 'contact_id'), id_rule(customer_id, 'customer_id'),
        day_rule(contacted_on, 'contacted_on'), missing(channel, 'channel'),
        missing(topic, 'topic'),
        CASE WHEN customer_id NOT IN (FROM trusted) THEN 'unknown_customer' END) AS rule,
        CASE WHEN satisfaction < 1 THEN 'satisfaction_too_small'
            WHEN satisfaction > 5 THEN 'satisfaction_too_large' END AS blanked_rating,
        CASE WHEN resolved_on < contacted_on THEN 'resolved_on_after_contact_broken' END
            AS blanked_day
    FROM raw_contacts
    WHERE NOT coalesce(sound_contact(
            contact_id, contacted_on, channel, topic, resolved_on, satisfaction), false)
        OR coalesce(customer_id NOT IN (FROM trusted), true)
        OR contact_id IN (FROM repeated_contacts)
    GROUP BY ALL
), blank AS (
    SELECT * EXCLUDE (alone, resolved_on, satisfaction, blanked_rating, blanked_day),
        coalesce(blanked_rating, blanked_day) AS blanked,
        resolved_on AS delivered_resolved_on, satisfaction AS delivered_satisfaction,
        CASE WHEN blanked_day IS NULL THEN resolved_on END AS resolved_on,
        CASE WHEN blanked_rating IS NULL THEN satisfaction END AS satisfaction
    FROM ruled
)
SELECT * EXCLUDE rule, CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY contact_id, rule IS NULL
        ORDER BY contacted_on, customer_id, channel, topic, resolved_on, satisfaction,
            CASE WHEN blanked IS NOT NULL THEN delivered_resolved_on END,
            CASE WHEN blanked IS NOT NULL THEN delivered_satisfaction::VARCHAR END) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM blank;
COPY (
    SELECT *, date_trunc('month', contacted_on) AS event_month FROM (
        FROM raw_contacts ANTI JOIN repeated_contacts USING (contact_id)
        SEMI JOIN trusted USING (customer_id)
        WHERE sound_contact(
            contact_id, contacted_on, channel, topic, resolved_on, satisfaction)
        UNION ALL BY NAME SELECT * EXCLUDE (
            copies, rule, blanked, delivered_resolved_on, delivered_satisfaction)
        FROM settled_contacts WHERE rule IS NULL)
) TO '$out/contacts' (FORMAT parquet, PARTITION_BY (event_month));

-- Cancellations.
CREATE VIEW raw_cancellations AS
SELECT customer_id, cancelled_on, reason FROM '$raw/cancellations/*.parquet';
CREATE MACRO sound_cancellation(cancelled_on, reason) AS
    is_day(cancelled_on) AND length(trim(reason, E' \t\n\r\f\v')) >= 1;
CREATE TEMP TABLE repeated_cancellations AS
SELECT customer_id FROM raw_cancellations WHERE customer_id IS NOT NULL
GROUP BY ALL HAVING count(*) > 1;
CREATE TEMP TABLE settled_cancellations AS
WITH ruled AS (
    SELECT *, count(*) AS copies, alone(customer_id IS NOT NULL) AS alone, coalesce(
        id_rule(customer_id, 'customer_id'), day_rule(cancelled_on, 'cancelled_on'),
        missing(reason, 'reason'),
        CASE WHEN length(trim(reason, E' \t\n\r\f\v')) < 1 THEN 'reason_too_short'
            WHEN customer_id NOT IN (FROM trusted) THEN 'unknown_customer' END) AS rule
    FROM raw_cancellations
    WHERE NOT coalesce(sound_cancellation(cancelled_on, reason), false)
        OR coalesce(customer_id NOT IN (FROM trusted), true)
        OR customer_id IN (FROM repeated_cancellations)
    GROUP BY ALL
)
SELECT * EXCLUDE (rule, alone), CASE WHEN rule IS NULL AND row_number() OVER (
        PARTITION BY customer_id, rule IS NULL ORDER BY cancelled_on, reason) > 1
    THEN 'repeated_key' ELSE rule END AS rule
FROM ruled;
COPY (
    SELECT *, date_trunc('month', cancelled_on) AS event_month FROM (
        FROM raw_cancellations ANTI JOIN repeated_cancellations USING (customer_id)
        SEMI JOIN trusted USING (customer_id) WHERE sound_cancellation(cancelled_on, reason)
        UNION ALL SELECT * EXCLUDE (copies, rule) FROM settled_cancellations WHERE rule IS NULL)
) TO '$out/cancellations' (FORMAT parquet, PARTITION_BY (event_month));

