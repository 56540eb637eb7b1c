/** The numbers of flags: every command reads them alike, and tells alike what is none. */
import { PlanError, type Problem } from "../common/errors.ts";
import { parseWhole, quoted } from "../common/numbers.ts";

interface Bounds {
  least: number;
  most?: number;
  /** An example, for the remedy. */
  such: number;
}

/** Ports of edges and of their legs are numbered from fixed ones on; far more than any machine carries. */
export const mostEdges = 256;

/** Reads a number of a flag, `2_000` and `2,000` too; what is none is a problem. */
export function wholeNumber(
  flag: string,
  text: string,
  { least, most = Number.MAX_SAFE_INTEGER, such }: Bounds,
  problems: Problem[],
): number {
  const value = parseWhole(text);
  if (value !== undefined && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  problems.push({
    code: `${flag.toUpperCase().replaceAll("-", "_")}_INVALID`,
    fact: `--${flag} ${quoted(text)} is not a whole number ${range}`,
    remedy: `give a number, such as --${flag} ${such}`,
  });
  return least;
}

export const clientsOf = (text: string, problems: Problem[]) =>
  wholeNumber("clients", text, { least: 1, such: 2000 }, problems);

/** Lower ones belong to the machine's own services. */
const ports = { least: 1024, most: 65_535, such: 20_000 };

export function portOf(basePort: string | undefined, problems: Problem[]): number | undefined {
  return basePort === undefined ? undefined : wholeNumber("base-port", basePort, ports, problems);
}

/** @throws PlanError BASE_PORT_INVALID */
export function checkedPort(basePort: string | undefined): number | undefined {
  return checked((problems) => portOf(basePort, problems));
}

/** @throws PlanError TAIL_INVALID */
export function checkedTail(tail: string): number {
  return checked((problems) => wholeNumber("tail", tail, { least: 0, most: 1_000_000, such: 100 }, problems));
}

function checked<T>(read: (problems: Problem[]) => T): T {
  const problems: Problem[] = [];
  const value = read(problems);
  if (problems.length > 0) throw new PlanError(problems);
  return value;
}
