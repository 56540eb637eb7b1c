/** What a template names: captures, and the steps of its keys; or what is wrong with it. */
export interface TemplateNames {
  captures: string[];
  keysOf: string[];
  problems: string[];
}

const captureName = /^[A-Za-z_][\w-]*$/;
const builtIns = ["client", "journey", "random"];

export const isCaptureName = (name: string) => captureName.test(name) && !builtIns.includes(name);

/** Reads a template as the crowd does: `{name}`, `{key:STEP}`, `{pick:a|b}`, `{hash:TEXT}` in which values stand in `[…]`; `{{` is a brace. */
export function namesIn(text: string): TemplateNames {
  const names: TemplateNames = { captures: [], keysOf: [], problems: [] };
  read(text, "{", "}", names);
  return names;
}

function read(text: string, opening: string, closing: string, names: TemplateNames): void {
  let at = text.indexOf(opening);
  while (at >= 0) {
    if (text[at + 1] === opening) {
      at = text.indexOf(opening, at + 2);
      continue;
    }
    const end = text.indexOf(closing, at);
    if (end < 0) {
      names.problems.push(
        `${text.slice(at, at + 40)} is not closed; ${opening}${opening} is a bracket itself`,
      );
      return;
    }
    readValue(text.slice(at + 1, end), names);
    at = text.indexOf(opening, end + 1);
  }
}

function readValue(value: string, names: TemplateNames): void {
  const [kind, ...rest] = value.split(":");
  const argument = rest.join(":");
  if (builtIns.includes(value)) return;
  if (rest.length > 0 && kind === "key") names.keysOf.push(argument);
  else if (rest.length > 0 && kind === "hash") read(argument, "[", "]", names);
  else if (rest.length > 0 && kind === "pick") {
    if (argument.split("|").some((choice) => choice === ""))
      names.problems.push(`{${value}} has an empty choice`);
  } else if (isCaptureName(value)) names.captures.push(value);
  else {
    names.problems.push(
      `{${value}} is neither a capture nor {client}, {journey}, {random}, {key:STEP}, {pick:A|B}, {hash:TEXT}`,
    );
  }
}

/** `$`, `$.seats[0]`, `$["a b"]`: the part of JSONPath that names exactly one value. */
export const isJsonPath = (text: string) =>
  /^\$(\.[^.[\]*?@'" ]+|\[\d+\]|\["[^"]*"\]|\['[^']*'\])*$/.test(text);
