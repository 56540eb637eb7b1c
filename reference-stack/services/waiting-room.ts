/** An edge of the waiting room: gives places in the queue, and holds an event stream for each who waits. */
import { z } from "zod";
import { nowUs } from "../../common/clock.ts";
import { Acceptor } from "./edge/acceptor.ts";
import { closeConnections, endStreams } from "./edge/drain.ts";
import { streamHead } from "./edge/frames.ts";
import { Heartbeat } from "./edge/heartbeat.ts";
import { defect } from "./presale/defect.ts";
import { Tokens, ticketSecret } from "./presale/tokens.ts";
import { startAdmin } from "./service/admin.ts";
import { count, readConfig, servicePorts, url } from "./service/config.ts";
import { ServiceMetrics } from "./service/metrics.ts";
import { type RunningService, runService } from "./service/run.ts";
import { startTracing, tracingShape } from "./service/start-tracing.ts";
import { Amnesia } from "./waiting-room/amnesia.ts";
import { Follower } from "./waiting-room/follower.ts";
import { queueStreams, waitingRoomHttp } from "./waiting-room/http.ts";
import { leaveQueue } from "./waiting-room/leaving.ts";
import { Lobby } from "./waiting-room/lobby.ts";
import { lobbyCounters, lobbyGauges } from "./waiting-room/metrics.ts";
import { askRedis, Openings } from "./waiting-room/openings.ts";
import { tickMs } from "./waiting-room/pace.ts";
import { SeatStreams } from "./waiting-room/seats-stream.ts";

const configShape = {
  ...servicePorts,
  ...tracingShape,
  EDGE_NAME: z.string().regex(/^[\w-]{1,64}$/),
  REDIS_URL: url("redis", "rediss"),
  TICKET_SECRET: ticketSecret,
  DEFECT: defect,
  SLOW_BYTES: count(64 * 1024),
  /** How long a drain is spread over. */
  DRAIN_MS: count(1000),
};

async function startWaitingRoom(): Promise<RunningService> {
  const config = readConfig(configShape, process.env);
  const metrics = new ServiceMetrics(config.EDGE_NAME);
  const tracing = await startTracing(config.EDGE_NAME, config, metrics);
  const tokens = new Tokens(config.TICKET_SECRET);
  const head = streamHead(config.EDGE_NAME);
  const counters = lobbyCounters(metrics);
  const follower = new Follower({
    url: config.REDIS_URL,
    metrics,
    onEntry: (room, entry) => lobby.apply(room, entry),
    onBack(rooms) {
      for (const room of rooms) lobby.recheck(room);
      openings.wake();
    },
    onGone: (room) => lobby.end(Number.POSITIVE_INFINITY, room),
  });
  const { link, rooms } = follower;
  const amnesia = config.DEFECT === "queue-amnesia" ? new Amnesia(link) : undefined;
  const openings: Openings = new Openings({
    link,
    ask: amnesia?.ask ?? askRedis,
    answered: (opening, answer) => lobby.answered(opening, answer),
    doesWithout: (opening) => lobby.doesWithout(opening),
  });
  const lobby: Lobby = new Lobby({
    head: head.toString("latin1"),
    tokens,
    askFor: (opening) => openings.add(opening),
    redisUp: () => link.up,
    onOpened: counters.opened,
    onRefused: counters.refused,
    onSlow: counters.slow,
  });
  const seats = new SeatStreams({
    redis: link,
    metrics,
    head,
    presale: (event) => rooms.get(event),
    synced: () => follower.synced,
  });
  const heartbeat = new Heartbeat(lobby.clients, lobby, counters.givenUp);
  lobbyGauges(metrics, { lobby, openings, follower });
  let tick = 0;
  const ticking = setInterval(() => {
    tick++;
    for (const room of rooms.values()) lobby.tellPositions(room, tick);
  }, tickMs);

  let stopping = false;
  const health = () => ({
    healthy: !stopping,
    ready: !stopping && link.up,
    redis: link.up ? "up" : "down",
    connections: lobby.clients.size,
    presales: [...rooms.keys()],
  });
  const context = () => ({ rooms, tokens, synced: follower.synced, nowUs: nowUs() });
  const options = {
    edge: config.EDGE_NAME,
    lobby,
    tracing,
    context,
    health,
    refused: counters.refused,
    seats: seats.answer.bind(seats),
    leave: (event: string, query: URLSearchParams) => leaveQueue(link, event, query, context()),
  };
  const acceptor = new Acceptor({
    http: waitingRoomHttp(options),
    shortWay: queueStreams(options),
    slowBytes: config.SLOW_BYTES,
  });
  const admin = await startAdmin(config, metrics, health, { tracing });
  await acceptor.listen(config.PORT, config.HOST);
  follower.start();
  return {
    async stop() {
      stopping = true;
      clearInterval(ticking);
      heartbeat.stop();
      acceptor.stopAccepting();
      openings.close();
      amnesia?.close();
      await endStreams(lobby.clients, (count) => lobby.end(count), config.DRAIN_MS);
      await seats.stop();
      await closeConnections(acceptor);
      await follower.close();
      await tracing.close();
      await admin.close();
    },
  };
}

await runService("waiting-room", startWaitingRoom);
