import type { Problem } from "../../common/errors.ts";
import type { Journey, JourneyEnd, JourneyStep } from "../../common/journey.ts";
import type { SystemWords } from "../../common/systems.ts";
import { Flow } from "./flow.ts";
import { stepProblems } from "./step-problems.ts";
import { isCaptureName, isJsonPath } from "./template.ts";
import { capturesOf, eventsOf, namesOf, waysOf } from "./uses.ts";

/** Shares add up to 1, but for what binary fractions miss. */
const shareError = 1e-6;

const ends: Record<JourneyEnd, true> = { completed: true, rejected: true, abandoned: true, failed: true };

/**
 * What is wrong with a journey: every problem at once, each with file, journey and step.
 * @param file the scenario, or the user's own file
 * @param system what can be asked and heard there; without it, targets and events are not looked at
 */
export function journeyProblems(
  journey: Journey,
  file: string,
  system?: Pick<SystemWords, "targets" | "events">,
): Problem[] {
  return new JourneyCheck(journey, file, system).problems();
}

/** The same for all journeys of a crowd. */
export function crowdJourneyProblems(
  journeys: Journey[],
  file: string,
  system?: Pick<SystemWords, "targets" | "events">,
): Problem[] {
  const problems = journeys.flatMap((journey) => journeyProblems(journey, file, system));
  for (const id of twice(journeys.map((journey) => journey.id))) {
    problems.push({
      code: "JOURNEY_REPEATED",
      fact: `${file}: there are two journeys "${id}"`,
      remedy: "give each a name of its own",
    });
  }
  const sum = journeys.reduce((total, { share }) => total + share, 0);
  if (journeys.length > 0 && Math.abs(sum - 1) > shareError) {
    problems.push({
      code: "JOURNEY_SHARES",
      fact: `${file}: the shares of ${journeys.map(({ id, share }) => `${id} ${share}`).join(", ")} add up to ${sum}`,
      remedy: "make them 1 together",
    });
  }
  return problems;
}

class JourneyCheck {
  readonly #journey: Journey;
  readonly #file: string;
  readonly #system: Pick<SystemWords, "targets" | "events"> | undefined;
  readonly #problems: Problem[] = [];

  constructor(journey: Journey, file: string, system: Pick<SystemWords, "targets" | "events"> | undefined) {
    this.#journey = journey;
    this.#file = file;
    this.#system = system;
  }

