/** Secrets of Actions and Dependabot. GitHub never shows a value again: what can be seen is that a secret is there, and when it was set. */
import type { GithubSink } from "../../crds/kinds.gen.ts";
import type { Observed, Residual, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { Terminal } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { GitHub } from "./client.ts";
import { entriesOf, secretName } from "./names.ts";
import { objectOf } from "./refusal.ts";
import { publicKeyOf, refusalsOf, type Scope, scopeOf, secretOf } from "./scope.ts";
import { seal } from "./seal.ts";
import { VENDOR } from "./settings.ts";
import { shadowsOf } from "./shadows.ts";
import { type Sharing, sharingOf } from "./sharing.ts";

export const SINK_TRAITS: SinkTraits = { grade: "version", atomic: false, conditional: false, freeKeys: true };

interface Site {
  readonly github: GitHub;
  readonly block: GithubSink;
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

export function sinkOf(github: GitHub, block: GithubSink): Sink {
  const at = (signal: AbortSignal): Site => ({ github, block, scope: scopeOf(block), signal });
  return {
    traits: SINK_TRAITS,
    observe: async (keys, signal) => observe(at(signal), keys),
    write: async (order, signal) => write(at(signal), order),
    shadows: async (keys, signal) => shadowsOf({ github, signal }, block, keys),
    // The next job that is queued reads it; those that run already never will.
    settle: async () => ({ state: "settled" }),
    residual: async () => [runningJobs(scopeOf(block))],
  };
}

function runningJobs({ title }: Scope): Residual {
  return {
    kind: "RunningJobs",
    message: `Jobs of ${title} that were queued before the write keep the old value until they end.`,
    remedy: "Wait for them, or cancel and re-run them, before the old value is ended.",
  };
}

async function observe(site: Site, keys: readonly string[]): Promise<Observed> {
  const names = keys.map((key) => ({ key, name: secretName(key) }));
  const dates: string[] = [];
  const versions: string[] = [];
  const seen: Record<string, { present: boolean }> = {};
  for (const { key, name } of names.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const setAt = await setAtOf(site, name);
    seen[key] = { present: setAt !== undefined };
    if (setAt === undefined) continue;
    dates.push(setAt);
    versions.push(`${name}@${setAt}`);
  }
  // What is not found may only be hidden: then its surroundings are too.
  if (versions.length < names.length) await sealingKey(site, "read");
  const changedAt = dates.toSorted().at(-1);
  return { keys: seen, version: versions.join(","), ...(changedAt === undefined ? {} : { changedAt }) };
}

/** GitHub's own date, to the second. Undefined where it shows no such secret. */
async function setAtOf({ github, scope, signal }: Site, name: string): Promise<string | undefined> {
  const means = refusalsOf(scope, "read");
  const answer = await github.ask(
    { method: "GET", path: secretOf(scope, name), effect: "none", accept: [404], means },
    signal,
  );
  if (answer.status === 404) return undefined;
  const at = objectOf(answer)["updated_at"];
  if (typeof at === "string") return at;
  throw notUnderstood("GitHub's answer does not say when the secret was set.");
}

async function write(site: Site, order: WriteOrder): Promise<Written> {
  const entries = entriesOf(order.keys, site.github.settings.maxSecretBytes);
  let changed = false;
  for (const { name, value } of entries) {
    const did = value === null ? await remove(site, name) : await put(site, name, value);
    changed ||= did;
  }
  // The date is GitHub's, read after the write: our own clock says nothing of it.
  const { version } = await observe(
    site,
    entries.map(({ name }) => name),
  );
  return { changed, ...(version === undefined ? {} : { version }) };
}

async function remove(site: Site, name: string): Promise<boolean> {
  const { github, scope, signal } = site;
  const means = refusalsOf(scope, "write");
  const path = secretOf(scope, name);
  const answer = await github.ask({ method: "DELETE", path, effect: "repeatable", accept: [404], means }, signal);
  return answer.status !== 404;
}

/** A key that GitHub has changed in the meantime is a 422: asked for again, once. */
async function put(site: Site, name: string, value: Secret): Promise<boolean> {
  const { github, scope, block, signal } = site;
  const first = await sealingKey(site, "write");
  const sharing = scope.organization === undefined ? {} : await sharingOf(github, scope, { name, block, signal });
  if (await putSealed(site, { name, value, key: first, sharing })) return true;
  const second = await sealingKey(site, "write");
  if (await putSealed(site, { name, value, key: second, sharing })) return true;
  throw new Terminal(
    {
      reason: "SecretRefused",
      message: `GitHub refuses the secret ${name} of ${scope.title}, with its newest key too.`,
      remedy: "See whether the place has as many secrets as it may; quote the request id to GitHub.",
    },
    { vendor: VENDOR, operation: "write secrets", status: 422 },
  );
}

interface Put {
  readonly name: string;
  readonly value: Secret;
  readonly key: SealingKey;
  readonly sharing: Sharing | Readonly<Record<string, never>>;
}

/** False where GitHub does not take it as it is. */
async function putSealed({ github, scope, signal }: Site, { name, value, key, sharing }: Put): Promise<boolean> {
  const path = secretOf(scope, name);
  const json = { encrypted_value: await sealedFor(key, value), key_id: key.id, ...sharing };
  const means = refusalsOf(scope, "write");
  const answer = await github.ask({ method: "PUT", path, json, effect: "repeatable", accept: [422], means }, signal);
  return answer.status !== 422;
}

interface SealingKey {
  readonly id: string;
  readonly key: string;
}

/** Of this scope only, asked for at each write: no key is shared or kept. That it is answered says that the scope can be seen. */
async function sealingKey({ github, scope, signal }: Site, level: "read" | "write"): Promise<SealingKey> {
  const means = refusalsOf(scope, level);
  const answer = await github.ask({ method: "GET", path: publicKeyOf(scope), effect: "none", means }, signal);
  const { key_id: id, key } = objectOf(answer);
  if (typeof id === "string" && typeof key === "string") return { id, key };
  throw notUnderstood(NO_KEY);
}

async function sealedFor({ key }: SealingKey, value: Secret): Promise<string> {
  const sealed = await seal(value, key);
  if (sealed === undefined) throw notUnderstood(NO_KEY);
  return sealed;
}

const NO_KEY = "GitHub's answer holds no key to seal a secret with.";

function notUnderstood(message: string): Terminal {
  const remedy = "Check that the VendorAccount's endpoint is GitHub's API.";
  const facts = { vendor: VENDOR, operation: "read about secrets" };
  return new Terminal({ reason: "AnswerNotUnderstood", message, remedy }, facts);
}
