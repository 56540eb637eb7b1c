/** An edge of the waiting room: gives places in the queue, and holds an event stream for each who waits. */
import { nowUs } from "../../common/clock.ts";
import { streamHead } from "../edge-kit/frames.ts";
import { runEdge } from "../edge-kit/serve-edge.ts";
import { url } from "../service-kit/config.ts";
import { defect } from "./presale/defect.ts";
import { Tokens, ticketSecret } from "./presale/tokens.ts";
import { Amnesia } from "./waiting-room/amnesia.ts";
import { Follower } from "./waiting-room/follower.ts";
import { queueStreams, waitingRoomHttp } from "./waiting-room/http.ts";
import { leaveQueue } from "./waiting-room/leaving.ts";
import { Lobby } from "./waiting-room/lobby.ts";
import { lobbyCounters, lobbyGauges } from "./waiting-room/metrics.ts";
import { askRedis, Openings } from "./waiting-room/openings.ts";
import { tickMs } from "./waiting-room/pace.ts";
import { SeatStreams } from "./waiting-room/seat-streams.ts";

const configShape = {
  REDIS_URL: url("redis", "rediss"),
  TICKET_SECRET: ticketSecret,
  DEFECT: defect,
};

await runEdge("waiting-room", configShape, ({ config, metrics, tracing, health }) => {
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
  lobbyGauges(metrics, { openings, follower });
  let tick = 0;
  const ticking = setInterval(() => {
    tick++;
    for (const room of rooms.values()) lobby.tellPositions(room, tick);
  }, tickMs);

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
  return {
    http: waitingRoomHttp(options),
    shortWay: queueStreams(options),
    streams: { clients: lobby.clients, end: (count) => lobby.end(count) },
    outlet: lobby.outlet,
    health: () => ({ ready: link.up, redis: link.up ? "up" : "down", presales: [...rooms.keys()] }),
    begin: () => follower.start(),
    async drain() {
      clearInterval(ticking);
      openings.close();
      amnesia?.close();
      await seats.stop();
    },
    close: () => follower.close(),
  };
});
