import type { Violation } from "../../../contract.ts";
import type { Place } from "../books.ts";
import { ofPresale } from "../check.ts";
import type { Told } from "../told.ts";

/** Whoever was told a place has it, the same one, however often they come back; and is let in once. */
export const noLostPlace = ofPresale("no-lost-place", "No place in the queue is lost", ({ books, told }) => {
  const places = Map.groupBy(books.places, ({ buyer }) => buyer);
  const joined = [...told.values()].filter(
    ({ ordinals, buyer }) => ordinals.length > 0 && buyer !== undefined,
  );
  const lost = joined.flatMap((client): Violation[] => {
    const { client: number, buyer } = client;
    const fact = lossOf(client, places.get(buyer!) ?? []);
    if (fact === undefined) return [];
    return [{ what: `client ${number} (buyer ${buyer}) ${fact}`, client: number, buyer: buyer! }];
  });
  const violations = [...twice(places, books.places), ...lost];
  return { checked: joined.length, violations };
});

function lossOf({ ordinals, admitted }: Told, places: readonly Place[]): string | undefined {
  const [first, second] = ordinals;
  if (places.length === 0) return `was given place ${first}, and the queue does not know it`;
  // Who leaves the queue and comes again gets another place, at its end.
  if (second !== undefined && !places.some(({ left }) => left))
    return `was given place ${first}, and later place ${second}`;
  const has = places.find(({ ordinal }) => !ordinals.includes(ordinal));
  if (has && !has.left) return `was given place ${first}, and the queue has it at place ${has.ordinal}`;
  if (admitted && places.every(({ admittedAs, left }) => admittedAs === undefined && !left))
    return `was let in from place ${first}, and the queue does not know that`;
  return undefined;
}

function twice(byBuyer: ReadonlyMap<string, readonly Place[]>, places: readonly Place[]): Violation[] {
  const found: Violation[] = [];
  for (const [buyer, all] of byBuyer) {
    const admitted = all.filter(({ admittedAs }) => admittedAs !== undefined);
    const here = all.filter(({ left }) => !left);
    if (admitted.length > 1)
      found.push({ what: `buyer ${buyer} was let in ${admitted.length} times`, buyer });
    else if (here.length > 1) {
      const ordinals = here.map(({ ordinal }) => ordinal).join(" and ");
      found.push({ what: `buyer ${buyer} has places ${ordinals} at once`, buyer });
    }
  }
  for (const [index, { ordinal, buyer }] of places.entries()) {
    const before = places[index - 1];
    if (before?.ordinal === ordinal && before.buyer !== buyer)
      found.push({
        what: `place ${ordinal} was given to buyer ${before.buyer} and to buyer ${buyer}`,
        buyer,
      });
  }
  return found;
}
