/** Passwords of two login roles that take turns. */
import type { PostgresIssuer } from "../../crds/kinds.gen.ts";
import type { Clock, IssuedKey, Issuer, IssuerTraits, KeyId, ProposeOrder, Usage, Verdict } from "../contract.ts";
import { isAdapterError, Transient } from "../errors.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { Admin } from "./admin.ts";
import { failed } from "./failure.ts";
import { type Login, login } from "./login.ts";
import { mint } from "./mint.ts";
import { destroy, restore, revoke } from "./revoke.ts";
import { readRole, readRoles } from "./roles.ts";
import { usageOf } from "./sessions.ts";
import { checkedSlots, idleSlot, idOf, parseId, type Slots } from "./slots.ts";
import { complete, FIELDS, mutate, partsOf, type Place, PUBLIC_FIELDS, withLogin } from "./value.ts";
import { type RoleState, verdictOf } from "./verdict.ts";

export const TRAITS: IssuerTraits = {
  mintClass: "client-supplied",
  fields: FIELDS,
  publicFields: PUBLIC_FIELDS,
  breaksWhenMixed: true,
  authority: "vendor",
  negativeControl: true,
  // A primary knows at once; poolers and standbys that the endpoint may stand for follow within seconds.
  propagation: { windowMs: 10_000, everyMs: 500 },
  revocation: "quarantine",
  maxLive: 2,
};

interface Rotated {
  readonly admin: Admin;
  readonly clock: Clock;
  readonly slots: Slots;
  readonly place: Place;
  readonly block: PostgresIssuer;
}

/** `open` and the block are looked at when first used: what is wrong with them is a `Terminal` of what uses them. */
export function issuerOf(open: () => Admin, clock: Clock, block: PostgresIssuer): Issuer {
  const place = (): Place => {
    const { host, port, database } = open().server;
    return { host, port, database: block.database ?? database };
  };
  const rotated = (): Rotated => {
    const admin = open();
    return { admin, clock, slots: checkedSlots(block, admin.server.admin), place: place(), block };
  };
  return {
    traits: TRAITS,
    list: async (signal) => list(rotated(), signal),
    verify: async (value, signal) => verify(rotated(), value, signal),
    mutate: (value) => mutate(value, place()),
    identify: async (value, signal) => identify(rotated(), value, signal),
    complete: (value) => complete(value, place()),
    propose: (order) => propose(rotated(), order),
    mint: async (order, signal) => mint(rotated(), order, signal),
    revoke: async (id, signal) => revoke(rotated(), id, signal),
    destroy: async (id, signal) => destroy(rotated(), id, signal),
    restore: async (id, signal) => restore(rotated(), id, signal),
    usage: async (id, signal) => usage(rotated(), id, signal),
  };
}

async function list({ admin, slots }: Rotated, signal: AbortSignal): Promise<readonly IssuedKey[]> {
  const names = [slots.role, slots.alternate];
  const roles = await admin.transaction("read pg_roles", signal, async (session) => readRoles(session, names));
  return names.flatMap((name) => {
    const role = roles.get(name);
    if (role === undefined) return [];
    // An empty role is no credential: it has no marker, and an id that no credential had.
    const marked = role.marker === undefined || role.destroyed ? {} : { marker: role.marker };
    return [{ id: idOf(name, role), enabled: role.canLogin, ...marked }];
  });
}

/** The next value: for the role that is idle, at the place where the current value points, so that a rotation moves nobody's database. */
function propose(
  { slots, place, block }: Rotated,
  { inventory, currentId, current, random }: ProposeOrder,
): SecretFields {
  const user = current && partsOf(current).user;
  const known = [currentId === undefined ? undefined : parseId(currentId).role, user];
  const inUse = new Set(known.filter((name) => name !== undefined));
  const login = { user: idleSlot(slots, inventory, inUse), password: random(32).toString("base64url") };
  const chosen = block.database === undefined ? {} : { database: Secret.from(block.database) };
  return withLogin({ ...current, ...chosen }, place, login);
}

async function verify(rotated: Rotated, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const { slots } = rotated;
  const { user = "", password = "" } = partsOf(value);
  if (user === "" || password === "") {
    return {
      liveness: "needs-human",
      reason: "ValueIncomplete",
      message: "The value has no user or no password, so nobody can log in with it.",
    };
  }
  const tried = await tryLogin(rotated, { user, password }, signal);
  const isBarred = !tried.accepted && tried.code === "28000";
  return verdictOf(tried, user, slots, isBarred ? await stateOf(rotated, user, signal) : "unknown");
}

async function tryLogin(
  { admin, place }: Rotated,
  who: { readonly user: string; readonly password: string },
  signal: AbortSignal,
): Promise<Login> {
  const tried = await login(admin.server, { ...who, database: place.database }, signal);
  if (!signal.aborted) return tried;
  throw new Transient(
    { reason: "Interrupted", message: "The login was given up before the server answered." },
    { vendor: "postgres", operation: "login" },
  );
}

async function stateOf({ admin }: Rotated, user: string, signal: AbortSignal): Promise<RoleState> {
  try {
    const role = await admin.transaction("read pg_roles", signal, async (session) => readRole(session, user));
    if (role === undefined) return "missing";
    return role.canLogin ? "may-login" : "no-login";
  } catch (error) {
    if (isAdapterError(error) && !signal.aborted) return "unknown";
    throw error;
  }
}

/**
 * The id of the role that this value logs in as, if its password is the one that the role has now: an older password of the same role
 * must not lead to the id of the one in use. The server looks at the password before it looks at NOLOGIN, so a disabled one is told too.
 */
async function identify(rotated: Rotated, value: SecretFields, signal: AbortSignal): Promise<KeyId | undefined> {
  const { user = "", password = "" } = partsOf(value);
  if (user === "" || password === "") return undefined;
  refuseStranger(rotated.slots, user);
  const before = await idNow(rotated, user, signal);
  const tried = await tryLogin(rotated, { user, password }, signal);
  if (!tried.accepted && tried.code === "28P01") return undefined;
  const isRight = tried.accepted || (await isRightThough(rotated, tried.code, user, signal));
  const after = await idNow(rotated, user, signal);
  if (isRight && before === after) return after;
  throw new Transient(
    {
      reason: "NotIdentified",
      message: "The server did not say whether the password is the one that the role has now.",
    },
    { vendor: "postgres", operation: "login" },
  );
}

function refuseStranger({ role, alternate }: Slots, user: string): void {
  if (user === role || user === alternate) return;
  throw failed("identify", {
    reason: "RoleNotConfigured",
    message: `The value in use is for a role that is neither ${role} nor ${alternate}.`,
    remedy: "Set the issuer's role to the role that the consumers log in as.",
  });
}

/** Refusals that the server gives only after it has accepted the password. */
async function isRightThough(
  rotated: Rotated,
  code: string | undefined,
  user: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (code === "42501" || code === "3D000") return true;
  return code === "28000" && (await stateOf(rotated, user, signal)) === "no-login";
}

async function idNow({ admin }: Rotated, name: string, signal: AbortSignal): Promise<KeyId | undefined> {
  const role = await admin.transaction("read pg_roles", signal, async (session) => readRole(session, name));
  return role && idOf(name, role);
}

/** Sessions of a newer generation of the role are not this id's. */
async function usage(rotated: Rotated, id: KeyId, signal: AbortSignal): Promise<Usage> {
  const { role } = parseId(id);
  return (await idNow(rotated, role, signal)) === id ? usageOf(rotated.admin, role, signal) : { active: 0 };
}
