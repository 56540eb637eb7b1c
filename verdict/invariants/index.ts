import { finalScreen } from "./final-screen.ts";
import type { Invariant } from "./invariant.ts";
import { ledgerContiguous } from "./ledger-contiguous.ts";
import { nothingMisdelivered } from "./nothing-misdelivered.ts";

export const invariants: readonly Invariant[] = [finalScreen, ledgerContiguous, nothingMisdelivered];
