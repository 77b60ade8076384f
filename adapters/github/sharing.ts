/** Which repositories read an organization's secret. A write must say so, so what it says is read first and sent back unchanged. */
import type { GithubSink } from "../../crds/kinds.gen.ts";
import { type ErrorText, Terminal } from "../errors.ts";
import type { GitHub } from "./client.ts";
import { objectOf } from "./refusal.ts";
import { refusalsOf, type Scope, secretOf } from "./scope.ts";
import { VENDOR } from "./settings.ts";

export interface Sharing {
  readonly visibility: "all" | "private" | "selected";
  readonly selected_repository_ids?: readonly number[];
}

const PAGE = 100;
const MOST_PAGES = 100;

/** The organization itself is known to be visible: a secret that is not found does not exist. */
export async function sharingOf(
  github: GitHub,
  scope: Scope,
  { name, block, signal }: { readonly name: string; readonly block: GithubSink; readonly signal: AbortSignal },
): Promise<Sharing> {
  const means = refusalsOf(scope, "read");
  const answer = await github.ask(
    { method: "GET", path: secretOf(scope, name), effect: "none", accept: [404], means },
    signal,
  );
  if (answer.status === 404) return forNew(block, name);
  const { visibility } = objectOf(answer);
  if (visibility === "all" || visibility === "private") return { visibility };
  if (visibility !== "selected") throw refused(NOT_UNDERSTOOD);
  return { visibility, selected_repository_ids: await selectedIds(github, scope, name, signal) };
}

function forNew({ visibility, selectedRepositoryIds: ids }: GithubSink, name: string): Sharing {
  if (visibility === undefined || (visibility === "selected" && ids === undefined)) {
    throw refused({
      reason: "VisibilityUnknown",
      message: `The organization has no secret ${name}, and the manifest does not say who may read a new one.`,
      remedy: "Set visibility (and selectedRepositoryIds for selected) in the consumer, or make the secret by hand.",
    });
  }
  return { visibility, ...(visibility === "selected" && ids ? { selected_repository_ids: ids } : {}) };
}

async function selectedIds(github: GitHub, scope: Scope, name: string, signal: AbortSignal): Promise<number[]> {
  const found: number[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { per_page: String(PAGE), page: String(page) };
    const where = secretOf(scope, name, "/repositories");
    const means = refusalsOf(scope, "read");
    const answer = await github.ask({ method: "GET", path: where, query, effect: "none", means }, signal);
    const ids = idsIn(objectOf(answer)["repositories"]);
    found.push(...ids);
    if (ids.length < PAGE) return found;
  }
  throw refused(NOT_UNDERSTOOD);
}

/** Nothing is sent back that was not read whole. */
function idsIn(repositories: unknown): number[] {
  if (!Array.isArray(repositories)) throw refused(NOT_UNDERSTOOD);
  return (repositories as unknown[]).map((each) => {
    const id = typeof each === "object" && each !== null && "id" in each ? each.id : undefined;
    if (typeof id !== "number") throw refused(NOT_UNDERSTOOD);
    return id;
  });
}

const NOT_UNDERSTOOD: ErrorText = {
  reason: "AnswerNotUnderstood",
  message: "GitHub did not say which repositories read the secret, so it was not written.",
  remedy: "Check that the VendorAccount's endpoint is GitHub's API.",
};

function refused(text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation: "read who sees the secret" });
}
