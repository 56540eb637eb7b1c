import { MatchdayError, messageOf } from "./errors.ts";

/** What a system says when it cannot do more, in Node's code and in the words of programs; and what helps. */
const refusals: { code: string; words: RegExp; remedy: string }[] = [
  { code: "ENOSPC", words: /no space left on device/i, remedy: "free disk space there" },
  { code: "EDQUOT", words: /quota exceeded/i, remedy: "free some of your disk quota there" },
  {
    code: "EROFS",
    words: /read-only file system/i,
    remedy: "the file system there is read-only: mount it for writing",
  },
  { code: "EACCES", words: /permission denied/i, remedy: "see that this user has the right to it" },
  { code: "EPERM", words: /operation not permitted/i, remedy: "see that this user has the right to it" },
  { code: "ENAMETOOLONG", words: /file name too long/i, remedy: "its path is too long: use a shorter one" },
  { code: "ENOTDIR", words: /not a directory/i, remedy: "a file stands where a folder should: move it away" },
  { code: "EISDIR", words: /is a directory/i, remedy: "a folder stands where a file should: move it away" },
  {
    code: "ELOOP",
    words: /too many levels of symbolic links/i,
    remedy: "links there lead in a circle: remove them",
  },
  { code: "EMFILE", words: /too many open files/i, remedy: "raise the limit of open files (ulimit -n)" },
  {
    code: "ENFILE",
    words: /too many open files in system/i,
    remedy: "raise the machine's limit of open files (fs.file-max)",
  },
  {
    code: "ENOMEM",
    words: /cannot allocate memory/i,
    remedy: "end other programs, or use a machine with more memory",
  },
  {
    code: "EAGAIN",
    words: /resource temporarily unavailable/i,
    remedy: "raise the limit of processes (ulimit -u), or end other programs",
  },
  { code: "EIO", words: /input\/output error/i, remedy: "the device there fails: look at the system's log" },
];

/** What helps against an error of the system; undefined for one that says of itself what to do, or that is no such error. */
export function remedyOf(error: unknown): string | undefined {
  const code = codeOf(error);
  if (code !== undefined) return refusals.find((refusal) => refusal.code === code)?.remedy;
  // What a program has said before it ended; the longest words first, as one's are another's beginning.
  const text = messageOf(error);
  return refusals.findLast(({ words }) => words.test(text))?.remedy;
}

/** The remedy where something cannot be written. */
export function writeRemedyOf(error: unknown): string {
  return remedyOf(error) ?? "see that it can be written";
}

/** An error that is the machine's, and no defect of ours; undefined for any other. */
export function refusedBySystem(error: unknown): MatchdayError | undefined {
  if (codeOf(error) === undefined) return undefined;
  const hint = remedyOf(error);
  return hint === undefined
    ? undefined
    : new MatchdayError("SYSTEM_REFUSED", `the system refuses: ${messageOf(error)}`, { hint, cause: error });
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, cause } = error as NodeJS.ErrnoException;
  return refusals.some((refusal) => refusal.code === code) ? code : codeOf(cause);
}
