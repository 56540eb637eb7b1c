import { stringify } from "yaml";
import type { Endpoint } from "../../../topology.ts";
import { dashboardsIn } from "./dashboard-files.ts";
import type { Provision } from "./provision.ts";

/** The image's own: others of its folders are looked for too. */
const provisioningDir = "/etc/grafana/provisioning";
const dashboardsDir = "/etc/matchday/dashboards";
const home = "match-day.json";

const http = ({ host, port }: Endpoint) => `http://${host}:${port}`;

/** Opens without a login, to look at and to explore; nothing can be changed, so there is no password to know. */
const settings = {
  GF_PATHS_PROVISIONING: provisioningDir,
  // Its database is built by some hundred migrations at each start: in memory, ready after 2 s in place of 3 to 6.
  GF_PATHS_DATA: "/tmp/grafana",
  GF_AUTH_ANONYMOUS_ENABLED: "true",
  GF_AUTH_ANONYMOUS_ORG_ROLE: "Viewer",
  // The way from a panel to its traces leads through Explore, which viewers get by this only (Grafana 10).
  GF_USERS_VIEWERS_CAN_EDIT: "true",
  GF_AUTH_DISABLE_LOGIN_FORM: "true",
  GF_AUTH_BASIC_ENABLED: "false",
  GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION: "true",
  GF_USERS_ALLOW_SIGN_UP: "false",
  GF_DASHBOARDS_MIN_REFRESH_INTERVAL: "1s",
  // It tells nobody that it runs, and asks nobody for news.
  GF_ANALYTICS_REPORTING_ENABLED: "false",
  GF_ANALYTICS_CHECK_FOR_UPDATES: "false",
  GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: "false",
  GF_ANALYTICS_FEEDBACK_LINKS_ENABLED: "false",
  GF_NEWS_NEWS_FEED_ENABLED: "false",
  GF_SNAPSHOTS_EXTERNAL_ENABLED: "false",
  GF_SECURITY_DISABLE_GRAVATAR: "true",
  // Alerts are Prometheus' own rules.
  GF_UNIFIED_ALERTING_ENABLED: "false",
  GF_LOG_LEVEL: "warn",
};

export const grafana: Provision = ({ addresses, dashboardsDir: from }) => {
  const dashboards = dashboardsIn(from);
  const datasources = {
    apiVersion: 1,
    datasources: [
      {
        name: "Prometheus",
        uid: "prometheus",
        type: "prometheus",
        access: "proxy",
        url: http(addresses.part("prometheus", "http")),
        isDefault: true,
        jsonData: { timeInterval: "1s", httpMethod: "POST" },
      },
      {
        name: "Jaeger",
        uid: "jaeger",
        type: "jaeger",
        access: "proxy",
        url: http(addresses.part("jaeger", "query")),
      },
    ],
  };
  const providers = {
    apiVersion: 1,
    providers: [{ name: "matchday", folder: "Matchday", type: "file", options: { path: dashboardsDir } }],
  };
  const isHome = dashboards.some(({ name }) => name === home);
  return {
    env: {
      ...settings,
      ...(isHome ? { GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: `${dashboardsDir}/${home}` } : {}),
    },
    tmpfs: ["/tmp"],
    files: [
      { path: `${provisioningDir}/datasources/matchday.yaml`, content: stringify(datasources) },
      // Without a dashboard there is no folder to read.
      ...(dashboards.length === 0
        ? []
        : [{ path: `${provisioningDir}/dashboards/matchday.yaml`, content: stringify(providers) }]),
      ...dashboards.map(({ name, content }) => ({ path: `${dashboardsDir}/${name}`, content })),
    ],
  };
};
