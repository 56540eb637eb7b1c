import type {
  BranchStep,
  EventMatch,
  Journey,
  JourneyEnd,
  JourneyStep,
  RequestStep,
  StreamStep,
  ThinkStep,
  WaitStep,
} from "../../common/journey.ts";
import type { CapturesIn, KeysIn, To } from "./names.ts";

type Written<Step, Typed extends string> = Omit<Step, "name" | "do" | Typed>;

interface StreamText<Path extends string, To_ extends string, Capture extends string>
  extends Written<StreamStep, "path" | "on" | "listen"> {
  path: Path;
  on?: Record<string, To<To_>>;
  listen?: Event<Capture>[];
}

interface Event<Capture extends string> extends Omit<EventMatch, "capture"> {
  capture?: Record<Capture, string>;
}

interface RequestText<Path extends string, To_ extends string, Capture extends string>
  extends Written<RequestStep, "path" | "on" | "capture"> {
  path: Path;
  on: Record<string, To<To_> | "next">;
  capture?: Record<Capture, string>;
}

interface WaitText<To_ extends string, Capture extends string>
  extends Written<WaitStep, "for" | "onTimeout"> {
  for: readonly (Event<Capture> & { next?: To<To_> })[];
  onTimeout: To<To_>;
}

interface BranchText<On extends string, To_ extends string>
  extends Written<BranchStep, "on" | "cases" | "else"> {
  on: On;
  cases: Record<string, To<To_>>;
  else?: To<To_>;
}

/** Asked for by `build` where a name is used that no step has, or that none captures. */
type Unknown<Step extends string, Capture extends string> = [Step | Capture] extends [never]
  ? []
  : [thereIsNo: { step: Step; capture: Capture }];

/**
 * Writes a journey down, step by step, and compiles it to data (`common/journey.ts`). Steps and captures that are named in
 * paths, branches and jumps are known to the compiler; `journeyProblems` checks all else before anything starts.
 */
class JourneyBuilder<
  Steps extends string = never,
  Captures extends string = never,
  NamedSteps extends string = never,
  NamedCaptures extends string = never,
> {
  readonly #journey: Omit<Journey, "steps">;
  readonly #steps: readonly JourneyStep[];

  constructor(journey: Omit<Journey, "steps">, steps: readonly JourneyStep[]) {
    this.#journey = journey;
    this.#steps = steps;
  }

  /** Opens an event stream that stays open beside all that follows. */
  stream<
    const Name extends string,
    const Path extends string,
    const Next extends string = never,
    const Capture extends string = never,
  >(name: Name, step: StreamText<Path, Next, Capture>) {
    return this.#with<Name, Capture, Next | KeysIn<Path>, CapturesIn<Path>>({ ...step, name, do: "stream" });
  }

  request<
    const Name extends string,
    const Path extends string,
    const Next extends string = never,
    const Capture extends string = never,
  >(name: Name, step: RequestText<Path, Next, Capture>) {
    return this.#with<Name, Capture, Next | KeysIn<Path>, CapturesIn<Path>>({ ...step, name, do: "request" });
  }

  /** Waits for one of several events of the stream. */
  waitFor<const Name extends string, const Next extends string = never, const Capture extends string = never>(
    name: Name,
    step: WaitText<Next, Capture>,
  ) {
    return this.#with<Name, Capture, Next, never>({ ...step, name, do: "wait" });
  }

  /** Reads, chooses, hesitates; some give up meanwhile. */
  think<const Name extends string>(
    name: Name,
    time: ThinkStep["time"],
    abandon?: NonNullable<ThinkStep["abandon"]>,
  ) {
    return this.#with<Name, never, never, never>({
      name,
      do: "think",
      time,
      ...(abandon === undefined ? {} : { abandon }),
    });
  }

  branch<const Name extends string, const On extends string, const Next extends string = never>(
    name: Name,
    step: BranchText<On, Next>,
  ) {
    return this.#with<Name, never, Next, On>({ ...step, name, do: "branch" });
  }

  end<const Name extends string>(name: Name, { end, cause }: { end: JourneyEnd; cause: string }) {
    return this.#with<Name, never, never, never>({ name, do: "end", end, cause });
  }

  build(..._unknown: Unknown<Exclude<NamedSteps, Steps>, Exclude<NamedCaptures, Captures>>): Journey {
    return { ...this.#journey, steps: [...this.#steps] };
  }

  #with<Step extends string, Capture extends string, ToStep extends string, Used extends string>(
    step: JourneyStep,
  ): JourneyBuilder<Steps | Step, Captures | Capture, NamedSteps | ToStep, NamedCaptures | Used> {
    return new JourneyBuilder(this.#journey, [...this.#steps, step]);
  }
}

/** @param share of the crowd that walks it */
export function journey(id: string, { share }: { share: number }): JourneyBuilder {
  return new JourneyBuilder({ id, share }, []);
}
