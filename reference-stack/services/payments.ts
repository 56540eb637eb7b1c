/** The payment provider, simulated: takes charges and gives refunds as it is told to behave, and keeps books of its own. */

import { controlRoutes, healthRoute, internalServer, startAdmin } from "../service-kit/admin.ts";
import { readConfig, servicePorts } from "../service-kit/config.ts";
import { ServiceMetrics } from "../service-kit/metrics.ts";
import { type RunningService, runService } from "../service-kit/run.ts";
import { startTracing, tracingShape } from "../service-kit/start-tracing.ts";
import { traceRequests } from "../service-kit/traced-requests.ts";
import type { Charge } from "./payments/books.ts";
import { Provider } from "./payments/provider.ts";
import { paymentRoutes } from "./payments/routes.ts";

const chargeStates: Charge["state"][] = ["taken", "declined", "refunded"];

async function startPayments(): Promise<RunningService> {
  const config = readConfig({ ...servicePorts, ...tracingShape }, process.env);
  const metrics = new ServiceMetrics("payments");
  const tracing = await startTracing("payments", config, metrics);
  const provider = new Provider();
  const { books } = provider;
  for (const state of chargeStates) {
    metrics.gauge(`provider_charges_${state}`, `Charges that are ${state} in the provider's books`, (gauge) =>
      gauge.set(books.count(state)),
    );
  }
  const health = () => ({ healthy: true, ready: true, behaviour: provider.behaviour });

  const server = internalServer(config, { bodyLimit: 16 * 1024 });
  traceRequests(server, tracing);
  healthRoute(server, health);
  await controlRoutes(server, config, (api) => paymentRoutes(api, provider));

  const admin = await startAdmin(config, metrics, health, { tracing });
  await server.listen({ host: config.HOST, port: config.PORT });
  return {
    async stop() {
      provider.close();
      await server.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("payments", startPayments);
