/** Personal access tokens: a person makes them on GitHub's pages; Velvet verifies them, and ends them by showing them. */
import type { GithubIssuer } from "../../crds/kinds.gen.ts";
import type { Issuer, IssuerTraits, KeyId, Residual, Verdict } from "../contract.ts";
import { Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import type { SecretFields } from "../secret.ts";
import type { GitHub } from "./client.ts";
import { objectOf } from "./refusal.ts";
import { VENDOR } from "./settings.ts";
import {
  inconclusive,
  mutateToken,
  NO_TOKEN,
  refuse,
  refusedOrNot,
  TOKEN_TRAITS,
  tokenOf,
  valueNeeded,
  verdict,
} from "./token.ts";

export type PersonalBlock = NonNullable<GithubIssuer["personalAccessToken"]>;

export const PERSONAL_TRAITS: IssuerTraits = { ...TOKEN_TRAITS, mintClass: "manual" };

export function personalTokens(github: GitHub, block: PersonalBlock): Issuer {
  return {
    traits: PERSONAL_TRAITS,
    list: async () => [],
    verify: async (value, signal) => verify(github, block, value, signal),
    mutate: mutateToken,
    // GitHub has no name for a token that its API tells.
    identify: async () => undefined,
    complete: (value) => value,
    mint: async () => {
      throw refuse("mint", BY_HAND);
    },
    revoke: async (id, signal, value) => revoke(github, block, { id, signal, value }),
    // There is no quarantine that something could be left in.
    destroy: async () => [],
  };
}

const BY_HAND = {
  reason: "MintedByHand",
  message: "GitHub has no API that makes a personal access token.",
  remedy: "Make one on GitHub's settings page and hand it in with ProvideValue.",
};

async function verify(
  github: GitHub,
  { login }: PersonalBlock,
  value: SecretFields,
  signal: AbortSignal,
): Promise<Verdict> {
  const token = tokenOf(value);
  if (!token) return NO_TOKEN;
  try {
    const ask = { method: "GET", path: path`/user`, effect: "none", accept: [401] } as const;
    const answer = await github.askAs(token, ask, signal);
    const owner = objectOf(answer)["login"];
    if (answer.status !== 200 || typeof owner !== "string") return refusedOrNot(answer);
    return owner.toLowerCase() === login.toLowerCase() ? accepted(login, answer) : ANOTHERS;
  } catch (error) {
    return inconclusive(error, signal);
  }
}

/** GitHub tells when a token ends in a header, as `2026-12-01 00:00:00 UTC`. */
function accepted(login: string, answer: HttpAnswer): Verdict {
  const told = answer.header("github-authentication-token-expiration");
  const end = Date.parse(told ?? "");
  const until = Number.isNaN(end) ? "" : `, until ${new Date(end).toISOString()}`;
  return verdict("alive", "TokenAccepted", `GitHub accepts this token of ${login}${until}.`);
}

const ANOTHERS = verdict("needs-human", "TokenOfAnotherUser", "The token is not of the user whom the manifest names.");

/** Other kinds of tokens GitHub does not end this way. */
const REVOCABLE = /^(ghp|github_pat|gho|ghu|ghr)_/;

interface Ending {
  readonly id: KeyId;
  readonly signal: AbortSignal;
  readonly value: SecretFields | undefined;
}

/** GitHub accepts a revocation and does it a little later: it is done when the token is refused. */
async function revoke(
  github: GitHub,
  block: PersonalBlock,
  { id, signal, value }: Ending,
): Promise<readonly Residual[]> {
  const token = value && tokenOf(value);
  if (!value || !token) throw valueNeeded(id, "Delete it on GitHub's settings page, then confirm with MarkRevoked.");
  if (await isGone(github, block, value, signal)) return [];
  if (!REVOCABLE.test(token.reveal())) throw refuse("revoke", NOT_THIS_WAY);
  await github.askAs(
    "nobody",
    {
      method: "POST",
      path: path`/credentials/revoke`,
      json: { credentials: [token.reveal().trim()] },
      effect: "repeatable",
      means: { 404: NOT_THIS_WAY, 422: NOT_THIS_WAY },
    },
    signal,
  );
  if (await isGone(github, block, value, signal)) return [];
  throw passing("RevokeUnderWay", "GitHub has taken the revocation and still accepts the token.", 15_000);
}

const NOT_THIS_WAY = {
  reason: "TokenNotRevocable",
  message: "GitHub does not end this token through its API.",
  remedy: "Delete it on GitHub's settings page, then confirm with MarkRevoked.",
};

/** What is somebody else's is left alone: ending it could not be undone. */
async function isGone(
  github: GitHub,
  block: PersonalBlock,
  value: SecretFields,
  signal: AbortSignal,
): Promise<boolean> {
  const { liveness, reason, message, retryAfterMs } = await verify(github, block, value, signal);
  if (liveness === "inconclusive") throw passing(reason, message, retryAfterMs);
  if (liveness === "needs-human") throw refuse("revoke", { reason, message });
  return liveness === "dead";
}

function passing(reason: string, message: string, retryAfterMs?: number): Transient {
  return new Transient({ reason, message }, { vendor: VENDOR, operation: "revoke" }, retryAfterMs);
}
