import { headerIn, headerPattern, type ShortWay } from "../../edge-kit/acceptor.ts";
import type { Streams } from "../../edge-kit/streams.ts";
import type { Tracing } from "../../service-kit/tracing.ts";
import type { MatchChannel } from "./channel.ts";
import { clientIn, streamRoute } from "./http.ts";
import { routeOf } from "./routes.ts";

interface ShortWayOptions {
  channels: Map<string, MatchChannel>;
  streams: Streams<MatchChannel>;
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
