/** Can the account do its work? Read-only, but for the token that an App is given for itself. */
import type { Health } from "../contract.ts";
import { isAdapterError } from "../errors.ts";
import { path } from "../http-path.ts";
import type { HttpAnswer } from "../http.ts";
import type { GitHub } from "./client.ts";
import { objectOf } from "./refusal.ts";

export async function probe(github: GitHub, signal: AbortSignal): Promise<Health> {
  try {
    return await (github.settings.app ? ofApp(github, signal) : ofToken(github, signal));
  } catch (error) {
    if (!isAdapterError(error)) throw error;
    const message = [error.message, error.remedy].filter(Boolean).join(" ");
    return { ready: false, reason: error.reason, message };
  }
}

/** The permissions that something of this adapter needs with `write`. */
const USEFUL = [
  "administration",
  "dependabot_secrets",
  "environments",
  "organization_dependabot_secrets",
  "organization_secrets",
  "secrets",
];

async function ofApp(github: GitHub, signal: AbortSignal): Promise<Health> {
  const permissions = (await github.session(signal))?.permissions ?? {};
  const limits = { method: "GET", path: path`/rate_limit`, effect: "none", accept: [404] } as const;
  const answer = await github.ask(limits, signal);
  const missing = USEFUL.filter((name) => permissions[name] !== "write");
  const may =
    missing.length === 0
      ? "It may write all that this adapter writes."
      : `It has no \`write\` for ${missing.join(", ")}: needed only where such secrets or deploy keys are written.`;
  return { ready: true, reason: "InstallationReady", message: `GitHub accepts the App. ${may}`, ...remaining(answer) };
}

/** `/user` says no to a missing token, where the free `/rate_limit` would say yes to anybody. An installation's token is no user's. */
async function ofToken(github: GitHub, signal: AbortSignal): Promise<Health> {
  const answer = await github.ask({ method: "GET", path: path`/user`, effect: "none", accept: [403] }, signal);
  const { login } = objectOf(answer);
  const whose = typeof login === "string" ? `the token of ${login}` : "the token";
  const scopes = answer.header("x-oauth-scopes");
  const may = scopes === undefined ? "" : ` It has the scopes ${listed(scopes)}.`;
  const end = Date.parse(answer.header("github-authentication-token-expiration") ?? "");
  const until = Number.isNaN(end) ? "" : ` It ends on ${new Date(end).toISOString()}.`;
  const message = `GitHub accepts ${whose}.${may}${until}`;
  return { ready: true, reason: "TokenAccepted", message, ...remaining(answer) };
}

/** A scope is a word; nothing else of a header is shown. */
function listed(scopes: string): string {
  const words = scopes.split(",").map((each) => each.trim());
  return words.filter((word) => /^[a-z_:]{1,40}$/.test(word)).join(", ") || "none";
}

function remaining(answer: HttpAnswer): Pick<Health, "remaining"> {
  const left = Number.parseInt(answer.header("x-ratelimit-remaining") ?? "", 10);
  return Number.isNaN(left) ? {} : { remaining: left };
}
