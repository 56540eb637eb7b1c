import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { MatchdayError } from "../../../common/errors.ts";
import type { StackSecrets } from "../../secrets.ts";
import { type Endpoint, postgresDatabase, postgresUrl } from "../../topology.ts";

const answerWithinMs = 5000;

/** Forgets all that Redis holds, streams and numbers. */
export async function emptyRedis({ host, port }: Endpoint, { redis }: StackSecrets): Promise<void> {
  const socket = connect({ host, port });
  const signal = AbortSignal.timeout(answerWithinMs);
  try {
    await once(socket, "connect", { signal });
    socket.setEncoding("latin1").write(`AUTH ${redis}\r\nFLUSHALL\r\n`);
    let answer = "";
    while (answer.split("\r\n").length < 3) {
      const [more] = await once(socket, "data", { signal });
      answer += more;
    }
    if (answer !== "+OK\r\n+OK\r\n") {
      throw new MatchdayError("RESET_FAILED", `Redis does not forget: ${answer.trim()}`, {
        hint: "begin another stack: matchday stack down, then matchday stack up",
      });
    }
  } finally {
    socket.destroy();
  }
}

/** Empties all tables of all databases but the ones that say which migrations have been made. */
export async function emptyPostgres(at: Endpoint, secrets: StackSecrets): Promise<void> {
  const server = postgresUrl(at, "matchday", secrets);
  const databases = await withClient(server, postgresDatabase, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      "SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate",
    );
    return rows.map(({ name }) => name);
  });
  await Promise.all(
    databases.map((database) =>
      withClient(server, database, async (client) => {
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
  server: string,
  database: string,
  act: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const url = new URL(server);
  url.pathname = `/${database}`;
  const client = new pg.Client({
    connectionString: url.href,
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
