import { dataHome, hba, hbaFile, settingFlags } from "./postgres.ts";
import type { Provision } from "./provision.ts";

const startFile = "/etc/matchday/start-replica.sh";

/** The primary needs about 2 s for its first start; on a machine under load, many times that. */
const copyWithinSeconds = 60;

/**
 * The first start copies the primary, as soon as it answers; later ones go on from the copy. It arrives under another name
 * and is moved in one step: a kill in between leaves nothing that could be taken for whole.
 */
const start = `#!/bin/sh
set -eu
export PGPASSWORD="$PRIMARY_PASSWORD"
deadline=$(($(date +%s) + ${copyWithinSeconds}))
while [ ! -e "$PGDATA" ]; do
  rm -rf "$PGDATA.arriving"
  if pg_isready --quiet --timeout=1 --host="$PRIMARY_HOST" --port="$PRIMARY_PORT" \\
    && timeout 20 pg_basebackup --pgdata="$PGDATA.arriving" --write-recovery-conf --checkpoint=fast --no-sync \\
      --dbname="host=$PRIMARY_HOST port=$PRIMARY_PORT user=replication application_name=postgres-replica"; then
    mv "$PGDATA.arriving" "$PGDATA"
  elif [ "$(date +%s)" -ge "$deadline" ]; then
    echo "no copy of $PRIMARY_HOST:$PRIMARY_PORT within ${copyWithinSeconds} s" >&2
    exit 1
  else
    sleep 0.1
  fi
done
exec postgres "$@"
`;

export const replica: Provision = () => ({
  entrypoint: ["/bin/sh", startFile],
  // A leg that swallows everything is noticed in seconds, and one that heals is taken up again at once.
  command: [...settingFlags, "-c", "wal_receiver_timeout=3s", "-c", "wal_retrieve_retry_interval=250ms"],
  env: dataHome.env,
  user: "postgres",
  files: [
    { path: hbaFile, content: hba },
    { path: startFile, content: start },
  ],
  tmpfs: dataHome.tmpfs,
});
