/** What a Secret shall hold after a write, and what it cannot hold. Pure. */
import type { WriteOrder } from "../contract.ts";
import type { ErrorFacts } from "../errors.ts";
import { Terminal } from "../errors.ts";
import type { Held } from "./held.ts";

/** Key name to base64; `null`: not there. */
export type Wanted = Readonly<Record<string, string | null>>;

const KEY = /^[-._A-Za-z0-9]{1,253}$/;
const DOTS = /^\.\.?$|^\.\./;
const MAX_BYTES = 1024 * 1024;

/** Throws `Terminal` before anything is sent. Base64 of the bytes as they are: any value fits, and no newline is added. */
export function wantedOf(order: WriteOrder, facts: ErrorFacts): Wanted {
  const entries = Object.entries(order.keys);
  for (const [name] of entries) if (!KEY.test(name) || DOTS.test(name)) throw keyInvalid(facts);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, value === null ? null : Buffer.from(value.revealBytes()).toString("base64")]),
  );
}

function keyInvalid(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "KeyNameInvalid",
      message: "A key has a name that no key of a Secret may have.",
      remedy: "Use letters, digits, `-`, `_` and `.` in the consumer's keys[].name, and do not begin with `..`.",
    },
    facts,
  );
}

/** What there is and what is to change, together. */
export function after(held: Held | undefined, wanted: Wanted): Readonly<Record<string, string>> {
  const all = Object.entries({ ...held?.keys, ...wanted });
  return Object.fromEntries(all.flatMap(([name, text]) => (text === null ? [] : [[name, text]])));
}

export function holds(held: Held, wanted: Wanted): boolean {
  return Object.entries(wanted).every(([name, text]) => (held.keys[name] ?? null) === text);
}

export function changedKeys(held: Held, wanted: Wanted): readonly string[] {
  return Object.keys(wanted).filter((name) => (held.keys[name] ?? null) !== wanted[name]);
}

/** What the types of Secrets ask for; `any`: one of them is enough. */
const TYPES: Readonly<Record<string, { readonly keys: readonly string[]; readonly any?: boolean }>> = {
  "kubernetes.io/tls": { keys: ["tls.crt", "tls.key"] },
  "kubernetes.io/dockerconfigjson": { keys: [".dockerconfigjson"] },
  "kubernetes.io/dockercfg": { keys: [".dockercfg"] },
  "kubernetes.io/basic-auth": { keys: ["username", "password"], any: true },
  "kubernetes.io/ssh-auth": { keys: ["ssh-privatekey"] },
};

/** Throws `Terminal` where the Secret as it would be is one that the API server does not take. */
export function refuseUnfit(held: Held, wanted: Wanted, facts: ErrorFacts): void {
  if (held.immutable) throw immutable(facts);
  if (held.type === "kubernetes.io/service-account-token") throw tokenSecret(facts);
  const next = after(held, wanted);
  const bytes = Object.values(next).reduce((sum, text) => sum + Buffer.byteLength(text, "base64"), 0);
  if (bytes > MAX_BYTES) throw tooLarge(facts);
  refuseIncomplete(held.type, next, facts);
}

function refuseIncomplete(type: string, next: Readonly<Record<string, string>>, facts: ErrorFacts): void {
  const needs = TYPES[type];
  if (!needs) return;
  const missing = needs.keys.filter((name) => next[name] === undefined);
  const allowed = needs.any === true ? needs.keys.length - 1 : 0;
  if (missing.length > allowed) throw incomplete(type, missing, facts);
  const isDocker = type.startsWith("kubernetes.io/dockerc");
  if (isDocker && !isJson(next[needs.keys[0] ?? ""] ?? "")) throw incomplete(type, needs.keys, facts);
}

function isJson(base64: string): boolean {
  try {
    JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
    return true;
  } catch {
    return false;
  }
}

export function immutable(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SecretImmutable",
      message: "The Secret is immutable: nobody can change it.",
      remedy: "Make another Secret without immutable, let the workloads use it, and name it in the consumer's block.",
    },
    facts,
  );
}

function tokenSecret(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SecretOwnedByController",
      message: "The Secret holds a ServiceAccount's token, which the cluster itself writes.",
      remedy: "Name another Secret in the consumer's block.",
    },
    facts,
  );
}

function tooLarge(facts: ErrorFacts): Terminal {
  return new Terminal(
    {
      reason: "SecretTooLarge",
      message: "The Secret would hold more than 1 MiB, which no Secret may.",
      remedy: "Use another Secret for these keys.",
    },
    facts,
  );
}

function incomplete(type: string, keys: readonly string[], facts: ErrorFacts): Terminal {
  const shown = TYPES[type] ? type : "its type";
  return new Terminal(
    {
      reason: "SecretTypeBroken",
      message: `A Secret of type ${shown} would be left without a valid ${keys.join(", ")}.`,
      remedy: "Write these keys with the same consumer, or use a Secret of type Opaque.",
    },
    facts,
  );
}
