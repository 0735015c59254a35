"""The sentences that make a month's rows, for the orders from `first` to `last`.

Order number n came when `_AT` says: a day has its rush and its night. A tenth of a million orders
is ten deliveries each: one customer, five of the order and its shipment, four of stock.
"""

_T = "(%(seconds)s::float8 * (n + 0.5) / %(orders)s)"
_AT = f"(%(start)s::timestamptz + make_interval(secs => {_T} + 10800 * sin({_T} / 13751)))"
_LEG_AFTER = "(ARRAY[1, 1, 2, 240, 7200, 7201, 3, 4, 5, 6])[leg + 1]"


def _id(at: str, salt: str) -> str:
    """A UUID of version 7 of that moment, which follows from the salt."""
    digest = f"md5({salt})"
    moment = f"lpad(to_hex((extract(epoch from {at}) * 1000)::bigint), 12, '0')"
    return f"({moment} || '7' || substr({digest}, 1, 3) || '8' || substr({digest}, 4, 15))::uuid"


_ORDER = _id(_AT, "'order ' || n")
_SHIPMENT = _id(_AT, "'shipment ' || n")
_CUSTOMER = _id("%(start)s::timestamptz", "'customer ' || n %% %(customers)s")
_ITEM = _id("%(start)s::timestamptz", "'item ' || (n * 4 + leg) %% %(skus)s")
_RUN = _id(_AT, "'run ' || n")
# Which chain an order is of: the first has the most of them.
_CHAIN = "(CASE WHEN n %% 10 < 4 THEN 0 ELSE n %% %(chains)s END)"
_MOVED = f"{_CHAIN} * 7 + least(leg, 6) + 1"
_FLOW, _TARGET, _ACTION, _SOURCE = (
    f"(%({name})s::{kind}[])[{_MOVED}]"
    for name, kind in (
        ("flows", "uuid"),
        ("targets", "uuid"),
        ("actions", "text"),
        ("sources", "uuid"),
    )
)
_EVENT_OF_LEG = "(ARRAY[0, 0, 0, 1, 2, 2, 3, 3, 3, 3])[leg + 1]"
_EVENT = _id(_AT, f"'event ' || n || ' ' || {_EVENT_OF_LEG}")
_NUMBERS = "generate_series(%(first)s::int, %(last)s::int) AS n"

_HUBS = f"""
INSERT INTO flows_record (id, tenant_id, resource, reference, label, parent_id, created_at)
SELECT {_ORDER}, %(tenant)s, 'order', 'bench:order:' || n, '#' || n, NULL::uuid, {_AT}
  FROM {_NUMBERS}
UNION ALL
SELECT {_SHIPMENT}, %(tenant)s, 'shipment', 'bench:shipment:' || n, 'SHIP-' || n, {_ORDER}, {_AT}
  FROM {_NUMBERS}
UNION ALL
SELECT {_CUSTOMER}, %(tenant)s, 'customer', 'bench:customer:' || n, 'Customer ' || n, NULL,
       %(start)s FROM {_NUMBERS} WHERE n < %(customers)s
UNION ALL
SELECT {_ITEM.replace("(n * 4 + leg)", "n")}, %(tenant)s, 'inventory_level', 'bench:item:' || n,
       'SKU-' || lpad(n::text, 5, '0'), NULL, %(start)s FROM {_NUMBERS} WHERE n < %(skus)s
"""

_SHOP, _ERP, _HOUSE = (
    f"(%({name})s::uuid[])[{_CHAIN} * 7 + {place}]"
    for name, place in (("sources", 2), ("targets", 2), ("targets", 4))
)
_LINKS = f"""
INSERT INTO flows_link (id, tenant_id, record_id, connection_id, resource, external_id, label,
                        is_primary, created_at)
SELECT gen_random_uuid(), %(tenant)s, {_ORDER}, one.connection, 'order', one.external_id, one.label,
       true, {_AT}
  FROM {_NUMBERS}, LATERAL (VALUES ({_SHOP}, '55' || n, '#' || n), ({_ERP}, '90' || n, 'SO' || n),
                                   ({_HOUSE}, '77' || n, 'W' || n))
                   AS one (connection, external_id, label)
UNION ALL
SELECT gen_random_uuid(), %(tenant)s, {_SHIPMENT}, {_HOUSE}, 'shipment', '88' || n, '', true, {_AT}
  FROM {_NUMBERS}
"""

