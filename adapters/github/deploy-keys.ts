/** A repository's deploy keys, as GitHub's API has them. */
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import type { GitHub } from "./client.ts";
import { objectOf, type Refusals } from "./refusal.ts";
import { refusalsOf } from "./scope.ts";
import { VENDOR } from "./settings.ts";

export interface DeployKey {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  readonly readOnly: boolean;
  readonly enabled: boolean;
  readonly createdAt?: string;
  readonly lastUsedAt?: string;
}

interface Of {
  readonly repository: string;
}

const PAGE = 100;
const MOST_PAGES = 100;

export async function keysOf(github: GitHub, of: Of, signal: AbortSignal): Promise<readonly DeployKey[]> {
  const { owner, name, means } = placeOf(of, "read");
  const found: DeployKey[] = [];
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const query = { per_page: String(PAGE), page: String(page) };
    const answer = await github.ask(
      { method: "GET", path: path`/repos/${owner}/${name}/keys`, query, effect: "none", means },
      signal,
    );
    const keys = answer.json();
    if (!Array.isArray(keys)) throw notUnderstood(answer);
    found.push(...(keys as unknown[]).map((each) => parsed(each, answer)));
    if (keys.length < PAGE) return found;
  }
  throw new Terminal(
    {
      reason: "TooManyKeys",
      message: `${of.repository} has more deploy keys than are looked through.`,
      remedy: "Delete those that nobody uses.",
    },
    { vendor: VENDOR, operation: "GET /repos/{}/{}/keys" },
  );
}

/** Undefined where there is no such key in a repository that can be seen. */
export async function keyOf(github: GitHub, of: Of, id: string, signal: AbortSignal): Promise<DeployKey | undefined> {
  const { owner, name, means } = placeOf(of, "read");
  const where = path`/repos/${owner}/${name}/keys/${id}`;
  const answer = await github.ask({ method: "GET", path: where, effect: "none", accept: [404], means }, signal);
  if (answer.status !== 404) return parsed(objectOf(answer), answer);
  await seen(github, of, signal);
  return undefined;
}

/** Undefined where GitHub does not take this key. */
export async function addKey(
  github: GitHub,
  of: Of,
  json: { readonly title: string; readonly key: string; readonly read_only: boolean },
  signal: AbortSignal,
): Promise<DeployKey | undefined> {
  const { owner, name, means } = placeOf(of, "write");
  const where = path`/repos/${owner}/${name}/keys`;
  // Twice the same key is one key: GitHub refuses the second.
  const answer = await github.ask({ method: "POST", path: where, json, effect: "once", accept: [422], means }, signal);
  if (answer.status !== 422) return added(answer);
  if (/already in use/i.test(answer.text())) return undefined;
  throw new Terminal(REFUSED, { vendor: VENDOR, operation: "POST /repos/{}/{}/keys", status: 422 });
}

/** GitHub has said yes: whatever else the answer says, there may be a key now. */
function added(answer: HttpAnswer): DeployKey {
  const key = parsedOr(objectOf(answer));
  if (key) return key;
  const text = { reason: "AnswerNotUnderstood", message: "GitHub said that it took the key, and its answer is none." };
  throw new OutcomeUnknown(text, { vendor: VENDOR, operation: "POST /repos/{}/{}/keys", status: answer.status });
}

const REFUSED = {
  reason: "RequestRefused",
  message: "GitHub refuses the new deploy key.",
  remedy: "See whether a policy of the organization forbids deploy keys.",
};

/** Already gone is success, but only in a repository that can be seen: GitHub answers 404 for what it hides, too. */
export async function removeKey(github: GitHub, of: Of, id: string, signal: AbortSignal): Promise<void> {
  const { owner, name, means } = placeOf(of, "write");
  const where = path`/repos/${owner}/${name}/keys/${id}`;
  const ask = { method: "DELETE", path: where, effect: "repeatable", accept: [404], means } as const;
  const answer = await github.ask(ask, signal);
  if (answer.status === 404) await absent(github, of, id, signal);
}

/** A list may be behind, and whoever may not delete may be told the same: it is asked again. */
async function absent(github: GitHub, of: Of, id: string, signal: AbortSignal): Promise<void> {
  const isLeft = (await keysOf(github, of, signal)).some((key) => key.id === id);
  if (!isLeft) return;
  const text = {
    reason: "RevokeUnderWay",
    message: "GitHub says that the deploy key is not there, and still lists it.",
  };
  throw new Transient(text, { vendor: VENDOR, operation: "DELETE /repos/{}/{}/keys/{}", status: 404 }, 15_000);
}

async function seen(github: GitHub, of: Of, signal: AbortSignal): Promise<void> {
  const { owner, name, means } = placeOf(of, "read");
  const where = path`/repos/${owner}/${name}/keys`;
  await github.ask({ method: "GET", path: where, query: { per_page: "1" }, effect: "none", means }, signal);
}

function placeOf({ repository }: Of, level: "read" | "write"): { owner: string; name: string; means: Refusals } {
  const [owner = "", name = ""] = repository.split("/");
  const means = refusalsOf({ title: repository, permission: "administration", classic: "repo" }, level);
  return { owner, name, means };
}

function parsed(body: unknown, answer: HttpAnswer): DeployKey {
  const key = parsedOr(body);
  if (key) return key;
  throw notUnderstood(answer);
}

function parsedOr(body: unknown): DeployKey | undefined {
  const given: Readonly<Record<string, unknown>> = typeof body === "object" && body !== null ? { ...body } : {};
  const { id, key, title, created_at: createdAt, last_used: lastUsedAt } = given;
  if (typeof id !== "number" || typeof key !== "string" || typeof title !== "string") return undefined;
  return {
    id: String(id),
    key,
    title,
    readOnly: given["read_only"] === true,
    enabled: given["enabled"] !== false,
    ...(typeof createdAt === "string" ? { createdAt } : {}),
    ...(typeof lastUsedAt === "string" ? { lastUsedAt } : {}),
  };
}

function notUnderstood({ status }: HttpAnswer): Terminal {
  const text = {
    reason: "AnswerNotUnderstood",
    message: "GitHub's answer is no deploy key.",
    remedy: "Check that the VendorAccount's endpoint is GitHub's API.",
  };
  return new Terminal(text, { vendor: VENDOR, operation: "read deploy keys", status });
}
