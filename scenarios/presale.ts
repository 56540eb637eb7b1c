import { botShare, bots } from "./box-office/bots.ts";
import { buyer } from "./box-office/buyer.ts";
import { event } from "./box-office/requests.ts";
import { leastSaleMs, presaleScript, salePhases, usualPayments } from "./box-office/sale.ts";
import { arrivalWindowMs, laptopClients } from "./shape/arrivals.ts";
import { leastPhasesMs } from "./shape/phases.ts";
import { scenario } from "./vocabulary.ts";

/** Nobody is let in in the last seconds, so that whoever is under way comes to an end. */
const quietMs = 5000;

export default scenario({
  id: "presale",
  title: "Everybody wants a seat in the same second, while something breaks",
  story:
    "The doors open and all buyers come within seconds, four for each seat. They wait in one queue and are let in as fast as seats can be " +
    "sold without a scramble; they look around, hold two seats and pay, while some change their minds and some are bots. In the " +
    "middle of it something breaks. Every seat is sold once, everybody keeps their place, and who comes too late is told so.",
  system: "box-office",
  defaults: { clients: 5000, durationMs: 100_000, experiment: "on-sale-redis-down" },
  budget: (clients) => (clients > laptopClients ? "presale-at-scale" : "presale"),
  leastDurationMs: (params) => Math.max(leastPhasesMs(params), leastSaleMs(params)) + quietMs,
  plan(params) {
    const { clients, durationMs } = params;
    const phases = salePhases(params);
    const presale = presaleScript(event, phases, params);
    const options = { sections: presale.venue.sections.map(({ id }) => id), patienceMs: durationMs };
    return {
      phases,
      crowd: {
        arrivals: { atMs: 0, withinMs: arrivalWindowMs(clients) },
        leaveAtMs: durationMs,
        streams: [],
        slowReaders: { share: 0, bytesPerSecond: 0 },
        journeys: [buyer({ share: 1 - botShare, ...options }), ...bots(options)],
      },
      script: { presale, payments: usualPayments },
    };
  },
});
