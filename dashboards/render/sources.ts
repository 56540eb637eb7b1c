/** Where panels ask: template variables, so that the same files work in anybody's Grafana. */
import {
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  VariableHide,
} from "@grafana/grafana-foundation-sdk/dashboard";

/** What Grafana fills in: `${name}`. */
export const filledIn = (name: string) => `\${${name}}`;

export const prometheus = { type: "prometheus", uid: filledIn("prometheus") };

/** The uids that our own Grafana is provisioned with come first; elsewhere the first of its type is taken. */
export const sourceVariables = () => [
  variable("prometheus", "Prometheus", VariableHide.DontHide),
  variable("jaeger", "Jaeger", VariableHide.HideVariable),
];

const variable = (type: string, label: string, hide: VariableHide) =>
  new DatasourceVariableBuilder(type)
    .label(label)
    .type(type)
    .hide(hide)
    .current({ selected: false, text: label, value: type });

/** Grafana's Explore on the traces of a part, in the time that is looked at. */
export function tracesUrl(service: string): string {
  const pane = {
    // A variable of data sources is filled in with a name by older Grafanas, with a uid by newer ones: both are known here.
    datasource: filledIn("jaeger"),
    queries: [{ refId: "A", queryType: "search", service, limit: 50 }],
    range: { from: filledIn("__from"), to: filledIn("__to") },
  };
  // What stands in ${…} is Grafana's to fill in, also within the address.
  const left = encodeURIComponent(JSON.stringify(pane)).replaceAll(/%24%7B([\w.]+)%7D/g, "$${$1}");
  return `/explore?left=${left}`;
}

/** At the top of each dashboard: the others, and the traces. */
export const boardLinks = (tracesOf: string) => [
  new DashboardLinkBuilder("Matchday")
    .type(DashboardLinkType.Dashboards)
    .tags(["matchday"])
    .keepTime(true)
    .includeVars(true),
  new DashboardLinkBuilder("Traces")
    .type(DashboardLinkType.Link)
    .icon("external link")
    .tooltip(`Traces of ${tracesOf} in Jaeger`)
    .url(tracesUrl(tracesOf))
    .targetBlank(true),
];
