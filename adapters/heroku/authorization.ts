/** OAuth authorizations of the account's own user: tokens with a scope of their own, whose value Heroku shows again. */
import type { HerokuIssuer } from "../../crds/kinds.gen.ts";
import type { IssuedKey, Issuer, IssuerTraits, KeyId, Minted, MintOrder, Residual, Verdict } from "../contract.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import { fitsHeader } from "../http-headers.ts";
import { durationMs } from "../duration.ts";
import { path } from "../http-path.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { type Client, readList } from "./client.ts";
import { factsOf, type Fields, fieldsOf, NOT_UNDERSTOOD, textOf, wholeOf } from "./shapes.ts";
import { verdict, verdictOf } from "./verdict.ts";

const FIELD = "value";
const LIST = path`/oauth/authorizations`;

export const AUTHORIZATION_TRAITS: IssuerTraits = {
  mintClass: "re-readable",
  fields: [FIELD],
  publicFields: [],
  breaksWhenMixed: false,
  authority: "vendor",
  negativeControl: true,
  // Nothing is documented; tokens have been seen to work at once.
  propagation: { windowMs: 30_000, everyMs: 2_000 },
  revocation: "immediate",
};

type Block = NonNullable<HerokuIssuer["authorization"]>;

export function authorizationIssuer(opened: Client, block: Block): Issuer {
  const open = (): Client => {
    opened.require("authorization");
    return opened;
  };
  const end = async (id: KeyId, signal: AbortSignal) => revoke(open(), id, signal);
  return {
    traits: AUTHORIZATION_TRAITS,
    list: async (signal) => (await readAll(open(), signal)).flatMap(keyOf),
    verify: async (value, signal) => verify(open(), value, signal),
    mutate,
    identify: async (value, signal) => identify(open(), value, signal),
    complete: (value) => value,
    mint: async (order, signal) => mint(open(), block, order, signal),
    read: async (id, signal) => read(open(), id, signal),
    revoke: end,
    destroy: end,
  };
}

/** Most of these are no business of Velvet's (the command line's, other people's tools): each is only ever compared. */
async function readAll(client: Client, signal: AbortSignal): Promise<readonly Fields[]> {
  return readList(client, { path: LIST, range: "id ..; max=200" }, signal);
}

function keyOf(item: Fields): IssuedKey[] {
  const id = textOf(item["id"]);
  if (id === undefined) return [];
  const [description, createdAt] = [textOf(item["description"]), textOf(item["created_at"])];
  return [
    {
      id,
      enabled: item["access_token"] !== null,
      // What people wrote is theirs, and goes nowhere.
      ...(description?.startsWith("velvet/") ? { marker: description } : {}),
      ...(createdAt === undefined ? {} : { createdAt }),
    },
  ];
}

function tokenOf(item: Fields): Secret | undefined {
  const token = textOf(fieldsOf(item["access_token"])["token"]);
  return token === undefined ? undefined : Secret.from(token);
}

async function verify(client: Client, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const token = value[FIELD];
  if (token === undefined || !fitsHeader(token.reveal())) {
    return verdict("inconclusive", "ValueNotSendable", "The value is empty, or has what no header carries unchanged.");
  }
  refuseOwn(client, token);
  try {
    return verdictOf(await client.platform({ method: "GET", path: path`/account`, accept: "any" }, signal, token));
  } catch (error) {
    if (!(error instanceof Transient) || signal.aborted) throw error;
    return verdict("inconclusive", error.reason, error.message);
  }
}

/** The last letter or digit becomes another digit: prefix, dashes and length stay, in old tokens (a UUID) too. */
function mutate(value: SecretFields): SecretFields {
  const text = value[FIELD]?.reveal() ?? "";
  const at = text.search(/[A-Za-z0-9](?=[^A-Za-z0-9]*$)/);
  const wrong = at < 0 ? `${text}0` : `${text.slice(0, at)}${text[at] === "0" ? "1" : "0"}${text.slice(at + 1)}`;
  return { ...value, [FIELD]: Secret.from(wrong) };
}

async function identify(client: Client, value: SecretFields, signal: AbortSignal): Promise<KeyId | undefined> {
  const sought = value[FIELD];
  if (sought === undefined) return undefined;
  const items = await readAll(client, signal);
  for (const item of items) {
    const id = textOf(item["id"]);
    if (id === undefined || item["access_token"] === null) continue;
    // A list may leave the values out; then each is asked for by itself.
    const token = tokenOf(item) ?? (await readToken(client, id, signal));
    if (token?.equals(sought)) return id;
  }
  return undefined;
}

/** Undefined where it is gone, or shows no token. */
async function readToken(client: Client, id: KeyId, signal: AbortSignal): Promise<Secret | undefined> {
  const answer = await client.platform({ method: "GET", path: one(id), accept: [404, 410] }, signal);
  return answer.status === 200 ? tokenOf(fieldsOf(answer.json())) : undefined;
}

async function read(client: Client, id: KeyId, signal: AbortSignal): Promise<SecretFields> {
  const token = await readToken(client, id, signal);
  if (token !== undefined) return { [FIELD]: token };
  throw new Terminal(
    {
      reason: "TokenNotShown",
      message: `Heroku has no authorization ${id}, or shows no token of it.`,
      remedy: "Request the rotation again; the next mint makes another one.",
    },
    factsOf("GET /oauth/authorizations/{}"),
  );
}

async function mint(client: Client, block: Block, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const seconds = block.expiresIn === undefined ? null : Math.floor(durationMs(block.expiresIn) / 1000);
  const json = { description: order.marker, scope: block.scope, expires_in: seconds };
  const made = fieldsOf((await client.platform({ method: "POST", path: LIST, json }, signal)).json());
  const [id, token, issuedAt] = [textOf(made["id"]), tokenOf(made), textOf(made["created_at"])];
  if (id === undefined || token === undefined)
    throw new OutcomeUnknown(NOT_UNDERSTOOD, factsOf(`POST ${LIST.pattern}`));
  return {
    id,
    value: { [FIELD]: token },
    ...(issuedAt === undefined ? {} : { issuedAt, ...expiry(issuedAt, made) }),
  };
}

function expiry(issuedAt: string, made: Fields): { expiresAt?: string } {
  const seconds = wholeOf(fieldsOf(made["access_token"])["expires_in"]);
  const from = Date.parse(issuedAt);
  return seconds === undefined || Number.isNaN(from)
    ? {}
    : { expiresAt: new Date(from + seconds * 1000).toISOString() };
}

/** Looks first whose it is: the account's own token would end the very session that ends it. */
async function revoke(client: Client, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  const token = await readToken(client, id, signal);
  if (token !== undefined) refuseOwn(client, token);
  await client.platform({ method: "DELETE", path: one(id), accept: [404, 410] }, signal);
  return [];
}

function one(id: KeyId) {
  return path`/oauth/authorizations/${id}`;
}

function refuseOwn(client: Client, token: Secret): void {
  if (token.reveal() !== client.token().reveal().trim()) return;
  throw new Terminal(
    {
      reason: "BootstrapCircularity",
      message: "This is the token with which Velvet itself speaks to Heroku.",
      remedy: "Rotate another one; renew the VendorAccount's own by hand.",
    },
    factsOf("refuse the account's own token"),
  );
}
