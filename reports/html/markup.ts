import { visible } from "../../common/visible.ts";

/** Text that is HTML already; everything else is escaped where it is put in. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Content = Markup | string | number | false | null | undefined | Content[];

const escapes: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character]!);
}

/** Markup from a template; what is put in is escaped unless it is markup itself. Attributes are always quoted. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Markup {
  let text = strings[0]!;
  for (const [index, content] of contents.entries()) text += textOf(content) + strings[index + 1]!;
  return new Markup(text);
}

function textOf(content: Content): string {
  if (content === null || content === undefined || content === false) return "";
  if (Array.isArray(content)) return content.map(textOf).join("");
  return content instanceof Markup ? content.text : escapeHtml(visible(String(content)));
}

/** JSON that can stand in a `script` element: nothing in it ends the element or opens a comment. */
export function jsonForScript(value: unknown): Markup {
  return new Markup(
    JSON.stringify(value).replace(
      /[<>&\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    ),
  );
}
