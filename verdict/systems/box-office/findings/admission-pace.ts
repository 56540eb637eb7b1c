import { formatMs } from "../../../../common/duration.ts";
import type { Finder } from "../../../findings/finding.ts";
import { countOf, formatCount, formatRatio } from "../../../words.ts";
import { rateErrors, silences } from "../admission.ts";
import { saleOf } from "../presale.ts";
import { stretchOf } from "../stretch.ts";

/** Fewer or more than this off the target is noticed by who waits. */
const tolerated = 0.1;

/** Admission that did not keep to the rate that its own controller had set, and payments that held it up. */
export const admissionPace: Finder = ({ evidence }) => {
  const { startAtUs } = evidence;
  const presale = saleOf(evidence);
  if (!presale) return [];
  const { decisions } = presale.books;
  const { errors, due, admitted } = rateErrors(presale.books);
  const error = due === 0 ? 0 : errors / due;
  const waited = decisions.filter(({ queue }) => queue > 0);
  const heldUp = decisions.filter(({ reason }) => /payments are (slow|down)/.test(reason));
  const silent = silences(decisions);
  return [
    ...silent.map(({ fromUs, toUs, queue }) => ({
      severity: "medium" as const,
      title: `Nobody was let in for ${formatMs(Math.round((toUs - fromUs) / 1e5) * 100)}, and ${formatCount(queue)} waited`,
      evidence:
        "the admission controller made no decision meanwhile: it could not reach Redis, or was away itself",
      when: { fromMs: (fromUs - startAtUs) / 1000, toMs: (toUs - startAtUs) / 1000 },
      remedy:
        "Decide what a buyer is told meanwhile: admissions that are given out ahead, a few seconds' worth, would bridge it.",
    })),
    ...(error > tolerated
      ? [
          {
            severity: "medium" as const,
            title: `Admission was ${formatRatio(error, "bad")} off its target while buyers waited`,
            evidence: `${formatCount(admitted)} were let in, and ${formatCount(due)} were due by the controller's own decisions`,
            when: stretchOf(waited, startAtUs),
            remedy:
              "See what kept the controller's ticks: its own event loop, and how long each call to Redis took.",
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
