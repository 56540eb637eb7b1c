import { createHmac } from "node:crypto";

/** What each of PostgreSQL's users may do: its service's work, and no more. */
export type PostgresRole = "scores" | "box_office" | "observer" | "replication" | "matchday";

/** What the parts of one stack know, and nobody else. */
export interface StackSecrets {
  /** For orders: `CONTROL_TOKEN`. */
  control: string;
  /** What tickets are signed with: `TICKET_SECRET`. */
  tickets: string;
  redis: string;
  /** Of its API, where it is a process of this machine. */
  toxiproxy: string;
  postgres(role: PostgresRole): string;
}

/** All secrets of a stack, from the one key that has to be kept. */
export function secretsOf(key: string): StackSecrets {
  const derived = (what: string) => createHmac("sha256", key).update(what).digest("base64url");
  return {
    control: derived("control"),
    tickets: derived("tickets"),
    redis: derived("redis"),
    toxiproxy: derived("toxiproxy"),
    postgres: (role) => derived(`postgres ${role}`),
  };
}
