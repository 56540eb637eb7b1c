import { z } from "zod";
import { MatchdayError } from "../common/errors.ts";
import type { StackControl } from "../reference-stack/handle.ts";
import type { FaultKind, StackShape, UndoStep } from "./contract.ts";
import { faultKind } from "./fault-kind.ts";
import { edgesOf } from "./stack-shape.ts";

interface EdgePreset {
  id: string;
  title: string;
  /** What is said of the edge on the charts: `edge down`. */
  band: string;
  undo: "restart-part" | "unpause-part";
  inject(edge: string, stack: StackControl): Promise<void>;
}

/** Something that happens to one edge: the one that the experiment names, else the last. */
export function edgeFault({ id, title, band, undo, inject }: EdgePreset): FaultKind {
  const chosen = (edge: string | undefined, stack: StackShape | StackControl): string => {
    const found = edge ?? edgesOf(stack).at(-1);
    if (found !== undefined) return found;
    throw new MatchdayError("FAULT_TARGET_UNKNOWN", `${id}: this stack has no edge`, {
      hint: "use another fault, or a stack with edges",
    });
  };
  return faultKind({
    id,
    title,
    options: z.strictObject({
      edge: z
        .string()
        .regex(/^edge-\d+$/, "an edge is called edge-1, edge-2 …")
        .optional(),
    }),
    defaults: { edge: null },
    misfits({ edge }, stack) {
      const edges = edgesOf(stack);
      if (edge === undefined ? edges.length > 0 : edges.includes(edge)) return [];
      return [
        {
          code: "FAULT_TARGET_UNKNOWN",
          fact: edge === undefined ? "this stack has no edge" : `this stack has no ${edge}`,
          remedy: edges.length > 0 ? `its edges are ${edges.join(", ")}` : "use another fault",
          option: "edge",
        },
      ];
    },
    touches: ({ edge }, stack) => [chosen(edge, stack)],
    target: ({ edge }, stack) => chosen(edge, stack),
    band: ({ edge }) =>
      edge === undefined ? `Last ${band}` : `${edge.replace("edge", "Edge")} ${band.replace("edge ", "")}`,
    undo: ({ edge }, stack): UndoStep[] => [{ do: undo, part: chosen(edge, stack) }],
    inject: ({ edge }, stack) => inject(chosen(edge, stack), stack),
  });
}
