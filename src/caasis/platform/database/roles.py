"""Roles, rights and the database itself.

The application connects as ``caasis_app``, which owns nothing: row-level security therefore binds it. Migrations run as
``caasis_owner``. Neither is a superuser.
"""

SUPERUSER = "postgres"
OWNER_ROLE = "caasis_owner"
APPLICATION_ROLE = "caasis_app"
DATABASE_NAME = "caasis"

_RIGHTS = f"""
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT EXECUTE ON ROUTINES TO {APPLICATION_ROLE};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT USAGE ON SCHEMAS TO {APPLICATION_ROLE};
"""


def bootstrap_script(*, owner_may_create_databases: bool) -> str:
    """Return the ``psql`` script that makes roles, database and rights; running it again changes nothing.

    The default rights are a property of each database. They are also set in ``template1``, so that a test database
    which the owner creates from it behaves like the real one.
    """
    createdb = "CREATEDB" if owner_may_create_databases else "NOCREATEDB"
    harmless = "LOGIN NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS"
    return f"""
\\set ON_ERROR_STOP on
SET client_min_messages = warning;
SELECT 'CREATE ROLE {OWNER_ROLE}' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER_ROLE}') \\gexec
SELECT 'CREATE ROLE {APPLICATION_ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') \\gexec
ALTER ROLE {OWNER_ROLE} {harmless} {createdb};
ALTER ROLE {APPLICATION_ROLE} {harmless} NOCREATEDB;
SELECT 'CREATE DATABASE {DATABASE_NAME} OWNER {OWNER_ROLE}'
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{DATABASE_NAME}') \\gexec
ALTER DATABASE {DATABASE_NAME} OWNER TO {OWNER_ROLE};
REVOKE ALL ON DATABASE {DATABASE_NAME} FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE {DATABASE_NAME} TO {APPLICATION_ROLE};
\\connect {DATABASE_NAME}
ALTER SCHEMA public OWNER TO {OWNER_ROLE};
{_RIGHTS}
\\connect template1
{_RIGHTS}
"""  # noqa: S608 (constants only; role names can't be parameters)
