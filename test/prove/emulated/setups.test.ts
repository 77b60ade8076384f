import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EMULATED } from "./setups.ts";

const ENDS_OLD =
  "A person ends the old one as they make the new one, when they like: a scenario rotates a FreeScout so, with Replace.";

/** Every kind in the table of adapters: the setups that plug it in, or why none does. */
const ISSUERS: Readonly<Record<string, readonly string[] | string>> = {
  aws: ["aws-access-key/1x"],
  "cloudflare userToken": ["cloudflare-user-token/1x", "cloudflare-roll/1x"],
  "cloudflare accountToken": ["cloudflare-account-token/1x"],
  "cloudflare accessServiceToken": ["cloudflare-service-token/1x"],
  "github deployKey": ["github-deploy-key/1x"],
  "github installationToken": ["github-installation-token/1x"],
  "github personalAccessToken": ["github-personal-token/1x"],
  "heroku authorization": ["heroku-authorization/1x"],
  "heroku postgres": ["heroku-postgres/1x"],
  infisical: ["infisical-client-secret/1x"],
  "manual endpoint":
    "It is any vendor: its answers are told in adapters/manual, and what follows from them by plaid and sentry.",
  "manual freescout": ENDS_OLD,
  "manual plaid": ["manual-plaid/1x"],
  "manual sentry": ["manual-sentry/1x"],
  "manual slack": ENDS_OLD,
  "manual taxcloud": ENDS_OLD,
  postmark: ["postmark-server-token/1x"],
  postgres: "There is no emulator: layers E and F and the scenarios rotate logins of a real PostgreSQL.",
  random: "There is no vendor: what an acceptor takes is told by the fake in layers A to D.",
};

const SINKS: Readonly<Record<string, readonly string[] | string>> = {
  "aws parameters": ["aws-parameters/1x"],
  "aws secret": ["aws-secret/1x"],
  cloudflare: ["cloudflare-worker/1x"],
  file: "There is no vendor: its writers are killed for real in adapters/file, and layer E rotates into files.",
  github: [
    "github-repository/1x",
    "github-environment/1x",
    "github-organization/1x",
    "github-dependabot/1x",
    "github-organization-dependabot/1x",
  ],
  heroku: ["heroku-config/1x", "heroku-postgres/1x"],
  infisical: ["infisical-folder/1x", "infisical-approval/1x"],
  kubernetes: ["kubernetes-secret/1x"],
};

const TABLES = readFileSync(new URL("../../../docs/reference/adapters.md", import.meta.url), "utf8");

function kindsBelow(heading: string): readonly string[] {
  const section = TABLES.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const rows = section.matchAll(/^\| \[([a-z]+)\]\([^)]*\) +\| (?:`(\w+)`)? *\|/gm);
  return [...rows].map(([, adapter = "", kind]) => (kind === undefined ? adapter : `${adapter} ${kind}`)).toSorted();
}

it("plugs in every kind of every adapter, or says why not", () => {
  expect(Object.keys(ISSUERS).toSorted()).toEqual(kindsBelow("Issuers"));
  expect(Object.keys(SINKS).toSorted()).toEqual(kindsBelow("Sinks"));
  const named = [...Object.values(ISSUERS), ...Object.values(SINKS)].flatMap((setups) =>
    typeof setups === "string" ? [] : setups,
  );
  expect([...new Set(named)].toSorted()).toEqual(Object.keys(EMULATED).toSorted());
});
