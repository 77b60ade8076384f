/** Config vars of one app: read whole, compared, and changed all at once in one release. */
import type { HerokuSink } from "../../crds/kinds.gen.ts";
import type { Observed, Residual, Sink, SinkTraits, WriteOrder, Written } from "../contract.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import { Secret } from "../secret.ts";
import { type Client, unknownAfter } from "./client.ts";
import { type Changes, changesOf } from "./changes.ts";
import { inForce, names, readReleases, type Release } from "./releases.ts";
import { type App, settle } from "./settle.ts";
import { factsOf, type Fields, fieldsOf, notUnderstood, textOf } from "./shapes.ts";

export const SINK_TRAITS: SinkTraits = { grade: "value", atomic: true, conditional: false };

const PATCH = factsOf("PATCH /apps/{}/config-vars");

export function configVars(opened: Client, { app }: HerokuSink): Sink {
  const place = (): App => {
    opened.require("config-vars");
    return { client: opened, app };
  };
  return {
    traits: SINK_TRAITS,
    observe: async (keys, signal) => observe(place(), keys, signal),
    write: async (order, signal) => write(place(), order, signal),
    settle: async (written, signal) => settle(place(), written, signal),
    residual: async () => history(app),
  };
}

async function readVars({ client, app }: App, signal: AbortSignal): Promise<Fields> {
  const answer = await client.platform({ method: "GET", path: path`/apps/${app}/config-vars` }, signal);
  const body = answer.json();
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw notUnderstood("GET /apps/{}/config-vars");
  }
  return fieldsOf(body);
}

async function current({ client, app }: App, signal: AbortSignal): Promise<readonly Release[]> {
  return readReleases(client, app, (release) => release.current, signal);
}

/** The values are those of the current release, so its number is their version. Read after them, it can only be too new. */
function versionOf(releases: readonly Release[]): { version?: string } {
  const version = inForce(releases)?.version;
  return version === undefined ? {} : { version: `v${version}` };
}

async function observe(place: App, keys: readonly string[], signal: AbortSignal): Promise<Observed> {
  const vars = await readVars(place, signal);
  const releases = await current(place, signal);
  const change = releases.find((release) => release.status === "succeeded" && names(release, keys));
  const held = (key: string) => {
    const value = Object.hasOwn(vars, key) ? vars[key] : undefined;
    return typeof value === "string" ? { present: true, value: Secret.from(value) } : { present: false };
  };
  return {
    keys: Object.fromEntries(keys.map((key) => [key, held(key)])),
    ...versionOf(releases),
    ...(change?.createdAt === undefined ? {} : { changedAt: change.createdAt }),
    ...(change?.by === undefined ? {} : { changedBy: change.by }),
  };
}

async function write(place: App, order: WriteOrder, signal: AbortSignal): Promise<Written> {
  const changes = changesOf(order, PATCH);
  const vars = await readVars(place, signal);
  const releases = await current(place, signal);
  if (holds(vars, changes)) return { ...versionOf(releases), changed: false };
  const [newest] = releases;
  if (newest?.status === "pending") throw busy(newest.version);
  await patch(place, withoutAbsent(vars, changes), signal);
  return { version: await ownRelease(place, newest?.version ?? 0, Object.keys(order.keys), signal), changed: true };
}

function holds(vars: Fields, changes: Changes): boolean {
  return Object.entries(changes).every(([key, text]) => {
    return text === null ? !isThere(vars, key) : Object.hasOwn(vars, key) && vars[key] === text;
  });
}

function isThere(vars: Fields, key: string): boolean {
  return Object.hasOwn(vars, key) && vars[key] !== null;
}

function withoutAbsent(vars: Fields, changes: Changes): Changes {
  return Object.fromEntries(Object.entries(changes).filter(([key, text]) => text !== null || isThere(vars, key)));
}

/** The answer repeats every config var of the app, and is not looked at. */
async function patch({ client, app }: App, json: Changes, signal: AbortSignal): Promise<void> {
  const answer = await client.platform(
    { method: "PATCH", path: path`/apps/${app}/config-vars`, json, effect: "repeatable", accept: [422] },
    signal,
  );
  if (answer.status === 422) throw refusal(answer.json());
}

/** Heroku's sentence decides, and is not repeated. */
function refusal(body: unknown): Terminal {
  const { id, message } = fieldsOf(body);
  const facts = { ...PATCH, status: 422, ...(textOf(id) === undefined ? {} : { code: String(id) }) };
  if (/\battachment\b/i.test(textOf(message) ?? "")) {
    return new Terminal(
      {
        reason: "KeyOwnedByAddOn",
        message: "An add-on owns one of the keys, and Heroku lets nobody else write it.",
        remedy:
          "Choose other names in the consumer's keys; a database's own credential is rotated by an issuer with postgres.",
      },
      facts,
    );
  }
  return new Terminal(
    {
      reason: "ConfigVarRefused",
      message: "Heroku refuses these config vars.",
      remedy: "Check the key names; all config vars of an app together may have some 32 or 64 KB.",
    },
    facts,
  );
}

/**
 * The release that the write made: newer than what was there, and named after a key of ours, where somebody else released too.
 * It was written in any case, so that what fails here is not known to be without effect.
 */
async function ownRelease(place: App, before: number, keys: readonly string[], signal: AbortSignal): Promise<string> {
  const releases = await releasesSince(place, before, signal);
  const own = releases.find((release) => names(release, keys)) ?? releases[0];
  if (own !== undefined) return `v${own.version}`;
  throw new OutcomeUnknown(
    { reason: "ReleaseNotSeen", message: "Heroku took the config vars, and shows no release for them yet." },
    PATCH,
  );
}

async function releasesSince({ client, app }: App, before: number, signal: AbortSignal): Promise<readonly Release[]> {
  try {
    const releases = await readReleases(client, app, ({ version }) => version <= before, signal);
    return releases.filter(({ version }) => version > before);
  } catch (error) {
    throw unknownAfter(error);
  }
}

/** Until it is over nobody can see what the config vars will be, and a second write would only make a second release. */
function busy(version: number): Transient {
  const message = `Release v${version} still runs its release phase; what it brings cannot be seen before it ends.`;
  return new Transient({ reason: "ReleasePending", message }, PATCH, 10_000);
}

function history(app: string): readonly Residual[] {
  return [
    {
      kind: "ReleaseHistory",
      message: `Earlier releases of ${app} still show their config vars, and a rollback brings them back.`,
      remedy: "Nothing where the old value is revoked; do not roll back to a release from before the rotation.",
    },
  ];
}
