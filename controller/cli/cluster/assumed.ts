/** Accounts as they must be where a person may not read them: of the adapters that the Credential's own blocks are for. Pure. */
import type { AccountEndpoint, CredentialSpec } from "../../../crds/kinds.gen.ts";
import type { Snapshot } from "../../domain/world.ts";
import { adapterNames } from "../../sources/manifest/schema.ts";

/** They allow everything, want no second person, and have each endpoint that is named, which proves what a check is for. */
export function assumedAccounts(spec: CredentialSpec): Snapshot["accounts"] {
  const adapters = new Map<string, string>();
  for (const { check } of spec.consumers) if (check?.account !== undefined) adapters.set(check.account, "http");
  for (const block of [spec.issuer, ...(spec.custody ? [spec.custody] : []), ...spec.consumers]) {
    const adapter = adapterNames().find((name) => Object.hasOwn(block, name));
    if (adapter !== undefined) adapters.set(block.account, adapter);
  }
  const accounts = [...adapters].map(([name, adapter]) => {
    const assumed = { adapter, allow: [{ namespaces: ["*"] }], endpoints: endpointsOf(spec, name) };
    return [name, { generation: 1, spec: assumed }] as const;
  });
  return Object.fromEntries(accounts);
}

function endpointsOf({ consumers }: CredentialSpec, account: string): AccountEndpoint[] {
  const named = consumers.flatMap(({ check }) => (check?.account === account ? (check.endpoint ?? []) : []));
  return [...new Set(named)].map((name) => ({ name, url: "https://unknown.invalid", proves: "credential" }));
}
