import { z } from "zod";
import { type DefectId, defects } from "../../../common/presale.ts";

/** A planted bug, where one is asked for. */
export const defect = z.preprocess(
  (text) => (text === "" ? undefined : text),
  z.enum(Object.keys(defects) as [DefectId, ...DefectId[]]).optional(),
);
