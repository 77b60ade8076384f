/**
 * Which secrets a job reads in place of one: that of its environment before that of the repository, and that before the organization's.
 * With the rights that the account has anyway; where it may not see whether there is such a secret, nothing is said.
 */
import type { GithubSink } from "../../crds/kinds.gen.ts";
import type { Shadow } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { type Path, path } from "../http-path.ts";
import type { GitHub } from "./client.ts";
import { secretName } from "./names.ts";
import { objectOf } from "./refusal.ts";
import { type Scope, scopeOf, secretOf, sinkTargets } from "./scope.ts";

/** Each place that is asked costs a request for each key. */
const MOST_PLACES = 10;
const HIDDEN = new Set([403, 404]);

interface Asking {
  readonly github: GitHub;
  readonly signal: AbortSignal;
}

export async function shadowsOf(
  asking: Asking,
  block: GithubSink,
  keys: readonly string[],
): Promise<Readonly<Record<string, Shadow>>> {
  if ((block.store ?? "actions") !== "actions" || block.environment !== undefined) return {};
  const found: Record<string, Shadow> = {};
  for (const key of keys) {
    const shadow = await shadowOf(asking, block, secretName(key));
    if (shadow) found[key] = shadow;
  }
  return found;
}

async function shadowOf(asking: Asking, block: GithubSink, name: string): Promise<Shadow | undefined> {
  const { repository } = block;
  const before =
    repository === undefined ? await readersOf(asking, block, name) : await environmentsOf(asking, repository);
  for (const place of before) {
    const scope = scopeOf(place);
    if ((await shown(asking, secretOf(scope, name))) === undefined) continue;
    return { by: `the secret of ${scope.title}${forWhom(scope, place)}`, targets: sinkTargets(place) };
  }
  return undefined;
}

function forWhom(_: Scope, { environment }: GithubSink): string {
  return environment === undefined ? ", for its jobs" : ", for jobs that run in it";
}

async function environmentsOf(asking: Asking, repository: string): Promise<readonly GithubSink[]> {
  const [owner = "", name = ""] = repository.split("/");
  const listed = await shown(asking, path`/repos/${owner}/${name}/environments`);
  return namesIn(listed?.["environments"], "name").map((environment) => ({ repository, environment }));
}

/** Of an organization's secret that all may read nobody can say here who they are. */
async function readersOf(asking: Asking, block: GithubSink, name: string): Promise<readonly GithubSink[]> {
  const kept = await shown(asking, secretOf(scopeOf(block), name));
  if (kept?.["visibility"] !== "selected") return [];
  const listed = await shown(asking, secretOf(scopeOf(block), name, "/repositories"));
  return namesIn(listed?.["repositories"], "full_name").map((repository) => ({ repository }));
}

function namesIn(list: unknown, field: string): readonly string[] {
  if (!Array.isArray(list)) return [];
  const names = (list as unknown[]).flatMap((each): string[] => {
    const name: unknown =
      typeof each === "object" && each !== null ? Object.entries(each).find(([key]) => key === field)?.[1] : undefined;
    return typeof name === "string" ? [name] : [];
  });
  return names.slice(0, MOST_PLACES);
}

/** Undefined where it is not there, or may not be seen. */
async function shown({ github, signal }: Asking, at: Path): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const answer = await github.ask({ method: "GET", path: at, effect: "none" }, signal);
    return objectOf(answer);
  } catch (error) {
    if (isAdapterError(error) && error.name === "Terminal" && HIDDEN.has(error.facts.status ?? 0)) return undefined;
    throw error;
  }
}
