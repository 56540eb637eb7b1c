import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import type { ManagedProcess } from "../common/managed-process.ts";

/** Processor time and memory of a process, as the system counts them. */
export interface Reading {
  cpuUs: number;
  rssBytes: number;
}

export const constant = (name: string) => Number(execFileSync("getconf", [name], { encoding: "utf8" }));
const ticksPerS = constant("CLK_TCK");
const pageBytes = constant("PAGESIZE");

export function readingOf({ pid }: ManagedProcess): Reading {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Fields after the command's closing parenthesis: user and system time are the twelfth and thirteenth (proc(5)).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const pages = Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]);
  return {
    cpuUs: ((Number(fields[11]) + Number(fields[12])) / ticksPerS) * 1e6,
    rssBytes: pages * pageBytes,
  };
}
