/** The charts of the report, in their order; how each is drawn is the browser's part (`client/panels.js`). */
import { measureNamed } from "../../measurements/catalogue.ts";

import type { Series } from "../../measurements/series.ts";

export interface PanelFrame {
  id: string;
  title: string;
  meaning: string;
}

function measured(name: string, title?: string): PanelFrame {
  const measure = measureNamed(name);
  return { id: name, title: title ?? measure?.title ?? name, meaning: measure?.meaning ?? "" };
}

const first: PanelFrame[] = [
  { id: "clients", title: "Clients", meaning: "planned to be there, and with an open stream" },
  measured("connect"),
];

/** Where something was bad for an SLO. */
const burn: PanelFrame = {
  id: "burn",
  title: "Error budgets: burn rate",
  meaning:
    "how fast each budget was used, over the last 5 s and 30 s: 1 is what the target allows, on a logarithmic scale",
};

/** Of clients that follow streams. */
const followed: PanelFrame[] = [
  measured("event_age"),
  {
    id: "heat",
    title: "Event age, every arrival",
    meaning:
      "how many events arrived at which age: the stronger the colour, the more, on a logarithmic scale",
  },
  measured("stale_odds_age"),
  {
    id: "delivery",
    title: "Delivery",
    meaning: "what the clients were owed, by the second of publication: on time, late, lost",
  },
];

/** Of clients that walk journeys. */
const walked: PanelFrame[] = [
  { id: "queue", title: "Queue", meaning: "who waited to be let in, as the admission controller counted" },
  {
    id: "admission",
    title: "Admission",
    meaning: "let in in each second, and the rate that the controller had set",
  },
  {
    id: "ends",
    title: "Journeys ended",
    meaning: "in each second; rejected: a right answer that is a no",
  },
  { id: "steps", title: "Steps", meaning: "p99 of each request, from the instant at which it was due" },
  measured("position_age"),
];

const last: PanelFrame[] = [
  {
    id: "resumes",
    title: "Disconnects and resumes",
    meaning: "streams that broke, and streams that caught up again, in each second",
  },
  measured("resume", "Time to resume"),
  {
    id: "cpu",
    title: "CPU",
    meaning: "cores in use by each part of the stack, by the crowd, and by the machine",
  },
  { id: "lag", title: "Event-loop lag", meaning: "p99 of each part: how late its own timers ran" },
  {
    id: "backlog",
    title: "Backlog",
    meaning: "bytes that the edges hold for clients that have not taken them",
  },
  { id: "connections", title: "Connections", meaning: "open streams on each edge" },
  {
    id: "generator",
    title: "The generator on itself",
    meaning:
      "release lag: planned instant to request sent; read lag: arrival at the kernel to read by the client",
  },
];

/** The charts of a run whose clients follow streams, in which nothing was bad for an SLO. */
export const panelFrames: readonly PanelFrame[] = [...first, ...followed, ...last];

export function framesOf({
  journeys,
  burn: lines,
}: Pick<Series, "journeys" | "burn">): readonly PanelFrame[] {
  return [...first, ...(journeys ? walked : followed), ...(lines?.length ? [burn] : []), ...last];
}
