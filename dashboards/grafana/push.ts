import { MatchdayError } from "../../common/errors.ts";
import { dashboardFiles } from "../export.ts";
import { GrafanaClient, notAGrafana } from "./client.ts";

export interface PushOptions {
  /** The root of a Grafana. */
  url: string;
  token: string;
  /** Title of the folder that the dashboards go into; made where there is none. */
  folder: string;
}

export interface Pushed {
  title: string;
  /** Where it can be looked at. */
  url: string;
}

/** The first Grafana that the dashboards are made for. */
const oldestMajor = 10;

/**
 * Puts every dashboard into a Grafana, in place of an older one with the same uid.
 * @throws MatchdayError before anything is written, where Grafana is none, is too old, or has no Prometheus to ask
 */
export async function pushDashboards({ url, token, folder }: PushOptions): Promise<Pushed[]> {
  const grafana = new GrafanaClient(url, token);
  await checkGrafana(grafana);
  const folderUid = await folderNamed(grafana, folder);
  const pushed: Pushed[] = [];
  for (const { dashboard } of dashboardFiles()) {
    const { body } = await grafana.ask("POST", "/api/dashboards/db", {
      dashboard: { ...dashboard, id: null },
      folderUid,
      overwrite: true,
      message: "matchday dashboards push",
    });
    const path = (body as { url?: string }).url ?? `/d/${dashboard.uid}`;
    // Grafana tells the path with its own sub-path in front.
    pushed.push({ title: dashboard.title, url: new URL(path, `${grafana.url}/`).href });
  }
  return pushed;
}

interface FrontendSettings {
  buildInfo?: { version?: string };
  datasources?: Record<string, { type?: string }>;
}

/** Asks what Grafana's own page asks first: any token may, while the list of data sources is for administrators. */
async function checkGrafana(grafana: GrafanaClient): Promise<void> {
  const { body } = await grafana.ask("GET", "/api/frontend/settings", undefined, [404]);
  const { buildInfo, datasources } = (body ?? {}) as FrontendSettings;
  const version = buildInfo?.version;
  if (version === undefined || datasources === undefined) throw notAGrafana(grafana.url);
  if (Number.parseInt(version, 10) < oldestMajor)
    throw new MatchdayError("GRAFANA_TOO_OLD", `${grafana.url} is Grafana ${version}`, {
      hint: `the dashboards need Grafana ${oldestMajor} or newer`,
    });
  if (!Object.values(datasources).some(({ type }) => type === "prometheus"))
    throw new MatchdayError(
      "GRAFANA_WITHOUT_PROMETHEUS",
      `${grafana.url} has no Prometheus data source that this token may ask`,
      {
        hint: "add one, under Connections → Data sources, that scrapes the stack and the conductor",
      },
    );
}

interface Folder {
  uid: string;
  title: string;
}

async function folderNamed(grafana: GrafanaClient, title: string): Promise<string> {
  // Grafana lists at most 1,000 folders at a time.
  const { body } = await grafana.ask("GET", "/api/folders?limit=1000");
  const known = (body as Folder[]).find((folder) => folder.title === title);
  if (known) return known.uid;
  const made = await grafana.ask("POST", "/api/folders", { title });
  return (made.body as Folder).uid;
}
