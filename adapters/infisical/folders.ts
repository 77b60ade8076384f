/** Folders: a secret can only be written into one that is there. */
import type { Path } from "../http-path.ts";
import { path } from "../http-path.ts";
import { Terminal } from "../errors.ts";
import type { Ask, Told } from "./api.ts";
import { isNotFound, isYes, listAt, notUnderstood, refusal, textAt, yes } from "./api.ts";
import type { Place } from "./secrets.ts";
import { speaker } from "./secrets.ts";
import type { Session } from "./session.ts";

export interface Folders {
  /** Makes what is missing of the path, parents first. Throws `Terminal` `TargetGone` where project or environment are missing. */
  ensure(place: Place, signal: AbortSignal): Promise<void>;
  /** Throws `Terminal` `TargetGone` where project or environment are missing. Read-only. */
  needRoot(place: Place, signal: AbortSignal): Promise<void>;
}

interface Dialect {
  readonly project: "projectId" | "workspaceId";
  readonly path: Path;
}

const V2: Dialect = { project: "projectId", path: path`/api/v2/folders` };
const V1: Dialect = { project: "workspaceId", path: path`/api/v1/folders` };

export function openFolders(session: Session): Folders {
  const speak = speaker(session, [V2, V1]);
  const rooted = new Set<string>();
  const names = async (place: Place, parent: string, signal: AbortSignal): Promise<readonly string[]> => {
    const told = await speak((dialect) => listing(dialect, place, parent), signal);
    if (isNotFound(told) && parent === "/") throw placeGone(told);
    const found = listAt(yes(told).body, "folders");
    if (found === undefined) throw notUnderstood(told);
    rooted.add(rootOf(place));
    return found.flatMap((folder) => textAt(folder, "name") ?? []);
  };
  return {
    needRoot: async (place, signal) => {
      if (!rooted.has(rootOf(place))) await names(place, "/", signal);
    },
    ensure: async (place, signal) => {
      let parent = "/";
      for (const name of segmentsOf(place)) {
        const there = await names(place, parent, signal);
        if (!there.includes(name)) await make(speak, place, parent, name, signal);
        parent = parent === "/" ? `/${name}` : `${parent}/${name}`;
      }
    },
  };
}

async function make(
  speak: ReturnType<typeof speaker<Dialect>>,
  place: Place,
  parent: string,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const told = await speak((dialect) => making(dialect, place, parent, name), signal);
  // Somebody else made it at the same moment.
  const isThere = told.status === 400 && /already exists?/i.test(told.sentence);
  if (!isYes(told.status) && !isThere) throw refusal(told);
}

function listing(dialect: Dialect, { project, environment }: Place, parent: string): Ask {
  const query = { [dialect.project]: project, environment, path: parent };
  return { method: "GET", path: dialect.path, query, effect: "none" };
}

function making(dialect: Dialect, { project, environment }: Place, parent: string, name: string): Ask {
  const json = { [dialect.project]: project, environment, name, path: parent };
  return { method: "POST", path: dialect.path, json, effect: "repeatable" };
}

function segmentsOf(place: Place): readonly string[] {
  return place.path.split("/").filter((segment) => segment !== "");
}

function rootOf({ project, environment }: Place): string {
  return `${project}/${environment}`;
}

function placeGone(told: Told): Terminal {
  return new Terminal(
    {
      reason: "TargetGone",
      message: "Infisical knows no such project or environment, or does not show it to this account.",
      remedy: "Correct project and environment in the manifest, or add the account's identity to the project.",
    },
    told.facts,
  );
}
