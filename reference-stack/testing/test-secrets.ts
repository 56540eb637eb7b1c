import { secretsOf } from "../secrets.ts";

/** What services of a test share. */
export const testSecrets = secretsOf("a key that all services of a test share");

/** Headers of whoever may give orders. */
export const asControl = { authorization: `Bearer ${testSecrets.control}` };
