"""The wall of the cases means what it meant, and asks for the scope once for each statement, not for each row.

A subselect without a reference to the row is worked out once. CASE, unlike a chain of comparisons with a setting whose
value the planner can't know, leaves it with a usable guess of how many rows pass: else it takes a list of ten thousand
for one of twenty.
"""

from django.db import migrations

SCOPE = "(SELECT current_setting('caasis.scope', true))"
CENTRE = "(SELECT nullif(current_setting('caasis.centre', true), '')::uuid)"
OF_CENTRE = ("cases_draft", "cases_note", "cases_task", "cases_approval")

FORWARD = f"""
ALTER POLICY cases_case_wall ON cases_case USING (
    CASE {SCOPE}
        WHEN 'system' THEN true
        WHEN 'centre' THEN state = 'registered' OR handling_centre_id = {CENTRE} OR owning_centre_id = {CENTRE}
            OR EXISTS (
                SELECT 1 FROM cases_share s
                WHERE s.case_id = cases_case.id AND s.ended_at IS NULL AND s.centre_id = {CENTRE}
            )
        WHEN 'national' THEN state = 'registered'
        ELSE false
    END
) WITH CHECK (
    CASE {SCOPE}
        WHEN 'system' THEN true
        WHEN 'centre' THEN handling_centre_id = {CENTRE} OR owning_centre_id = {CENTRE}
        ELSE false
    END
);
""" + "\n".join(
    f"ALTER POLICY {table}_wall ON {table} USING ("
    f"CASE {SCOPE} WHEN 'system' THEN true WHEN 'centre' THEN centre_id = {CENTRE} ELSE false END);"
    for table in OF_CENTRE
)

BEFORE = "current_setting('caasis.scope', true)"
OWN = "= current_setting('caasis.centre', true)"
BACKWARD = f"""
ALTER POLICY cases_case_wall ON cases_case USING (
    {BEFORE} = 'system'
    OR ({BEFORE} = 'centre'
        AND (state = 'registered' OR handling_centre_id::text {OWN} OR owning_centre_id::text {OWN}
             OR EXISTS (
                SELECT 1 FROM cases_share s
                WHERE s.case_id = cases_case.id AND s.ended_at IS NULL AND s.centre_id::text {OWN})))
    OR ({BEFORE} = 'national' AND state = 'registered')
) WITH CHECK (
    {BEFORE} = 'system'
    OR ({BEFORE} = 'centre' AND (handling_centre_id::text {OWN} OR owning_centre_id::text {OWN}))
);
""" + "\n".join(
    f"ALTER POLICY {table}_wall ON {table} USING ({BEFORE} = 'system' OR ({BEFORE} = 'centre' AND centre_id::text {OWN}));"
    for table in OF_CENTRE
)


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_searching")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
