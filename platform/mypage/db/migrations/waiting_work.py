"""What waits for staff when the work queue comes: cards in review, and what other systems declined lately."""

from __future__ import annotations

from typing import Final

FILL: Final = """
DO $$
DECLARE
  tenant text;
BEGIN
  FOR tenant IN SELECT name FROM platform_tenant LOOP
    PERFORM enter_tenant(tenant);
    INSERT INTO work_item
      (tenant_id, id, kind, subject_id, reference, title, customer_id, due_on, created_at)
    SELECT
      r.tenant_id, gen_random_uuid(), 'card_review', r.id,
      'C-' || to_char(r.created_at AT TIME ZONE 'Asia/Tokyo', 'YYMMDD') || '-' || upper(left(r.id::text, 6)),
      CASE m.brand
        WHEN 'visa' THEN 'VISA' WHEN 'jcb' THEN 'JCB' WHEN 'mastercard' THEN 'Mastercard'
        WHEN 'amex' THEN 'American Express' WHEN 'diners' THEN 'Diners Club' ELSE m.brand
      END || ' **** ' || m.last4,
      r.customer_id, (now() AT TIME ZONE 'Asia/Tokyo')::date, r.created_at
    FROM payment_review r
    JOIN payment_method m ON m.tenant_id = r.tenant_id AND m.id = r.payment_method_id
    WHERE r.tenant_id = tenant AND r.state = 'waiting'
    ON CONFLICT DO NOTHING;
    INSERT INTO work_item
      (tenant_id, id, kind, subject_id, reference, title, customer_id, due_on, created_at)
    SELECT
      j.tenant_id, gen_random_uuid(), 'failure', j.id,
      coalesce(o.number,
        'P-' || to_char(j.created_at AT TIME ZONE 'Asia/Tokyo', 'YYMMDD') || '-' || upper(left(j.id::text, 6))),
      j.action || ' ' || j.product, j.customer_id, (now() AT TIME ZONE 'Asia/Tokyo')::date, j.created_at
    FROM provisioning_job j
    LEFT JOIN product_order o ON o.tenant_id = j.tenant_id AND o.id = j.order_id
    WHERE j.tenant_id = tenant AND j.state = 'failed' AND j.done_at > now() - interval '30 days'
    ON CONFLICT DO NOTHING;
  END LOOP;
  EXECUTE 'SET LOCAL app.tenant_id = ''''';
END $$
"""
"""All of it is due today: it has waited for a while. Rows of a tenant are seen only inside it, also by the owner."""