  problems(): Problem[] {
    const { id, share, steps } = this.#journey;
    const wrong = (fact: string, remedy: string) => this.#add("JOURNEY_INVALID", undefined, fact, remedy);
    if (!/^[\w-]+$/.test(id)) wrong("its id is not of letters, digits, _ and -", 'write journey("buyer")');
    if (!(share >= 0 && share <= 1)) wrong(`its share is ${share}`, "give a share from 0 to 1");
    if (steps.length === 0) wrong("it has no steps", "begin with stream or request");
    for (const name of twice(steps.map((step) => step.name))) {
      wrong(`there are two steps "${name}"`, "give each a name of its own");
    }
    const flow = new Flow(this.#journey);
    for (const [index, step] of steps.entries()) this.#check(step, index, flow);
    return this.#problems;
  }

  #check(step: JourneyStep, index: number, flow: Flow): void {
    for (const { fact, remedy } of stepProblems(step)) this.#add("JOURNEY_INVALID", step, fact, remedy);
    this.#checkWays(step);
    this.#checkCaptures(step, index, flow);
    this.#checkEvents(step, index, flow);
    if ("target" in step && this.#system && !this.#system.targets.includes(step.target)) {
      const known = this.#system.targets.join(", ");
      this.#add(
        "JOURNEY_TARGET_UNKNOWN",
        step,
        `there is no target "${step.target}"`,
        `choose one of: ${known}`,
      );
    }
    if (!flow.reached(index)) {
      this.#add(
        "JOURNEY_STEP_UNREACHED",
        step,
        "no way leads to it",
        "let a step lead to it, or take it out",
      );
    }
    if (flow.endless(index)) {
      this.#add(
        "JOURNEY_ENDLESS",
        step,
        "it leads back to itself by branches alone",
        "let the client think between",
      );
    }
  }

  #checkWays(step: JourneyStep): void {
    const names = this.#journey.steps.map(({ name }) => name);
    for (const { of, to } of waysOf(step)) {
      if (to === "next") continue;
      if ("step" in to) {
        if (!names.includes(to.step)) this.#stepUnknown(step, `${of} leads to step "${to.step}"`);
      } else if (!(to.end in ends) || to.cause === "") {
        this.#add(
          "JOURNEY_INVALID",
          step,
          `${of} ends as "${to.end}" for the cause "${to.cause}"`,
          `end as ${Object.keys(ends).join(", ")}, and say why`,
        );
      }
    }
    for (const name of namesOf(step).keysOf) {
      if (!names.includes(name)) this.#stepUnknown(step, `{key:${name}} names step "${name}"`);
    }
  }

  #checkCaptures(step: JourneyStep, index: number, flow: Flow): void {
    const { captures, problems } = namesOf(step);
    for (const fact of problems) {
      this.#add("JOURNEY_TEMPLATE_INVALID", step, fact, "see Journey in common/journey.ts");
    }
    const { steps } = this.#journey;
    const given = steps.flatMap((one, at) =>
      flow.gives(at, index) ? capturesOf(one).map(([name]) => name) : [],
    );
    for (const name of captures.filter((each) => !given.includes(each))) {
      const elsewhere = steps.find((one) => capturesOf(one).some(([capture]) => capture === name));
      this.#add(
        "JOURNEY_CAPTURE_UNKNOWN",
        step,
        `{${name}} is captured by no step before it${elsewhere ? ` (step "${elsewhere.name}" comes later)` : ""}`,
        given.length > 0 ? `there are ${[...new Set(given)].join(", ")}` : "capture it in a step before",
      );
    }
    for (const [name, from] of capturesOf(step)) {
      const answer = step.do === "request" && (from === "status" || /^header:[\w-]+$/.test(from));
      if (isCaptureName(name) && (answer || isJsonPath(from))) continue;
      this.#add(
        "JOURNEY_CAPTURE_INVALID",
        step,
        `capture ${name} from "${from}"`,
        `a name of letters, digits, _ and -; from a JSON path${step.do === "request" ? ", header:Name or status" : ""}`,
      );
    }
  }

  #checkEvents(step: JourneyStep, index: number, flow: Flow): void {
    if (step.do === "wait" && flow.streamsBefore(index).length === 0) {
      this.#add(
        "JOURNEY_STREAM_MISSING",
        step,
        "it waits, and no step before it opens a stream",
        "open one before",
      );
    }
    for (const { event, where = {}, age } of eventsOf(step)) {
      if (event === "" || (this.#system && !this.#system.events.includes(event))) {
        const known = this.#system?.events.join(", ") ?? "named";
        this.#add(
          "JOURNEY_EVENT_UNKNOWN",
          step,
          `no stream brings an event "${event}"`,
          `events are ${known}`,
        );
      }
      for (const path of [...Object.keys(where), ...(age ? [age.path] : [])].filter(
        (each) => !isJsonPath(each),
      )) {
        this.#add("JOURNEY_PATH_INVALID", step, `"${path}" is no JSON path`, "write $.name, $[0] or $");
      }
    }
  }

  #stepUnknown(step: JourneyStep, fact: string): void {
    const known = this.#journey.steps.map(({ name }) => name).join(", ");
    this.#add("JOURNEY_STEP_UNKNOWN", step, `${fact}, which there is not`, `its steps are ${known}`);
  }

  #add(code: string, step: JourneyStep | undefined, fact: string, remedy: string): void {
    const where = `${this.#file}: journey "${this.#journey.id}"${step ? `, step "${step.name}"` : ""}`;
    this.#problems.push({ code, fact: `${where}: ${fact}`, remedy });
  }
}

function twice(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
