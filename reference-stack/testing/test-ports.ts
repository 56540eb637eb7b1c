import { randomInt } from "node:crypto";
import { freePorts, portRange } from "../../common/ports.ts";

/** Somewhere in the range: services that start at the same time would all be given the lowest that are free. */
export async function testPorts(count: number): Promise<number[]> {
  const { from, to } = portRange();
  for (let attempt = 1; ; attempt++) {
    try {
      return await freePorts(count, randomInt(from + 500, to - count));
    } catch (error) {
      if (attempt === 20) throw error;
    }
  }
}
