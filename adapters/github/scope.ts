/** Which secrets are meant: five places with the same routes below them, each with a sealing key and a permission of its own. Pure. */
import type { GithubSink } from "../../crds/kinds.gen.ts";
import { type ErrorText, Terminal } from "../errors.ts";
import { type Path, path } from "../http-path.ts";
import type { Refusals } from "./refusal.ts";
import { VENDOR } from "./settings.ts";

export interface Scope {
  /** For people: `the environment production of acme/orders`. */
  readonly title: string;
  /** What a GitHub App or a fine-grained token needs, and what a classic token needs. */
  readonly permission: string;
  readonly classic: string;
  /** Undefined where the secrets are no organization's. */
  readonly organization: string | undefined;
  readonly literals: readonly string[];
  readonly parts: readonly string[];
}

/** For the account's allow[]: everything that says which secrets, and who reads a new one. */
export function sinkTargets(block: GithubSink): Readonly<Record<string, string>> {
  const { store = "actions", repository, environment, organization, visibility, selectedRepositoryIds } = block;
  const scope = environment !== undefined ? "environment" : organization !== undefined ? "organization" : "repository";
  const all = { store, scope, repository, environment, organization, visibility };
  const given = Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  const ids = selectedRepositoryIds === undefined ? {} : { selectedRepositoryIds: selectedRepositoryIds.join("/") };
  return { ...Object.fromEntries(given), ...ids };
}

/** Throws `Terminal` `ScopeInvalid`. */
export function scopeOf(block: GithubSink): Scope {
  const { store = "actions", repository, environment, organization } = block;
  if ((repository === undefined) === (organization === undefined)) {
    throw invalid("Exactly one of repository and organization says whose secrets are meant.");
  }
  if (environment !== undefined && (repository === undefined || store !== "actions")) {
    throw invalid("Only a repository has environments, and only secrets of Actions.");
  }
  if (organization !== undefined) return ofOrganization(organization, store);
  const owned = (repository ?? "").split("/");
  return environment === undefined ? ofRepository(owned, store) : ofEnvironment(owned, environment);
}

type Store = NonNullable<GithubSink["store"]>;

function ofEnvironment(owned: readonly string[], environment: string): Scope {
  return {
    title: `the environment ${environment} of ${owned.join("/")}`,
    permission: "environments",
    classic: "repo",
    organization: undefined,
    literals: ["/repos/", "/", "/environments/", "/secrets"],
    parts: [...owned, environment],
  };
}

function ofRepository(owned: readonly string[], store: Store): Scope {
  return {
    title: owned.join("/"),
    permission: store === "actions" ? "secrets" : "dependabot_secrets",
    classic: "repo",
    organization: undefined,
    literals: ["/repos/", "/", `/${store}/secrets`],
    parts: owned,
  };
}

function ofOrganization(organization: string, store: Store): Scope {
  return {
    title: `the organization ${organization}`,
    permission: store === "actions" ? "organization_secrets" : "organization_dependabot_secrets",
    classic: "admin:org",
    organization,
    literals: ["/orgs/", `/${store}/secrets`],
    parts: [organization],
  };
}

export function publicKeyOf({ literals, parts }: Scope): Path {
  return pathOf([...literals.slice(0, -1), `${literals.at(-1) ?? ""}/public-key`], parts);
}

export function secretOf({ literals, parts }: Scope, name: string, below = ""): Path {
  return pathOf([...literals.slice(0, -1), `${literals.at(-1) ?? ""}/`, below], [...parts, name]);
}

function pathOf(literals: readonly string[], parts: readonly string[]): Path {
  return path(Object.assign([...literals], { raw: literals }), ...parts);
}

/** GitHub answers 404 for what may not be seen, so a 404 names both causes. */
export function refusalsOf(scope: Pick<Scope, "title" | "permission" | "classic">, level: "read" | "write"): Refusals {
  const needed = `\`${scope.permission}: ${level}\` (a classic token: \`${scope.classic}\`)`;
  const missing: ErrorText = {
    reason: "PermissionMissing",
    message: `The account lacks ${needed} for ${scope.title}.`,
    remedy: "Give it to the App and accept it for the installation, or give it to the token.",
  };
  return {
    403: missing,
    404: {
      reason: "TargetGone",
      message: `GitHub does not show ${scope.title} to this account: it is not there, or the account may not see it.`,
      remedy: `Correct the name in the manifest, or give the account access and ${needed}.`,
    },
  };
}

function invalid(message: string): Terminal {
  const remedy = "Correct the github block of this consumer; the adapter's readme shows every form.";
  return new Terminal({ reason: "ScopeInvalid", message, remedy }, { vendor: VENDOR, operation: "read the block" });
}
