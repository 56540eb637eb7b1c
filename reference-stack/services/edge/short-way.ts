import type { Tracing } from "../service/tracing.ts";
import { headerIn, headerPattern, type ShortWay } from "./acceptor.ts";
import type { MatchChannel } from "./channel.ts";
import { clientIn, streamRoute } from "./http.ts";
import { routeOf } from "./routes.ts";
import type { Streams } from "./streams.ts";

interface ShortWayOptions {
  channels: Map<string, MatchChannel>;
  streams: Streams;
  tracing: Pick<Tracing, "request">;
  synced(): boolean;
}

const lastEventId = headerPattern("last-event-id");
const traceparent = headerPattern("traceparent");
const clientId = headerPattern("x-client-id");

/** Streams of a match that is known; the HTTP server means the same by the same request. */
export function matchStreams({ channels, streams, tracing, synced }: ShortWayOptions): ShortWay {
  return {
    request: /^GET (\/api\/match\/[\w-]{1,64}\/events(?:\?[^\s#]*)?) HTTP\/1\.1\r\n/,
    open(socket, target, head) {
      const route = routeOf(target, { channels, synced: synced() });
      if (route.to !== "events") return false;
      streams.open(socket, route.channel, {
        lastEventId: headerIn(head, lastEventId),
        client: clientIn(route.query) ?? headerIn(head, clientId),
        span: tracing.request(streamRoute, headerIn(head, traceparent)),
      });
      return true;
    },
  };
}
