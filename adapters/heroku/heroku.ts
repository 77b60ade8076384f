import type { HerokuAccount, HerokuIssuer, HerokuSink } from "../../crds/kinds.gen.ts";
import type { Issuer, IssuerTraits } from "../contract.ts";
import { defineAdapter } from "../define.ts";
import { Terminal } from "../errors.ts";
import { AUTHORIZATION_TRAITS, authorizationIssuer } from "./authorization.ts";
import { type Client, openClient } from "./client.ts";
import { configVars, SINK_TRAITS } from "./config-vars.ts";
import { POSTGRES_TRAITS, postgresIssuer } from "./postgres.ts";
import { probe } from "./probe.ts";
import { factsOf } from "./shapes.ts";

/** Heroku: tokens of the account's user, credentials of its databases, and the config vars of apps. */
export const heroku = defineAdapter<HerokuAccount, HerokuIssuer, HerokuSink>({
  name: "heroku",
  endpoint: "optional",
  issuer: { targets: issuerTargets, traits: issuerTraits },
  sink: { targets: ({ app }) => ({ app }), traits: () => SINK_TRAITS },
  connect: (account, clock) => {
    let opened: Client | undefined;
    const client = (): Client => (opened ??= openClient(account, clock));
    return {
      probe: async (signal) => probe(client(), signal),
      issuer: (block) => issuerOf(client(), block),
      sink: (block) => configVars(client(), block),
      async [Symbol.asyncDispose]() {
        await opened?.[Symbol.asyncDispose]();
      },
    };
  },
});

function issuerTargets({ authorization, postgres }: HerokuIssuer): Readonly<Record<string, string>> {
  if (postgres === undefined) {
    return { kind: "authorization", scope: (authorization?.scope ?? []).toSorted().join(",") };
  }
  const { addon, credential = "default" } = postgres;
  return { kind: "postgres", addon, credential };
}

function issuerTraits({ postgres }: HerokuIssuer): IssuerTraits {
  return postgres === undefined ? AUTHORIZATION_TRAITS : POSTGRES_TRAITS;
}

/** The schema lets exactly one of them in. */
function issuerOf(client: Client, { authorization, postgres }: HerokuIssuer): Issuer {
  if (postgres !== undefined) return postgresIssuer(client, postgres);
  if (authorization !== undefined) return authorizationIssuer(client, authorization);
  throw new Terminal(
    {
      reason: "IssuerNotChosen",
      message: "The issuer says neither authorization nor postgres.",
      remedy: "Give one of the two in the Credential's issuer.heroku.",
    },
    factsOf("open"),
  );
}
