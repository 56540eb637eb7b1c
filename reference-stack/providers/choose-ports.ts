import { MatchdayError } from "../../common/errors.ts";
import { freePorts, portRange } from "../../common/ports.ts";

/** Two stacks that start at one time would both find the same ports free: each begins to look somewhere else. */
export async function choosePorts(count: number, base: number | undefined): Promise<number[]> {
  if (base !== undefined) return freePorts(count, base);
  const { from, to } = portRange();
  for (let attempt = 0; attempt < 20; attempt++) {
    const start = from + Math.floor(Math.random() * (to - from - count));
    try {
      return await freePorts(count, start);
    } catch (error) {
      if (!(error instanceof MatchdayError) || error.code !== "PORT_TAKEN") throw error;
    }
  }
  return freePorts(count);
}
