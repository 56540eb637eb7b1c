/** Told by a command what the process should exit with. */
export type Finish = (exitCode: number) => void;
