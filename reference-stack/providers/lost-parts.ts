import { MatchdayError } from "../../common/errors.ts";

type Listener = (part: string, how: string) => void;

/** Parts of a stack that were ready and have ended, though nobody ended them, until they are started again. */
export class LostParts {
  readonly #ready = new Set<string>();
  readonly #how = new Map<string, string>();
  readonly #listeners: Listener[] = [];
  /** What was lost before anybody listened. */
  #untold: Parameters<Listener>[] = [];

  onLost(listener: Listener): void {
    this.#listeners.push(listener);
    for (const [part, how] of this.#untold) listener(part, how);
    this.#untold = [];
  }

  /** It is lost from now on, if it was ready: one that was not says so itself. `tell` is for its last words. */
  mark(part: string, how: string): void {
    if (this.#ready.has(part)) this.#how.set(part, how);
  }

  tell(part: string, how: string): void {
    if (this.#how.has(part)) this.#how.set(part, how);
    if (this.#listeners.length === 0) this.#untold.push([part, how]);
    for (const listener of this.#listeners) listener(part, how);
  }

  becameReady(part: string): void {
    this.#ready.add(part);
  }

  wasReady(part: string): boolean {
    return this.#ready.has(part);
  }

  startedAgain(part: string): void {
    this.#ready.delete(part);
    this.#how.delete(part);
  }

  /**
   * Whoever waits for a part that does not come would be blamed at the end of its patience.
   * @param starting a part that waits for others, or `the stack`
   * @param doWithout parts that nobody waits for
   * @throws MatchdayError STACK_DIED
   */
  refuse(
    starting: string,
    { doWithout = [], hint }: { doWithout?: readonly string[]; hint(part: string): string },
  ): void {
    for (const [part, how] of this.#how) {
      if (part === starting || doWithout.includes(part)) continue;
      throw new MatchdayError("STACK_DIED", `${part} ended while ${starting} was starting: ${how}`, {
        hint: hint(part),
      });
    }
  }
}
