/**
 * Tokens of a GitHub App's installation. GitHub neither lists nor names them: an id is made of the mint's own attempt and of the date at
 * which GitHub ends the token by itself, so that one whose value is lost is known to be gone when that date is past.
 */
import type { GithubIssuer } from "../../crds/kinds.gen.ts";
import type { Issuer, IssuerTraits, KeyId, Minted, MintOrder, Residual, Verdict } from "../contract.ts";
import { OutcomeUnknown, Transient } from "../errors.ts";
import { path } from "../http-path.ts";
import type { SecretFields } from "../secret.ts";
import { INSTALLATION_REFUSALS } from "./app.ts";
import type { GitHub } from "./client.ts";
import { errorOf, isOwn, objectOf, vendorTime } from "./refusal.ts";
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
  valueOf,
  verdict,
} from "./token.ts";

export type TokenBlock = NonNullable<GithubIssuer["installationToken"]>;

const HOUR_MS = 3_600_000;

/** Listed by nobody, which `endsByItselfMs` makes bearable: an orphan is gone within the hour. */
export const INSTALLATION_TRAITS: IssuerTraits = { ...TOKEN_TRAITS, mintClass: "unmarked", endsByItselfMs: HOUR_MS };

export function installationTokens(github: GitHub, block: TokenBlock): Issuer {
  return {
    traits: INSTALLATION_TRAITS,
    list: async () => [],
    verify: async (value, signal) => verify(github, value, signal),
    mutate: mutateToken,
    // Only Velvet's own ledger knows whose a token is.
    identify: async () => undefined,
    complete: (value) => value,
    mint: async (order, signal) => mint(github, block, order, signal),
    revoke: async (id, signal, value) => revoke(github, id, signal, value),
    // There is no quarantine that something could be left in.
    destroy: async () => [],
  };
}

/** Costs no quota. Without a token it is answered too, so that only together with the negative control its yes is one. */
async function verify(github: GitHub, value: SecretFields, signal: AbortSignal): Promise<Verdict> {
  const token = tokenOf(value);
  if (!token) return NO_TOKEN;
  try {
    const ask = { method: "GET", path: path`/rate_limit`, effect: "none", accept: [401, 404] } as const;
    const answer = await github.askAs(token, ask, signal);
    return isAccepted(answer.status, objectOf(answer), errorOf(answer).message) && isOwn(answer)
      ? verdict("alive", "TokenAccepted", "GitHub accepts this token.")
      : refusedOrNot(answer);
  } catch (error) {
    return inconclusive(error, signal);
  }
}

/** A GitHub Enterprise Server that limits nobody has nothing to show, and says so to whoever may ask. */
function isAccepted(status: number, body: Readonly<Record<string, unknown>>, message: string): boolean {
  if (status === 404) return /rate limiting is not enabled/i.test(message);
  return status === 200 && "resources" in body;
}

async function mint(github: GitHub, block: TokenBlock, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const installation = String(github.settings.app?.installationId ?? 0);
  const answer = await github.askAsApp(
    {
      method: "POST",
      path: path`/app/installations/${installation}/access_tokens`,
      json: wanted(block),
      effect: "once",
      means: { ...INSTALLATION_REFUSALS, 422: NOT_GRANTED },
    },
    signal,
  );
  const { token, expires_at: end } = objectOf(answer);
  if (typeof token !== "string" || typeof end !== "string" || Number.isNaN(Date.parse(end))) throw lost();
  const attempt = order.marker.split("/").at(-1) ?? "";
  return { id: `installation-${installation}@${attempt}~${end}`, value: valueOf(token), expiresAt: end };
}

function wanted({ repositories, permissions }: TokenBlock): object {
  return { ...(repositories ? { repositories } : {}), ...(permissions ? { permissions } : {}) };
}

const NOT_GRANTED = {
  reason: "PermissionNotGranted",
  message: "The installation has not all of the repositories and permissions that the token is to have.",
  remedy: "Let the installation have them, or ask for less in the manifest.",
};

function lost(): OutcomeUnknown {
  const message = "GitHub said that it made a token, and its answer holds none.";
  const facts = { vendor: VENDOR, operation: "POST /app/installations/{}/access_tokens" };
  return new OutcomeUnknown({ reason: "AnswerNotUnderstood", message }, facts);
}

async function revoke(
  github: GitHub,
  id: KeyId,
  signal: AbortSignal,
  value: SecretFields | undefined,
): Promise<readonly Residual[]> {
  const token = value && tokenOf(value);
  if (!token) return endedByItself(github, id, signal);
  // 401: it is gone already.
  const ask = { method: "DELETE", path: path`/installation/token`, effect: "repeatable", accept: [401] } as const;
  const answer = await github.askAs(token, ask, signal);
  if (answer.status !== 401 || isOwn(answer)) return [];
  throw refuse("revoke", {
    reason: "EdgeAnswered",
    message: "Somebody before GitHub answered, so the token was not ended.",
    remedy: "See to the VendorAccount's endpoint and headers.",
  });
}

const SPARE_MS = 60_000;

/** By GitHub's clock, with a minute to spare. Until then it is asked again. */
async function endedByItself(github: GitHub, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  const end = Date.parse(id.split("~").at(-1) ?? "");
  if (Number.isNaN(end)) throw valueNeeded(id, "It ends by itself within one hour of its mint.");
  const answer = await github.askAsApp({ method: "GET", path: path`/app`, effect: "none" }, signal);
  const leftMs = end + SPARE_MS - vendorTime(answer, github.clock.now());
  if (leftMs < 0) return [];
  const message = `GitHub ends ${id} only for whoever shows its value, or by itself at ${new Date(end).toISOString()}.`;
  const facts = { vendor: VENDOR, operation: "revoke" };
  throw new Transient({ reason: "EndsByItself", message }, facts, Math.min(leftMs + 1_000, HOUR_MS + 2 * SPARE_MS));
}
