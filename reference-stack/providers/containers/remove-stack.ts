import { until } from "../../../common/until.ts";
import { askEngine, type Engine, statusOf } from "./engine.ts";
import { labels } from "./labels.ts";
import { forgetStackRecord } from "./stack-records.ts";

/** 404: gone already. 409: somebody else is removing it. */
const onItsWay = (error: unknown) => {
  if (statusOf(error) !== 404 && statusOf(error) !== 409) throw error;
};

/** Removes all that an engine has of a stack, at once: containers with their volumes, then the network. */
export async function removeStack({ docker }: Engine, id: string): Promise<void> {
  const filters = { label: [`${labels.stack}=${id}`] };
  await until(
    () =>
      askEngine(
        `remove the stack ${id}`,
        async () => {
          const containers = await docker.listContainers({ all: true, filters });
          await Promise.all(
            containers.map(({ Id }) =>
              docker.getContainer(Id).remove({ force: true, v: true }).catch(onItsWay),
            ),
          );
          const networks = await docker.listNetworks({ filters });
          if (containers.length === 0) {
            await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove().catch(onItsWay)));
          }
          return containers.length === 0 && networks.length === 0;
        },
        30_000,
      ),
    {
      withinMs: 30_000,
      code: "STACK_STAYS",
      orElse: `the engine still has parts of the stack ${id} after 30 s`,
    },
  );
  forgetStackRecord(id);
}
