/** Credentials of Heroku Postgres. A mint only triggers: Heroku makes the password and writes the config vars of the attached apps. */
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Residual, Usage, Verdict } from "../contract.ts";
import { Terminal, Transient } from "../errors.ts";
import type { SecretFields } from "../secret.ts";
import { type Client, REST_MS } from "./client.ts";
import { isComing, type Login, type Place, type PostgresBlock, prefixOf, readLogins, underWay } from "./credential.ts";
import { complete, FIELDS, mutate, partsOf, PUBLIC_FIELDS } from "./database-url.ts";
import { rotate } from "./rotate.ts";
import { factsOf } from "./shapes.ts";
import { verdict } from "./verdict.ts";

export const POSTGRES_TRAITS: IssuerTraits = {
  mintClass: "vendor-distributed",
  fields: FIELDS,
  publicFields: PUBLIC_FIELDS,
  breaksWhenMixed: true,
  authority: "vendor",
  negativeControl: true,
  propagation: { windowMs: 60_000, everyMs: 2_000 },
  revocation: "immediate",
};

export function postgresIssuer(client: Client, block: PostgresBlock): Issuer {
  const place = (): Place => {
    client.require("postgres");
    return { client, addon: block.addon, name: block.credential ?? "default" };
  };
  const end = async (id: KeyId, signal: AbortSignal) => revoke(place(), id, signal);
  return {
    traits: POSTGRES_TRAITS,
    list: async (signal) => list(await readLogins(place(), signal)),
    verify: async (value, signal) => verify(place(), value, signal),
    mutate,
    identify: async (value, signal) => find(await readLogins(place(), signal), value)?.id,
    complete,
    mint: async (order, signal) => rotate({ ...place(), block }, order, signal),
    read: async (id, signal) => read(place(), id, signal),
    revoke: end,
    destroy: end,
    usage: async (id, signal) => usage(place(), id, signal),
  };
}

/** While Heroku makes a password it is nobody's yet, and what is there cannot be told from what was there. */
function list(logins: readonly Login[]): readonly IssuedKey[] {
  if (logins.some(({ state }) => isComing(state))) throw underWay("GET /postgres/v0/databases/{}/credentials/{}");
  return logins.filter(isThere).map(({ id }) => ({ id, enabled: true }));
}

function isThere({ state }: Login): boolean {
  return state === "active" || state === "revoking";
}

/** By its password; the user must fit too, but for one that was renamed on its way out. */
function find(logins: readonly Login[], value: SecretFields): Login | undefined {
  const whole = complete(value);
  const { user } = partsOf(whole);
  const sought = whole["password"];
  if (sought === undefined) return undefined;
  return logins.find((login) => {
    return isThere(login) && login.password.equals(sought) && (login.state === "revoking" || login.user === user);
  });
}

async function verify(place: Place, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  try {
    const logins = await readLogins(place, signal);
    const login = find(logins, value);
    if (login?.state === "active") return verdict("alive", "LoginActive", "Heroku shows this login as the active one.");
    if (login) {
      return verdict("restricted", "LoginEnding", "Heroku keeps the sessions of this login, and ends it by itself.");
    }
    if (logins.some(({ state }) => isComing(state))) return { ...UNDECIDED, retryAfterMs: 5_000 };
    return verdict("dead", "LoginUnknown", "Heroku has no such user with this password.");
  } catch (error) {
    if (!(error instanceof Transient) || signal.aborted) throw error;
    const wait = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
    return { ...verdict("inconclusive", error.reason, error.message), ...wait };
  }
}

const UNDECIDED = verdict("inconclusive", "RotationUnderWay", "Heroku is still rotating this credential.");

async function read(place: Place, id: KeyId, signal: AbortSignal): Promise<SecretFields> {
  const login = (await readLogins(place, signal)).find((each) => each.id === id && isThere(each));
  if (login !== undefined) return login.value();
  throw new Terminal(
    {
      reason: "LoginGone",
      message: `Heroku no longer shows ${id}.`,
      remedy: "Request the rotation again; Heroku may have rotated it by itself.",
    },
    factsOf("read a login"),
  );
}

async function usage(place: Place, id: KeyId, signal: AbortSignal): Promise<Usage> {
  const login = (await readLogins(place, signal)).find((each) => each.id === id);
  return login?.connections === undefined ? {} : { active: login.connections };
}

/** Heroku ends the old one by itself, once its sessions are gone or after 30 minutes; nobody else can. Until then it is not ended. */
async function revoke(place: Place, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  refuseForeign(place, id);
  const login = (await readLogins(place, signal)).find((each) => each.id === id);
  if (login === undefined || login.state === "revoked") return [];
  const facts = factsOf("look whether a login has ended");
  if (login.state === "revoking") {
    const message = `Heroku is ending ${id}: at most 30 minutes after the rotation it is gone.`;
    throw new Transient({ reason: "LoginEnding", message }, facts, REST_MS);
  }
  throw new Terminal(
    {
      reason: "LoginInForce",
      message: `${id} is the login that Heroku gives to the attached apps, and it ends only by the next rotation.`,
      remedy: "Request a rotation; with forced: true it ends the old login at once.",
    },
    facts,
  );
}

/** An id comes from the ledger, and the block may have been edited since: another credential's login is not taken for gone. */
function refuseForeign({ addon, name }: Place, id: KeyId): void {
  if (id.startsWith(prefixOf(addon, name))) return;
  throw new Terminal(
    {
      reason: "LoginNotConfigured",
      message: `${id} is no login of ${addon}/${name}.`,
      remedy: "Set addon and credential back, or look at Heroku and say with MarkRevoked that it has ended.",
    },
    factsOf("look whether a login has ended"),
  );
}
