/** The charts of the report, in their order; how each is drawn is the browser's part (`client/panels.js`). */
import { measureNamed } from "../../measurements/catalogue.ts";

export interface PanelFrame {
  id: string;
  title: string;
  meaning: string;
}

function measured(name: string, title?: string): PanelFrame {
  const measure = measureNamed(name);
  return { id: name, title: title ?? measure?.title ?? name, meaning: measure?.meaning ?? "" };
}

export const panelFrames: PanelFrame[] = [
  { id: "clients", title: "Clients", meaning: "planned to be there, and with an open stream" },
  measured("connect"),
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
