import { findEngine } from "../providers/containers/engine.ts";

/** Whether a Docker engine answers here: tests that need one are skipped by name where none does. */
export const engine: boolean = await findEngine().then(
  () => true,
  () => false,
);

/** Behind the name of what needs one, so that whoever reads the results knows why it was left out. */
export const unlessEngine = engine ? "" : " (skipped: no Docker engine answers)";
