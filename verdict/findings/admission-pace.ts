import { stretchOf } from "../presale/stretch.ts";
import { rateErrors } from "../shares.ts";
import { countOf, formatCount, formatRatio } from "../words.ts";
import type { Finder } from "./finding.ts";

/** Fewer or more than this off the target is noticed by who waits. */
const tolerated = 0.1;

/** Admission that did not keep to the rate that its own controller had set, and payments that held it up. */
export const admissionPace: Finder = ({ evidence }) => {
  const { presale, startAtUs } = evidence;
  if (!presale) return [];
  const { decisions } = presale.books;
  const { errors, due, admitted } = rateErrors(presale.books);
  const error = due === 0 ? 0 : errors / due;
  const waited = decisions.filter(({ queue }) => queue > 0);
  const heldUp = decisions.filter(({ reason }) => /payments are (slow|down)/.test(reason));
  return [
    ...(error > tolerated
      ? [
          {
            severity: "medium" as const,
            title: `Admission was ${formatRatio(error)} off its target while buyers waited`,
            evidence: `${formatCount(admitted)} were let in, and ${formatCount(due)} were due by the controller's own decisions`,
            when: stretchOf(waited, startAtUs),
            remedy:
              "See when admission reaches Redis: what is not let in while Redis is away has to be caught up with, or told to who waits.",
          },
        ]
      : []),
    ...(heldUp.length > 0
      ? [
          {
            severity: "medium" as const,
            title: "Payments were slow or away, and admission waited for them",
            evidence: `${countOf(heldUp.length, "decision")} for that reason: ${[...new Set(heldUp.map(({ reason }) => reason))].join("; ")}`,
            when: stretchOf(heldUp, startAtUs),
            remedy:
              "Give the provider's breaker a fallback (a second provider, or payment later): seats that are held for a payment are seats that nobody can buy.",
          },
        ]
      : []),
  ];
};
