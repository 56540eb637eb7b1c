import { findEngine } from "../providers/containers/engine.ts";

/** Whether a Docker engine answers here: tests that need one are skipped by name where none does. */
export const engine: boolean = await findEngine().then(
  () => true,
  () => false,
);
