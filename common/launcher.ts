/**
 * A process that says who it is before it becomes what it is to be: its pid and its start time stand in a file that was opened
 * for it, and only while the gate is open it goes on. So whoever cleans up closes the gate first and reads then: a process
 * either finds the gate closed, or is found, however early its parent was killed. Where the disk is full, it ends instead.
 */

/** File descriptors of a launched process, which what it becomes does not inherit. */
const identityFd = 3;
const gateFd = 4;

// `$$` stays the pid after `exec`. macOS has no /proc; `ps` says there what identities are made of.
const script = `
if [ -r "/proc/$$/stat" ]; then read -r said <"/proc/$$/stat"; else said=$(ps -o lstart= -p $$); fi
printf '%s\\n%s\\n' "$$" "$said" >&${identityFd} || exit 125
[ -s "/dev/fd/${gateFd}" ] || exit 125
exec ${identityFd}>&- ${gateFd}>&-
exec "$@"`;

/** What to spawn in place of a command. */
export function launched(command: string, args: string[]): { command: string; args: string[] } {
  return { command: "/bin/sh", args: ["-c", script, "matchday-launcher", command, ...args] };
}

/** What a launched process has said of itself; undefined while it has said nothing. */
export function readIdentity(text: string): { pid: number; startTime: string } | undefined {
  const [pid, said] = text.split("\n");
  if (!pid || !said) return undefined;
  const startTime = said.includes(")") ? said.slice(said.lastIndexOf(")") + 2).split(" ")[19] : said.trim();
  return startTime ? { pid: Number(pid), startTime } : undefined;
}