_EVENTS = f"""
INSERT INTO flows_event (id, tenant_id, connection_id, origin, topic, feed, delivery_key, headers,
                         body, received_at, state, note)
SELECT {_EVENT}, %(tenant)s, {_SOURCE}, 'webhook', 'orders/updated', '', n || '-' || leg, '{{}}',
       convert_to(json_build_object('id', n, 'name', '#' || n, 'note', repeat('x', 200))::text,
                  'UTF8'),
       {_AT} + make_interval(secs => {_LEG_AFTER}), 'routed', ''
  FROM {_NUMBERS}, unnest(ARRAY[0, 3, 4, 6]) AS leg
"""

_RUNS = f"""
INSERT INTO flows_run (id, tenant_id, connection_id, flow_id, feed, origin, started_at, finished_at,
                       records, deliveries, failure)
SELECT {_RUN}, %(tenant)s, {_SOURCE}, {_FLOW}, '', 'webhook', {_AT},
       {_AT} + interval '180 ms', 1, 1, ''
  FROM {_NUMBERS}, unnest(ARRAY[1]) AS leg
"""

_CAUSE = "floor(20 * power(((n / 50) * 7919 %% 1000) / 1000.0, 2))"
_IS_NEW = "n >= %(orders)s - 600 AND leg = 3"
_STATE = f"""CASE
    WHEN n %% 50 = 7 AND leg = 3 THEN 'dead' WHEN n %% 50 = 7 AND leg IN (4, 5) THEN 'cancelled'
    WHEN {_IS_NEW} THEN 'parked' WHEN n >= %(orders)s - 200 AND leg = 2 THEN 'retrying'
    WHEN leg > 5 AND n %% 10 = 3 THEN 'unchanged' WHEN leg = 9 AND n %% 7 = 0 THEN 'superseded'
    ELSE 'succeeded' END"""
_WAITS = f"""CASE WHEN NOT ({_IS_NEW}) OR n %% 50 = 7 THEN ''
    WHEN n %% 3 = 0 THEN 'release:' || (ARRAY['Large', 'Fragile', 'Gift', 'New buyer'])[n %% 4 + 1]
    WHEN n %% 3 = 1 THEN 'row:carriers:Carrier ' || n %% 30 ELSE 'link:product ' || n %% 40 END"""
_ADDRESS = """'line1', '12 MG Road', 'line2', 'Third floor', 'city', 'Pune', 'country', 'IN',
    'postcode', '411001', 'name', 'Buyer ' || n, 'phone', '+912012345678'"""
_STANDARD = f"""CASE
    WHEN leg > 5 THEN jsonb_build_object('sku', 'SKU-' || (n * 4 + leg) %% %(skus)s,
        'quantity', n %% 90)
    WHEN leg > 3 THEN jsonb_build_object('id', '88' || n, 'order_id', '77' || n, 'parcels',
        jsonb_build_array(jsonb_build_object('tracking_number', 'TRK' || n)))
    ELSE jsonb_build_object('id', '55' || n, 'label', '#' || n, 'number', '#' || n,
        'status', 'open', 'currency', 'INR', 'total', '118.00',
        'email', 'buyer' || n || '@shopper.example',
        'shipping_address', jsonb_build_object({_ADDRESS}), 'shipping',
        jsonb_build_array(jsonb_build_object('title', 'Standard', 'price', '10.00')), 'lines',
        jsonb_build_array(jsonb_build_object('id', '1', 'reference', 'L1',
            'sku', 'SKU-' || n %% 5000, 'title', 'Reading lamp, brass', 'quantity', '2',
            'unit_price', '50.00', 'discounts',
            jsonb_build_array(jsonb_build_object('amount', '10.00')), 'taxes',
            jsonb_build_array(jsonb_build_object('title', 'IGST', 'amount', '18.00')))))
    END"""
