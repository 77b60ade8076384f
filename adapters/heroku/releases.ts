/** Releases of an app, and what runs them. */
import { path } from "../http-path.ts";
import type { Client } from "./client.ts";
import { readList } from "./client.ts";
import { type Fields, fieldsOf, notUnderstood, textOf, wholeOf } from "./shapes.ts";

export interface Release {
  readonly version: number;
  readonly status: string;
  readonly current: boolean;
  readonly description: string;
  readonly createdAt: string | undefined;
  readonly by: string | undefined;
}

export interface Dyno {
  readonly name: string;
  readonly state: string;
  readonly version: number;
}

/** Newest first, as far as the first of which `last` says yes. */
export async function readReleases(
  client: Client,
  app: string,
  last: (release: Release) => boolean,
  signal: AbortSignal,
): Promise<readonly Release[]> {
  const enough = (items: readonly Fields[]) => items.map(releaseOf).some(last);
  const listing = { path: path`/apps/${app}/releases`, range: "version ..; order=desc,max=20", enough };
  return (await readList(client, listing, signal)).map(releaseOf);
}

function releaseOf(item: Fields): Release {
  const [version, status] = [wholeOf(item["version"]), textOf(item["status"])];
  if (version === undefined || status === undefined) throw notUnderstood("GET /apps/{}/releases");
  return {
    version,
    status,
    current: item["current"] === true,
    description: textOf(item["description"]) ?? "",
    createdAt: textOf(item["created_at"]),
    by: textOf(fieldsOf(item["user"])["email"]),
  };
}

export async function readDynos(client: Client, app: string, signal: AbortSignal): Promise<readonly Dyno[]> {
  const listing = { path: path`/apps/${app}/dynos`, range: "name ..; max=200" };
  return (await readList(client, listing, signal)).map((item) => {
    const version = wholeOf(fieldsOf(item["release"])["version"]);
    const [name, state] = [textOf(item["name"]), textOf(item["state"])];
    if (version === undefined || name === undefined || state === undefined) throw notUnderstood("GET /apps/{}/dynos");
    return { name, state, version };
  });
}

/** The one whose config vars the app shows and its dynos get. Pure. */
export function inForce(releases: readonly Release[]): Release | undefined {
  return releases.find(({ current }) => current) ?? releases.find(({ status }) => status === "succeeded");
}

/** True where the description says that one of these config vars was changed: `Set FOO, BAR config vars`. Pure. */
export function names(release: Release, keys: readonly string[]): boolean {
  if (!/\bconfig vars?\b/i.test(release.description)) return false;
  const words = new Set(release.description.split(/[^\w]+/));
  return keys.some((key) => words.has(key));
}
