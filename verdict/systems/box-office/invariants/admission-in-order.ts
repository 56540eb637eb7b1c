import type { Violation } from "../../../contract.ts";
import type { Place } from "../books.ts";
import { ofPresale } from "../check.ts";

/** First come, first in: places are given in the order of joining, and taken in the order of places; nobody is passed over. */
export const admissionInOrder = ofPresale(
  "admission-in-order",
  "Buyers are let in in the order in which they came",
  ({ books: { places } }) => {
    const admitted = places
      .filter((place): place is Admitted => place.admittedAs !== undefined)
      .sort((a, b) => a.admittedAs - b.admittedAs);
    return {
      checked: admitted.length,
      violations: [...inversions(admitted), ...passedOver(places, admitted), ...joinedLater(places)],
    };
  },
);

type Admitted = Place & { admittedAs: number };

const said = ({ buyer, ordinal }: Place) => `buyer ${buyer} (place ${ordinal})`;

function inversions(admitted: readonly Admitted[]): Violation[] {
  let furthest: Admitted | undefined;
  return admitted.flatMap((place) => {
    const ahead = furthest;
    if (!ahead || place.ordinal >= ahead.ordinal) furthest = place;
    if (!ahead) return [];
    const { buyer } = place;
    if (place.admittedAs === ahead.admittedAs)
      return [
        { what: `${said(ahead)} and ${said(place)} were both let in as number ${place.admittedAs}`, buyer },
      ];
    return place.ordinal < ahead.ordinal
      ? [{ what: `${said(place)} was let in after ${said(ahead)}`, buyer }]
      : [];
  });
}

/** Who left waits no more. */
function passedOver(places: readonly Place[], admitted: readonly Admitted[]): Violation[] {
  const last = admitted.toSorted((a, b) => b.ordinal - a.ordinal)[0];
  if (!last) return [];
  return places
    .filter(({ admittedAs, left, ordinal }) => admittedAs === undefined && !left && ordinal < last.ordinal)
    .map((place) => ({
      what: `${said(place)} was passed over: ${said(last)} was let in`,
      buyer: place.buyer,
    }));
}

function joinedLater(places: readonly Place[]): Violation[] {
  return places.flatMap((place, index) => {
    const before = places[index - 1];
    if (!before || place.joinedAtUs >= before.joinedAtUs) return [];
    return [{ what: `${said(place)} had joined before ${said(before)}`, buyer: place.buyer }];
  });
}
