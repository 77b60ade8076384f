/** Which kind of credential an issuer's block means. */
import type { GithubIssuer } from "../../crds/kinds.gen.ts";
import type { Issuer, IssuerTraits } from "../contract.ts";
import type { GitHub } from "./client.ts";
import { DEPLOY_KEY_TRAITS, deployKeys } from "./deploy-key.ts";
import { INSTALLATION_TRAITS, installationTokens } from "./installation-token.ts";
import { PERSONAL_TRAITS, personalTokens } from "./personal-token.ts";
import { refuse } from "./token.ts";

export function issuerTraits({ installationToken, personalAccessToken }: GithubIssuer): IssuerTraits {
  if (installationToken) return INSTALLATION_TRAITS;
  return personalAccessToken ? PERSONAL_TRAITS : DEPLOY_KEY_TRAITS;
}

/**
 * For the account's allow[]: what the credential reaches, and how far. What is left out reaches everything, and is called `*`. Several
 * are parted by a slash, at which a glob's `*` stops: one that allows `orders*` does not allow `orders/payments`.
 */
export function issuerTargets({
  deployKey,
  installationToken,
  personalAccessToken,
}: GithubIssuer): Readonly<Record<string, string>> {
  if (installationToken) {
    const { repositories, permissions } = installationToken;
    const rights = permissions && Object.entries(permissions).map(([name, level]) => `${name}=${level}`);
    return { kind: "installationToken", repositories: listed(repositories), permissions: listed(rights) };
  }
  if (personalAccessToken) return { kind: "personalAccessToken", login: personalAccessToken.login };
  if (!deployKey) return {};
  return { kind: "deployKey", repository: deployKey.repository, access: deployKey.access ?? "read" };
}

function listed(names: readonly string[] | undefined): string {
  return names === undefined ? "*" : names.toSorted().join("/");
}

export function issuerOf(github: GitHub, { deployKey, installationToken, personalAccessToken }: GithubIssuer): Issuer {
  if (installationToken) return installationTokens(github, installationToken);
  if (personalAccessToken) return personalTokens(github, personalAccessToken);
  if (deployKey) return deployKeys(github, deployKey);
  throw refuse("read the block", {
    reason: "KindMissing",
    message: "The issuer's github block does not say what is issued.",
    remedy: "Give one of deployKey, installationToken and personalAccessToken.",
  });
}
