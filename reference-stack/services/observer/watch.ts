import { Counter, Gauge, type Registry } from "prom-client";
import { messageOf } from "../../../common/errors.ts";
import { log } from "../../service-kit/log.ts";

/**
 * Adds a metric for each figure of a server, and one that says whether it answered. One question serves a whole scrape;
 * while there is no answer there are no figures, rather than old ones.
 * @param figures name → help; a name that ends in `_total` is a counter, which the server has counted
 * @param ask must settle within the time of a scrape
 */
export function watch<Figure extends string>(
  registry: Registry,
  server: string,
  figures: Record<Figure, string>,
  ask: () => Promise<Partial<Record<Figure, number>>>,
): void {
  let asking: Promise<Partial<Record<Figure, number>> | undefined> | undefined;
  let answered: boolean | undefined;
  const answer = () => {
    // A scrape collects all metrics in one turn of the event loop: they find this one promise.
    asking ??= ask()
      .then(
        (values) => {
          if (answered === false) log(`${server} answers again`);
          answered = true;
          return values;
        },
        (error) => {
          if (answered !== false) log(`${server} does not answer`, { reason: messageOf(error) });
          answered = false;
          return undefined;
        },
      )
      .finally(() => {
        asking = undefined;
      });
    return asking;
  };
  const common = { labelNames: ["part"], registers: [registry] };
  new Gauge({
    ...common,
    name: `matchday_${server}_observed_up`,
    help: `1 while ${server} answers the observer, which asks it directly`,
    async collect() {
      this.set({ part: server }, (await answer()) === undefined ? 0 : 1);
    },
  });
  for (const [figure, help] of Object.entries(figures) as [Figure, string][]) {
    const name = `matchday_${server}_${figure}`;
    const show = async (metric: Gauge | Counter) => {
      const value = (await answer())?.[figure];
      metric.reset();
      if (value !== undefined) metric.inc({ part: server }, value);
    };
    if (figure.endsWith("_total")) {
      new Counter({
        ...common,
        name,
        help,
        collect() {
          return show(this);
        },
      });
    } else {
      new Gauge({
        ...common,
        name,
        help,
        collect() {
          return show(this);
        },
      });
    }
  }
}
