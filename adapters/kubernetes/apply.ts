/** The two requests that change keys of a Secret, each against the version that was read. */
import { path } from "../http-path.ts";
import type { Answer } from "./api.ts";
import { causesOf, notUnderstood, OWNER, VENDOR } from "./api.ts";
import { owned } from "./consent.ts";
import type { Held } from "./held.ts";
import { heldOf, KEY_VERSIONS, ownKeys } from "./held.ts";
import type { Place } from "./sink.ts";
import type { Wanted } from "./wanted.ts";
import { changedKeys, immutable } from "./wanted.ts";
import { Terminal } from "../errors.ts";

interface Apply {
  readonly wanted: Wanted;
  readonly force: boolean;
}

/** Server-side apply. Undefined where the Secret has changed since. */
export async function applyKeys(
  place: Place,
  held: Held,
  { wanted, force }: Apply,
  signal: AbortSignal,
): Promise<Held | undefined> {
  const { namespace, secret } = place.block;
  const json = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: secret, namespace, resourceVersion: held.version, annotations: annotated(held, wanted) },
    data: applied(held, wanted),
  };
  const answer = await place.api.ask(
    {
      method: "PATCH",
      path: path`/api/v1/namespaces/${namespace}/secrets/${secret}`,
      query: { fieldManager: OWNER, force: String(force) },
      headers: { "content-type": "application/apply-patch+yaml" },
      body: JSON.stringify(json),
      effect: "repeatable",
    },
    `patch the Secret ${secret} in the namespace ${namespace}`,
    signal,
  );
  return judged(answer);
}

/** Everything of ours as it is, and what is to change. */
function applied(held: Held, wanted: Wanted): Readonly<Record<string, string>> {
  const own = ownKeys(held).flatMap((key) => {
    const text = held.keys[key];
    return text === undefined ? [] : [[key, text] as const];
  });
  const next = Object.entries({ ...Object.fromEntries(own), ...wanted });
  return Object.fromEntries(next.flatMap(([key, text]) => (text === null ? [] : [[key, text]])));
}

/** In the same request as the keys, so that neither is ever there without the other. */
function annotated(held: Held, wanted: Wanted): Readonly<Record<string, string>> {
  const changed = changedKeys(held, wanted).map((key) => [key, held.version]);
  const all = Object.entries({ ...held.keyVersions, ...Object.fromEntries(changed) });
  return { [KEY_VERSIONS]: JSON.stringify(Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)))) };
}

/** Whoever owns them: the order says that these keys are the Credential's. */
export async function removeKeys(
  place: Place,
  held: Held,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<Held | undefined> {
  const { namespace, secret } = place.block;
  const json = {
    metadata: { resourceVersion: held.version },
    data: Object.fromEntries(keys.map((key) => [key, null])),
  };
  const answer = await place.api.ask(
    {
      method: "PATCH",
      path: path`/api/v1/namespaces/${namespace}/secrets/${secret}`,
      query: { fieldManager: OWNER },
      headers: { "content-type": "application/merge-patch+json" },
      body: JSON.stringify(json),
      effect: "repeatable",
    },
    `patch the Secret ${secret} in the namespace ${namespace}`,
    signal,
  );
  return judged(answer);
}

function judged({ status, body, facts }: Answer): Held | undefined {
  if (status === 404) return undefined;
  if (status === 409) {
    const rival = causesOf(body).find(({ reason }) => reason === "FieldManagerConflict");
    if (rival) throw owned(/conflict with "([\w.@/ -]{1,128})"/.exec(rival.message)?.[1] ?? "Somebody else", facts);
    return undefined;
  }
  if (status === 422) throw invalid(body, facts);
  const held = heldOf(body);
  if (status >= 300 || !held) throw notUnderstood(facts);
  return held;
}

/** Its sentence may repeat a value, and is not repeated. */
function invalid(body: unknown, facts: Answer["facts"]): Terminal {
  if (causesOf(body).some(({ message }) => /immutable/.test(message))) return immutable(facts);
  return new Terminal(
    {
      reason: "RequestRefused",
      message: "The API server refuses the Secret as it would be.",
      remedy: "Compare the manifest with the adapter's readme; a webhook of the cluster may have rules of its own.",
    },
    { ...facts, vendor: VENDOR },
  );
}
