import { TableCellBackgroundDisplayMode, TableCellDisplayMode } from "@grafana/grafana-foundation-sdk/common";
import { MappingType, SpecialValueMatch, type ValueMapping } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import type { MatrixPanel } from "../model.ts";
import { byMapping } from "./fields.ts";

/** What Grafana's transformation calls the first column of the matrix that it makes. */
const firstColumn = "row\\column";

export function matrix({ rowsAre, colours = {}, whileNone }: MatrixPanel): PanelBuilder {
  return new PanelBuilder()
    .colorScheme(byMapping())
    .mappings([
      ...Object.entries(colours).map(([beginning, color], index) => byBeginning(beginning, color, index)),
      emptyCell,
    ])
    .cellOptions({ type: TableCellDisplayMode.ColorBackground, mode: TableCellBackgroundDisplayMode.Basic })
    .noValue(whileNone)
    .minWidth(80)
    .withTransformation({
      id: "groupingToMatrix",
      options: { rowField: "row", columnField: "column", valueField: "cell", emptyValue: "empty" },
    })
    .withTransformation({ id: "sortBy", options: { sort: [{ field: firstColumn }] } })
    .withTransformation({ id: "organize", options: { renameByName: { [firstColumn]: rowsAre } } })
    .overrideByName(rowsAre, [{ id: "custom.width", value: 275 }])
    .overrideByRegexp("/ allowed$/", [{ id: "custom.width", value: 205 }]);
}

/** Where it has no text, Grafana would write what stands for a panel without data. */
const emptyCell: ValueMapping = {
  type: MappingType.SpecialValue,
  options: { match: SpecialValueMatch.Empty, result: { text: "–", index: 99 } },
};

const byBeginning = (beginning: string, color: string, index: number): ValueMapping => ({
  type: MappingType.RegexToText,
  options: { pattern: `^${beginning}.*$`, result: { color, index } },
});
