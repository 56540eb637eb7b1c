import { stringify } from "yaml";
import { type AlertRule, budgetRules, buyerRules, fanRules, instrumentRules } from "./rules.ts";

const group = (name: string, rules: readonly AlertRule[]) => ({
  name,
  interval: "1s",
  rules: rules.map(({ alert, expr, for: holds, severity, summary, description, remedy }) => ({
    alert,
    expr,
    for: holds,
    labels: { severity },
    annotations: { summary, description, remedy },
  })),
});

/** A rule file of Prometheus. */
export const renderRules = () =>
  stringify(
    {
      groups: [
        group("matchday-fans", fanRules),
        group("matchday-budgets", budgetRules),
        group("matchday-buyers", buyerRules),
        group("matchday-instrument", instrumentRules),
      ],
    },
    { lineWidth: 0 },
  );
