/** Secrets of one folder, in whichever of Infisical's two interfaces the instance has. */
import { path } from "../http-path.ts";
import type { Path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import type { Ask, Told } from "./api.ts";
import { at, isPlaceMissing, isRouteMissing, notUnderstood, numberAt, textAt, yes } from "./api.ts";
import type { Session } from "./session.ts";

export interface Place {
  readonly project: string;
  readonly environment: string;
  readonly path: string;
}

export interface Shown {
  /** Infisical's id of the secret and its version: each write gives another one. */
  readonly version: string;
  /** Absent where Infisical does not show it. */
  readonly value: Secret | undefined;
  /** Infisical itself rotates this one, and drops what others write. */
  readonly isRotated: boolean;
  readonly changedAt: string | undefined;
  readonly changedBy: string | undefined;
}

export type Change = "POST" | "PATCH" | "DELETE";

export interface Secrets {
  /** The shared secret of this name; undefined where there is none, or no such folder. */
  read(place: Place, name: string, wantsValue: boolean, signal: AbortSignal): Promise<Shown | undefined>;
  /** One transaction. An answer of any status. PATCH makes what is missing. */
  change(place: Place, change: Change, entries: Entries, signal: AbortSignal): Promise<Told>;
}

/** Values by name; what is removed has none. */
export type Entries = ReadonlyMap<string, Secret | undefined>;

interface Dialect {
  readonly project: "projectId" | "workspaceId";
  one(name: string): Path;
  readonly batch: Path;
}

const V4: Dialect = {
  project: "projectId",
  one: (name) => path`/api/v4/secrets/${name}`,
  batch: path`/api/v4/secrets/batch`,
};
const V3: Dialect = {
  project: "workspaceId",
  one: (name) => path`/api/v3/secrets/raw/${name}`,
  batch: path`/api/v3/secrets/batch/raw`,
};

export function openSecrets(session: Session, wanted: "auto" | "v4" | "v3"): Secrets {
  const speak = speaker(session, [V4, V3], wanted === "auto" ? undefined : wanted === "v4" ? V4 : V3);
  return {
    read: async (place, name, wantsValue, signal) => {
      const told = await speak((dialect) => reading(dialect, place, name, wantsValue), signal);
      return isPlaceMissing(told) ? undefined : shownOf(at(yes(told).body, "secret"), told);
    },
    change: async (place, change, entries, signal) =>
      speak((dialect) => changing(dialect, place, change, entries), signal),
  };
}

/** Asks in the first way, and in the second where the instance has no such route; found out once. */
export function speaker<Way>(
  session: Session,
  [first, second]: readonly [Way, Way],
  fixed?: Way,
): (ask: (way: Way) => Ask, signal: AbortSignal) => Promise<Told> {
  let known = fixed;
  return async (ask, signal) => {
    if (known !== undefined) return session.send(ask(known), signal);
    const told = await session.send(ask(first), signal);
    if (isRouteMissing(told)) {
      known = second;
      return session.send(ask(second), signal);
    }
    // An answer of a proxy, or of an instance that is busy, is no sign of the route.
    if (told.status < 500 && told.status !== 429 && (told.status < 300 || told.code !== undefined)) known = first;
    return told;
  };
}

function reading(dialect: Dialect, place: Place, name: string, wantsValue: boolean): Ask {
  const query = {
    [dialect.project]: place.project,
    environment: place.environment,
    secretPath: place.path,
    // Each user may have an own one under the same name: that is never meant.
    type: "shared",
    viewSecretValue: String(wantsValue),
    expandSecretReferences: "false",
    include_imports: "false",
  };
  return { method: "GET", path: dialect.one(name), query, effect: "none" };
}

function changing(dialect: Dialect, place: Place, change: Change, entries: Entries): Ask {
  const json = {
    [dialect.project]: place.project,
    environment: place.environment,
    secretPath: place.path,
    ...(change === "PATCH" ? { mode: "upsert" } : {}),
    secrets: [...entries].map(([secretKey, value]) => ({
      secretKey,
      type: "shared",
      ...(value === undefined ? {} : { secretValue: value.reveal() }),
    })),
  };
  return { method: change, path: dialect.batch, json, effect: "repeatable" };
}

const HIDDEN = "<hidden-by-infisical>";

export function shownOf(secret: unknown, told: Told): Shown {
  const version = versionIn(secret);
  if (version === undefined) throw notUnderstood(told);
  const text = textAt(secret, "secretValue");
  const isHidden = at(secret, "secretValueHidden") === true || text === HIDDEN || text === undefined;
  return {
    version,
    value: isHidden ? undefined : Secret.from(text),
    isRotated: at(secret, "isRotatedSecret") === true,
    changedAt: textAt(secret, "updatedAt"),
    changedBy: textAt(secret, "actor", "name"),
  };
}

export function versionIn(secret: unknown): string | undefined {
  const id = textAt(secret, "id") ?? textAt(secret, "_id");
  const version = numberAt(secret, "version");
  return id === undefined || version === undefined ? undefined : `${id}.${version}`;
}
