import type { styleText } from "node:util";
import { formatMs } from "../common/duration.ts";
import type { JourneysView, SecondView } from "../rehearsal/progress.ts";

type Colour = (style: Parameters<typeof styleText>[0], text: string) => string;

const count = (n: number | undefined) => (n === undefined ? "–" : n.toLocaleString("en-US"));
const ms = (value: number | undefined) => (value === undefined ? "–" : formatMs(value));
export const clock = (atMs: number) =>
  `${String(Math.floor(atMs / 60_000))}:${String(Math.floor(atMs / 1000) % 60).padStart(2, "0")}`;

/** A second in one line. */
export function secondLine(view: SecondView): string {
  const { atMs, leftMs, phase, faults } = view;
  return [
    `${clock(atMs)} ${phase}`,
    ...(view.journeys ? ofJourneys(view.journeys) : ofStreams(view)),
    ...(faults.length > 0 ? [`fault: ${faults.join(", ")}`] : []),
    `${clock(leftMs)} left`,
  ].join(" · ");
}

const ofStreams = (view: SecondView) => [
  `open ${count(view.open)} of ${count(view.planned)}`,
  `event age p50 ${ms(view.eventAgeP50Ms)} p99 ${ms(view.eventAgeP99Ms)}`,
  `stale odds p99 ${ms(view.staleOddsP99Ms)}`,
];

const ofJourneys = (journeys: JourneysView) => [
  `waiting ${count(journeys.waiting)}`,
  `let in ${count(journeys.admitted)}`,
  endsOf(journeys),
  `position age p99 ${ms(journeys.positionAgeP99Ms)}`,
  `slowest step ${slowestOf(journeys)}`,
];

/** Most journeys end as they should: what is not there yet needs no word, but who booked does. */
function endsOf({ completed, rejected, abandoned, failed }: JourneysView): string {
  const others = [
    [rejected, "sent home"],
    [abandoned, "gave up"],
    [failed, "failed"],
  ] as const;
  return [
    `booked ${count(completed)}`,
    ...others.flatMap(([clients, how]) => (clients > 0 ? [`${how} ${count(clients)}`] : [])),
  ].join(", ");
}

const slowestOf = ({ slowestStep }: JourneysView) =>
  slowestStep ? `${slowestStep.name} p99 ${formatMs(slowestStep.p99Ms)}` : "–";

/** A second as rows of a picture. */
export function secondRows(
  view: SecondView,
  { clients, colour }: { clients: number; colour: Colour },
): string[] {
  const { journeys, planned, open, phase, faults } = view;
  const due = journeys?.underWay ?? planned;
  const away = phase !== "arrive" && due > 0 && open / due < 0.999;
  const note = away ? colour("yellow", "  some are away") : "";
  const row = (title: string, text: string) => `  ${title.padEnd(15)} ${text}`;
  return [
    ...(journeys
      ? [
          row(
            "clients done",
            `${bar((planned - due) / clients)} ${count(planned - due)} of ${count(planned)}${note}`,
          ),
          row(
            "queue",
            `${count(journeys.came)} came, ${count(journeys.waiting)} wait, ${count(journeys.admitted)} were let in`,
          ),
          row("journeys", journeys.failed > 0 ? colour("red", endsOf(journeys)) : endsOf(journeys)),
          row("position age", `p99 ${ms(journeys.positionAgeP99Ms)}`),
          row("slowest step", slowestOf(journeys)),
        ]
      : [
          row("clients open", `${bar(open / clients)} ${count(open)} of ${count(planned)} due${note}`),
          row("event age", `p50 ${ms(view.eventAgeP50Ms).padEnd(9)} p99 ${ms(view.eventAgeP99Ms)}`),
          row("stale odds", `p99 ${ms(view.staleOddsP99Ms)}`),
        ]),
    row("faults", faults.length > 0 ? colour("red", faults.join(", ")) : "none"),
  ];
}

const barWidth = 32;

export function bar(share: number): string {
  const full = Math.round(Math.max(0, Math.min(1, share)) * barWidth);
  return "█".repeat(full) + "░".repeat(barWidth - full);
}
