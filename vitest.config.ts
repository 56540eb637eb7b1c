import { defineConfig } from "vitest/config";

/** Tests that start processes, listen on ports or use the whole machine. */
const wholeMachine = ["**/*.integration.test.ts", "tests/**/*.test.ts"];
/** Long, and seldom broken: `npm run test:all` runs them too. */
const nightly = "tests/nightly/**";
const nothingOfOurs = ["**/node_modules/**", ".matchday/**", "runs/**"];

export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.{ts,js}"],
          exclude: [...wholeMachine, ...nothingOfOurs],
          environment: "node",
          // They take milliseconds, and compute: on a machine that others use, too, one may take seconds.
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        // After the others, and one file at a time: what one measures, another would disturb.
        test: {
          name: "integration",
          include: wholeMachine,
          exclude: [nightly, ...nothingOfOurs],
          environment: "node",
          fileParallelism: false,
          // Of those that say they may: rehearsals that mostly wait, and start as many processes each as there are parts.
          maxConcurrency: 3,
          // They hold real processes to milliseconds and to verdicts, on machines that are shared: a neighbour who takes the
          // cores for a second is no failure of ours, twice in a row it would be.
          retry: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "nightly",
          include: [nightly],
          exclude: nothingOfOurs,
          environment: "node",
          fileParallelism: false,
          retry: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
