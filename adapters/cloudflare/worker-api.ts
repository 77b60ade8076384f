/** A Worker's secrets, versions and deployments as Cloudflare shows them. */
import type { ErrorText } from "../errors.ts";
import { isAdapterError, Terminal } from "../errors.ts";
import type { Path } from "../http-path.ts";
import { path } from "../http-path.ts";
import { dateIn, field, notUnderstood, numberIn, textIn } from "./answer.ts";
import type { Account, Api } from "./api.ts";
import { VENDOR } from "./api.ts";
import { accountIdOf } from "./routes.ts";

const PERMISSION = "Account: Workers Scripts: Edit";

export interface Deployment {
  /** Which versions serve, and how much of the traffic. */
  readonly shares: readonly { readonly version: string; readonly percentage: number }[];
  readonly createdOn?: string;
  readonly author?: string;
}

export interface Worker {
  /** The names of its secrets. */
  secrets(signal: AbortSignal): Promise<ReadonlySet<string>>;
  /** One new version for all of them, deployed at once. The same again is a success. */
  patch(secrets: Readonly<Record<string, string | null>>, signal: AbortSignal): Promise<void>;
  /** The one that serves now; undefined where there is none. */
  deployment(signal: AbortSignal): Promise<Deployment | undefined>;
  /** The numbers of its newest versions, by id. */
  numbers(signal: AbortSignal): Promise<ReadonlyMap<string, number>>;
}

/** Everything throws `Terminal` `TargetGone` where there is no such script. */
export function workerOf(api: Api, account: Account, script: string): Worker {
  const read = async (at: (accountId: string) => Path, signal: AbortSignal) =>
    there(
      script,
      await api.ask({ method: "GET", path: at(accountIdOf(account)), effect: "none", permission: PERMISSION }, signal),
    );
  return {
    secrets: async (signal) => {
      const { result, facts } = await read((id) => path`/accounts/${id}/workers/scripts/${script}/secrets`, signal);
      if (!Array.isArray(result)) throw notUnderstood(facts, "none", "a list of secrets");
      return new Set(result.flatMap((secret: unknown) => textIn(secret, "name") ?? []));
    },
    patch: async (secrets, signal) => patch(api, account, script, secrets, signal),
    deployment: async (signal) => {
      const { result, facts } = await read((id) => path`/accounts/${id}/workers/scripts/${script}/deployments`, signal);
      const deployments = field(result, "deployments");
      if (!Array.isArray(deployments)) throw notUnderstood(facts, "none", "a list of deployments");
      return deployments.map(deploymentIn)[0];
    },
    numbers: async (signal) => {
      const { result, facts } = await read((id) => path`/accounts/${id}/workers/scripts/${script}/versions`, signal);
      const items = field(result, "items");
      if (!Array.isArray(items)) throw notUnderstood(facts, "none", "a list of versions");
      return new Map(items.flatMap(numbered));
    },
  };
}

async function patch(
  api: Api,
  account: Account,
  script: string,
  secrets: Readonly<Record<string, string | null>>,
  signal: AbortSignal,
): Promise<void> {
  const entries = Object.entries(secrets).map(([name, text]) => [
    name,
    text === null ? null : { name, text, type: "secret_text" },
  ]);
  const request = {
    method: "PATCH",
    path: path`/accounts/${accountIdOf(account)}/workers/scripts/${script}/secrets-bulk`,
    json: { secrets: Object.fromEntries(entries) },
    type: "application/merge-patch+json",
    effect: "repeatable",
    permission: PERMISSION,
  } as const;
  try {
    there(script, await api.ask(request, signal));
  } catch (error) {
    throw isAdapterError(error) && error.facts.code === "10215" ? new Terminal(NOT_DEPLOYED, error.facts) : error;
  }
}

const NOT_DEPLOYED: ErrorText = {
  reason: "WorkerVersionNotDeployed",
  message: "The newest version of the Worker is not the one that is deployed, so Cloudflare takes no secret for it.",
  remedy:
    "Deploy the newest version of the Worker, or delete it, then retry; a preview or gradual deployment is under way.",
};

function there<T>(script: string, answer: T | undefined): T {
  if (answer !== undefined) return answer;
  throw new Terminal(
    {
      reason: "TargetGone",
      message: `Cloudflare has no Worker named \`${script}\`.`,
      remedy: "Correct `script` in the manifest, or remove the consumer there.",
    },
    { vendor: VENDOR, operation: `Worker ${script}`, status: 404, code: "10007" },
  );
}

function deploymentIn(item: unknown): Deployment {
  const versions = field(item, "versions");
  const shares = Array.isArray(versions)
    ? versions.map((share: unknown) => ({
        version: textIn(share, "version_id") ?? "",
        percentage: numberIn(share, "percentage") ?? 0,
      }))
    : [];
  const [createdOn, author] = [dateIn(item, "created_on"), textIn(item, "author_email")];
  return { shares, ...(createdOn === undefined ? {} : { createdOn }), ...(author === undefined ? {} : { author }) };
}

function numbered(item: unknown): readonly (readonly [string, number])[] {
  const [id, number] = [textIn(item, "id"), numberIn(item, "number")];
  return id === undefined || number === undefined ? [] : [[id, number]];
}

/** Bytes that are no UTF-8 would arrive as something else. */
export function notText(name: string): Terminal {
  return new Terminal(
    {
      reason: "ValueNotRepresentable",
      message: `The value for \`${name}\` is no UTF-8 text, which a Worker's secret is.`,
      remedy: "Use an issuer or a field whose value is text, for example base64.",
    },
    { vendor: VENDOR, operation: "PATCH /accounts/{}/workers/scripts/{}/secrets-bulk" },
  );
}
