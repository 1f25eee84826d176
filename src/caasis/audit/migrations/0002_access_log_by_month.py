"""The access log, partitioned by month. The application may insert and read; nothing changes or deletes a row."""

from django.db import migrations

FORWARD = """
CREATE TABLE audit_access (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    actor_id uuid,
    actor_roles varchar(120) NOT NULL DEFAULT '',
    centre_id uuid,
    action varchar(60) NOT NULL,
    object_kind varchar(60) NOT NULL,
    object_id uuid,
    fields varchar(300) NOT NULL DEFAULT '',
    purpose varchar(40) NOT NULL DEFAULT '',
    reason text NOT NULL DEFAULT '',
    reference varchar(40) NOT NULL DEFAULT '',
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE INDEX audit_access_object ON audit_access (object_id, at DESC);
CREATE INDEX audit_access_actor ON audit_access (actor_id, at DESC);
CREATE INDEX audit_access_centre ON audit_access (centre_id, at DESC);
CREATE TABLE audit_access_default PARTITION OF audit_access DEFAULT;

-- The owner's rights, so that a job of the application can make next month's partition without being the owner.
CREATE FUNCTION audit_ensure_partitions(months_ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    first date := date_trunc('month', now() AT TIME ZONE 'Asia/Tokyo')::date;
    start_on date;
    made integer := 0;
    name text;
BEGIN
    FOR n IN 0..least(months_ahead, 24) LOOP
        start_on := (first + make_interval(months => n))::date;
        name := 'audit_access_' || to_char(start_on, 'YYYYMM');
        IF to_regclass(name) IS NULL THEN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF audit_access FOR VALUES FROM (%L) TO (%L)',
                name,
                (start_on::timestamp AT TIME ZONE 'Asia/Tokyo'),
                ((start_on + interval '1 month')::timestamp AT TIME ZONE 'Asia/Tokyo'));
            EXECUTE format('REVOKE UPDATE, DELETE ON %I FROM caasis_app', name);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
REVOKE ALL ON FUNCTION audit_ensure_partitions(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_ensure_partitions(integer) TO caasis_app;
SELECT audit_ensure_partitions(3);
REVOKE UPDATE, DELETE ON audit_access, audit_access_default FROM caasis_app;
REVOKE UPDATE, DELETE ON audit_seal, audit_sealed_row FROM caasis_app;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(FORWARD, "DROP TABLE audit_access; DROP FUNCTION audit_ensure_partitions(integer)")
    ]
