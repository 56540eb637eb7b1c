import type { StackSecrets } from "./secrets.ts";

/**
 * PostgreSQL's users, made before anybody connects: each may do its service's work. `matchday` alone is a superuser, for a
 * stack that is emptied between runs; no service knows its password.
 */
export function rolesSql({ postgres }: StackSecrets): string[] {
  return [
    `ALTER ROLE matchday PASSWORD '${postgres("matchday")}'`,
    `CREATE ROLE scores LOGIN PASSWORD '${postgres("scores")}'`,
    // Makes its shards, and owns them.
    `CREATE ROLE box_office LOGIN CREATEDB PASSWORD '${postgres("box_office")}'`,
    `CREATE ROLE observer LOGIN IN ROLE pg_monitor PASSWORD '${postgres("observer")}'`,
    `CREATE ROLE replication LOGIN REPLICATION PASSWORD '${postgres("replication")}'`,
    "REVOKE ALL ON DATABASE postgres FROM PUBLIC",
    "GRANT CONNECT ON DATABASE postgres TO scores, box_office, observer",
    "REVOKE ALL ON SCHEMA public FROM PUBLIC",
    "GRANT ALL ON SCHEMA public TO scores",
  ];
}
