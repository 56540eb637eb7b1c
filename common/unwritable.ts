/** What helps against an error of writing, by what the system says of it. */
const remedies: Record<string, string> = {
  ENOSPC: "free disk space there",
  EDQUOT: "free disk space there, or raise the quota",
  EROFS: "it is read-only there",
  EACCES: "it is not this user's to write there",
  EPERM: "it is not this user's to write there",
  // A folder that cannot be made on a read-only disk is said not to be there.
  ENOENT: "it cannot be made there: see whether it is read-only",
  ENOTDIR: "a file stands where a folder should be",
  EMFILE: "raise the limit of open files (ulimit -n)",
  ENFILE: "too many files are open on this machine",
  EIO: "the disk answers with errors",
};

/**
 * @param otherwise what to do instead: `choose another place with --out DIR`
 * @returns the remedy: what is known of the cause, and the way round it
 */
export function remedyOfWriting(cause: unknown, otherwise: string): string {
  const known = remedies[(cause as NodeJS.ErrnoException | undefined)?.code ?? ""];
  return known === undefined ? otherwise : `${known}; or ${otherwise}`;
}
