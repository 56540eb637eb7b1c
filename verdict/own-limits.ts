import type { Evidence } from "./evidence.ts";
import type { Reason } from "./trust.ts";
import { countOf } from "./words.ts";

/** What this machine says when it lets a generator open no more connections, in the words of Linux and macOS. */
const refusals: [words: RegExp, cure: string][] = [
  [/too many open files( in system)?$/, "raise the limit of open files (ulimit -n; matchday doctor)"],
  [
    /(cannot|can't) assign requested address$|address already in use$/,
    "widen the range of outgoing ports (net.ipv4.ip_local_port_range)",
  ],
  [/no buffer space available$|cannot allocate memory$/, "end other programs, or use more memory"],
];

/** Before anything has reached the stack: of a stream that is being opened, or of a request of a journey. */
const opening = /^(connect|request .+): /;

/** Of the clients; fewer have tried again, and do not turn a verdict. */
const refusedShare = 0.001;

/** Connections that never left this machine say nothing of the stack. */
export function ownLimits({ plan, record }: Evidence): Reason[] {
  const causes = record.generators.flatMap(({ final }) => Object.entries(final?.errors ?? {}));
  return refusals.flatMap(([words, cure]) => {
    const refused = causes.filter(([cause]) => opening.test(cause) && words.test(cause));
    const count = refused.reduce((sum, [, times]) => sum + times, 0);
    if (count <= refusedShare * plan.clients) return [];
    const said = refused[0]![0].replace(opening, "");
    return [
      {
        fact: `the generators' own machine refused them ${countOf(count, "connection")}: ${said}`,
        cure: `${cure}, or use fewer clients`,
      },
    ];
  });
}
