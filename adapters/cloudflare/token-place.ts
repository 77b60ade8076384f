/** The tokens of one configuration: those that bear its name, and never the one that Velvet itself works with. */
import type { Clock } from "../contract.ts";
import type { ErrorText } from "../errors.ts";
import { Terminal, Transient } from "../errors.ts";
import type { Secret, SecretFields } from "../secret.ts";
import { Secret as SecretOf } from "../secret.ts";
import type { Account } from "./api.ts";
import { VENDOR } from "./api.ts";
import { askAbout } from "./asking.ts";
import { isNamed } from "./names.ts";
import type { TokenKind } from "./routes.ts";
import { routesOf } from "./routes.ts";
import type { Token, Tokens } from "./tokens.ts";
import type { TokenBlock } from "./traits.ts";
import { VALUE } from "./traits.ts";

export interface TokenPlace {
  readonly account: Account;
  readonly clock: Clock;
  readonly kind: TokenKind;
  readonly block: TokenBlock;
  readonly tokens: Tokens;
  /** The id of the token that Velvet itself works with. */
  readonly adminId: (signal: AbortSignal) => Promise<string>;
}

/** Asked once for each connection, and again after a failure. */
export function adminIdOf(account: Account, clock: Clock): (signal: AbortSignal) => Promise<string> {
  let known: string | undefined;
  return async (signal) => (known ??= await askAdminId(account, clock, signal));
}

async function askAdminId(account: Account, clock: Clock, signal: AbortSignal): Promise<string> {
  const { tokenKind = "user" } = account.config;
  const told = await askAbout({ account, clock }, routesOf(account, tokenKind), account.secret("token"), signal);
  if (told.told === "known") return told.id;
  const facts = { vendor: VENDOR, operation: "identify the account's token" };
  if (told.told === "nothing") {
    throw new Transient({ reason: told.reason, message: told.message }, facts, told.retryAfterMs);
  }
  throw new Terminal(
    {
      reason: "AccountUnauthorized",
      message: `Cloudflare does not know the account's token as one of ${tokenKind === "user" ? "a user" : "the account"}.`,
      remedy: "Renew the VendorAccount's token, or correct `cloudflare.tokenKind`.",
    },
    facts,
  );
}

/** A token of this id that is this configuration's to change; undefined where it is gone. Throws `Terminal` for every other one. */
export async function ownToken(place: TokenPlace, id: string, signal: AbortSignal): Promise<Token | undefined> {
  const token = await place.tokens.get(id, signal);
  if (token === undefined) return undefined;
  const { name } = place.block;
  if (!isNamed(name, token.name)) {
    throw refused("change a token", {
      reason: "ApiTokenNotConfigured",
      message: `The token ${id} is not called \`${name}\`, so it is not this Credential's.`,
      remedy: "Rename it at Cloudflare if it is, or correct the issuer's `name`.",
    });
  }
  if (id === (await place.adminId(signal))) {
    throw refused("change a token", {
      reason: "BootstrapCircularity",
      message: "This is the token that Velvet itself works with.",
      remedy: "Name the token that the consumers use; renew Velvet's own by hand.",
    });
  }
  return token;
}

/** What a new value is made from: the token in use, else the newest of the name, one that works before one that does not. */
export async function sourceToken(place: TokenPlace, id: string | undefined, signal: AbortSignal): Promise<Token> {
  const current = id === undefined ? undefined : await ownToken(place, id, signal);
  if (current !== undefined) return current;
  const { name } = place.block;
  const [newest] = (await place.tokens.list(signal))
    .filter((token) => isNamed(name, token.name))
    .toSorted((one, other) => rank(other).localeCompare(rank(one)));
  const found = newest && (await ownToken(place, newest.id, signal));
  if (found !== undefined) return found;
  throw refused("find a token", {
    reason: "ApiTokenMissing",
    message: `Cloudflare has no token called \`${name}\` to take the permissions from.`,
    remedy: `Make one with the permissions that the consumers need, and call it \`${name}\`.`,
  });
}

function rank({ status, issuedOn = "" }: Token): string {
  return `${status === "active" ? 1 : 0} ${issuedOn}`;
}

export function refused(operation: string, text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation });
}

export function gone(id: string): Terminal {
  return refused("restore a token", {
    reason: "RetiredIdGone",
    message: `${id} was deleted, or has another value since.`,
    remedy: "Request a rotation for a new credential.",
  });
}

/** One character in the middle becomes another one of the same alphabet: prefix, length and form stay. */
export function mutateField(value: SecretFields, name: string): SecretFields {
  const text = value[name]?.reveal() ?? "";
  const at = Math.floor(text.length / 2);
  const other = text[at] === "a" ? "b" : "a";
  return { ...value, [name]: SecretOf.from(`${text.slice(0, at)}${other}${text.slice(at + 1)}`) };
}

export function valueOf(token: Secret): SecretFields {
  return { [VALUE]: token };
}
