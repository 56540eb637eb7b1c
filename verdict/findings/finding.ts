import type { Finding } from "../contract.ts";
import type { Judgement } from "../sentence.ts";
import type { Trust } from "../trust.ts";

export interface FindingContext extends Judgement {
  trust: Trust;
}

/** Looks for one kind of weakness; empty when the record does not show it. One file each. */
export type Finder = (context: FindingContext) => Finding[];