_DELIVERIES = f"""
INSERT INTO flows_delivery (id, tenant_id, flow_id, run_id, event_id, record_id, target_id, action,
    lane, external_id, source_version, standard, fingerprint, state, due_at, attempts_made, wrote,
    is_forced, waits_for, parked_at, failure, reason, blame, result_id, result_label, note, why,
    received_at, created_at, finished_at)
SELECT id, %(tenant)s, flow, run, event, record, target, action, lane, '55' || n, n || '-' || leg,
    standard, '', state, CASE WHEN state = 'retrying' THEN %(now)s + interval '1 day' ELSE at END,
    1, false, false, CASE WHEN state = 'parked' THEN waits_for ELSE '' END,
    CASE WHEN state = 'parked' THEN at END,
    CASE state WHEN 'dead' THEN 'rejected' WHEN 'parked' THEN 'missing_link'
               WHEN 'retrying' THEN 'unreachable' ELSE '' END,
    CASE state WHEN 'dead' THEN 'The warehouse rejects field ' || cause || ': it is not allowed.'
               WHEN 'parked' THEN 'It waits for ' || waits_for
               WHEN 'retrying' THEN 'The shop did not answer within 30 seconds.' ELSE '' END,
    CASE state WHEN 'dead' THEN 'tenant' ELSE '' END, '90' || n, 'SO' || n, '', '', at,
    at + interval '120 ms',
    CASE WHEN state IN ('parked', 'retrying') THEN NULL ELSE at + interval '1300 ms' END
FROM (SELECT n, leg, {_AT} + make_interval(secs => {_LEG_AFTER}) AS at,
        {_id(_AT, "'delivery ' || n || ' ' || leg")} AS id, {_FLOW} AS flow, {_TARGET} AS target,
        {_ACTION} AS action, {_EVENT} AS event, CASE WHEN leg = 1 THEN {_RUN} END AS run,
        CASE WHEN leg = 0 THEN {_CUSTOMER} WHEN leg < 4 THEN {_ORDER}
             WHEN leg < 6 THEN {_SHIPMENT} ELSE {_ITEM} END AS record,
        CASE WHEN leg > 5 THEN 3 WHEN leg > 3 THEN 2 ELSE 0 END AS lane, {_STATE} AS state,
        {_WAITS} AS waits_for, {_CAUSE} AS cause, {_STANDARD} AS standard
      FROM {_NUMBERS}, generate_series(0, 9) AS leg) AS made
ORDER BY made.at
"""

_ATTEMPTS = f"""
INSERT INTO flows_attempt (id, tenant_id, delivery_id, number, started_at, duration_ms, outcome,
                           reason, exchanges)
SELECT gen_random_uuid(), %(tenant)s, {_id(_AT, "'delivery ' || n || ' ' || leg")}, 1,
    {_AT} + interval '1 second', 431.5,
    CASE WHEN n %% 50 = 7 AND leg = 3 THEN 'rejected' ELSE 'succeeded' END, '',
    jsonb_build_array(jsonb_build_object('method', 'POST', 'url', 'https://erp.example/orders',
        'sent', repeat('{{"a": 1}}', 60), 'writes', true, 'at', {_AT}, 'duration_ms', 412.0,
        'status', 200, 'headers', jsonb_build_object('content-type', 'application/json'),
        'answer', repeat('{{"b": 2}}', 60)))
  FROM {_NUMBERS}, unnest(ARRAY[1, 3]) AS leg
 WHERE (n >= %(orders)s - 20000 OR n %% 50 = 7) AND NOT ({_IS_NEW})
"""

# Once all the others are there.
HOURS = """
INSERT INTO flows_flowhour (id, tenant_id, flow_id, hour, made, done, unchanged, dead, median_ms)
SELECT gen_random_uuid(), %(tenant)s, flow_id, date_trunc('hour', created_at, 'UTC'), count(*),
    count(*) FILTER (WHERE state IN ('succeeded', 'unchanged')),
    count(*) FILTER (WHERE state = 'unchanged'), count(*) FILTER (WHERE state = 'dead'), 1300
  FROM flows_delivery GROUP BY flow_id, date_trunc('hour', created_at, 'UTC')
ON CONFLICT DO NOTHING
"""

TABLES = (_HUBS, _LINKS, _EVENTS, _RUNS, _DELIVERIES, _ATTEMPTS)
