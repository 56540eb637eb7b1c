import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { MatchdayError } from "../../../common/errors.ts";
import { type Endpoint, postgresDatabase, postgresUser } from "../../topology.ts";

const answerWithinMs = 5000;

/** Forgets all that Redis holds, streams and numbers. */
export async function emptyRedis({ host, port }: Endpoint): Promise<void> {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(answerWithinMs);
  try {
    await once(socket, "connect", { signal });
    socket.write("FLUSHALL\r\n");
    const [answer] = await once(socket, "data", { signal });
    if (!String(answer).startsWith("+OK")) {
      throw new MatchdayError("RESET_FAILED", `Redis does not forget: ${String(answer).trim()}`);
    }
  } finally {
    socket.destroy();
  }
}

/** Empties all tables of all databases but the ones that say which migrations have been made. */
export async function emptyPostgres(at: Endpoint): Promise<void> {
  const databases = await withClient(at, postgresDatabase, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate",
    );
    return rows.map(({ name }) => name);
  });
  await Promise.all(
    databases.map((database) =>
      withClient(at, database, async (client) => {
        const { rows } = await client.query<{ name: string }>(
          `SELECT quote_ident(tablename) AS name FROM pg_tables
           WHERE schemaname = 'public' AND tablename NOT LIKE '%schema_migrations'`,
        );
        if (rows.length === 0) return;
        await client.query(`TRUNCATE ${rows.map(({ name }) => name).join(", ")} RESTART IDENTITY CASCADE`);
      }),
    ),
  );
}

async function withClient<T>(
  { host, port }: Endpoint,
  database: string,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    host,
    port,
    user: postgresUser,
    database,
    connectionTimeoutMillis: answerWithinMs,
    query_timeout: answerWithinMs,
  });
  client.on("error", () => {});
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end();
  }
}
