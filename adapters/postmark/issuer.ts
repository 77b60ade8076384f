/** Server tokens of Postmark: people make and delete them in the dashboard, and the API shows what they did. */
import type { PostmarkAccount, PostmarkIssuer } from "../../crds/kinds.gen.ts";
import type { Detection, IssuedKey, Issuer, IssuerTraits, KeyId, Residual } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import { durationMs } from "../duration.ts";
import { Terminal, type ErrorText } from "../errors.ts";
import type { Http } from "../http.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { idOf, type ListedToken, NAME, tokensOf } from "./api.ts";
import { tokenIn, verify } from "./verify.ts";

export function traitsOf({ detects = true, maxTokens = 3 }: PostmarkIssuer): IssuerTraits {
  return {
    mintClass: "manual",
    fields: ["value"],
    publicFields: [],
    breaksWhenMixed: false,
    authority: "vendor",
    negativeControl: true,
    // A new token is refused for up to half a minute.
    propagation: { windowMs: 60_000, everyMs: 5_000 },
    revocation: "manual",
    ...(detects ? { detects: true, maxLive: maxTokens } : {}),
  };
}

export function issuerOf(http: Http, account: TypedAccount<PostmarkAccount>, block: PostmarkIssuer): Issuer {
  const { serverId, detects = true } = block;
  const tokens = async (signal: AbortSignal): Promise<readonly ListedToken[]> =>
    detects ? tokensOf(http, account, serverId, signal) : [];
  return {
    traits: traitsOf(block),
    instructions: instructionsOf(account.config, serverId),
    list: async (signal) => (await tokens(signal)).map(({ id }) => ({ id, enabled: true })),
    verify: async (value, signal) => verify(http, serverId, value, signal),
    mutate,
    identify: async (value, signal) => {
      const token = tokenIn(value);
      const id = token && idOf(serverId, token);
      return (await tokens(signal)).some((each) => each.id === id) ? id : undefined;
    },
    complete: (value) => value,
    mint: async () => refuse("mint", MINTED_BY_HAND),
    ...(detects
      ? {
          read: async (id, signal) => valueOf(await tokens(signal), id),
          detect: async (before, signal) => difference(before, await tokens(signal)),
        }
      : {}),
    revoke: async (id, signal) => revoke(detects, await tokens(signal), id),
    // There is no quarantine that something could be left in.
    destroy: async (id, signal) => revoke(detects, await tokens(signal), id),
  };
}

function instructionsOf(
  { dashboard = "https://account.postmarkapp.com", expected = "1h" }: PostmarkAccount,
  serverId: number,
): NonNullable<Issuer["instructions"]> {
  const page = { link: `${dashboard}/servers/${serverId}/credentials`, expectedMs: durationMs(expected) };
  return {
    mint: { text: `Server ${serverId}, API Tokens: generate another token, and delete none.`, ...page },
    revoke: { text: `Server ${serverId}, API Tokens: delete the old token, and only that.`, ...page },
  };
}

function difference(before: readonly IssuedKey[], now: readonly ListedToken[]): Detection {
  const there = new Set(now.map(({ id }) => id));
  const known = new Set(before.map(({ id }) => id));
  return {
    appeared: now.flatMap(({ id }) => (known.has(id) ? [] : [id])),
    gone: before.flatMap(({ id }) => (there.has(id) ? [] : [id])),
  };
}

function valueOf(tokens: readonly ListedToken[], id: KeyId): SecretFields {
  const found = tokens.find((each) => each.id === id);
  if (found) return { value: found.value };
  return refuse("read", {
    reason: "TargetGone",
    message: `The server has no token ${id} any more.`,
    remedy: "Generate another one.",
  });
}

/** Gone is a success, whoever deleted it; only a person can delete what is there. */
function revoke(detects: boolean, tokens: readonly ListedToken[], id: KeyId): readonly Residual[] {
  if (detects && !tokens.some((each) => each.id === id)) return [];
  return refuse("revoke", REVOKED_BY_HAND);
}

/** Hexadecimal like the token itself. */
function mutate(value: SecretFields): SecretFields {
  const text = value["value"]?.reveal().trim() ?? "";
  return { ...value, value: Secret.from(`${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`) };
}

function refuse(operation: string, text: ErrorText): never {
  throw new Terminal(text, { vendor: NAME, operation });
}

const MINTED_BY_HAND: ErrorText = {
  reason: "MintedByHand",
  message: "Postmark has no API that makes a server token.",
  remedy: "Generate one in the dashboard; Velvet sees it there.",
};

const REVOKED_BY_HAND: ErrorText = {
  reason: "RevokedByHand",
  message: "Postmark has no API that deletes a server token.",
  remedy: "Delete it in the dashboard; then say so with MarkRevoked where Velvet does not see it.",
};
