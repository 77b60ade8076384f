/** What the tests of this folder work on: one emulated vendor and the adapter that asks it. */
import type { ManualAccount, ManualIssuer } from "../../crds/kinds.gen.ts";
import { behaving } from "../conformance/wire.ts";
import type { AccountHandle, Connection, Issuer } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import type { HandEmulator } from "./emulator.ts";
import { manual } from "./manual.ts";

export const never = new AbortController().signal;

export function accountAt(endpoint: string | undefined, more: Partial<AccountHandle> = {}): AccountHandle {
  const config: ManualAccount = {
    mint: { text: "Click on New.", link: "https://vendor.example/new", expected: "2h" },
    revoke: { text: "Click on Delete." },
  };
  return {
    name: "vendor",
    generation: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    config,
    endpoints: [],
    secret: () => Secret.from(""),
    headers: () => ({}),
    ...more,
  };
}

export function connect(account: AccountHandle): Connection {
  return manual.connect(account, { now: () => new Date(), monotonicMs: () => performance.now() });
}

export function issuerAt(url: string, block: ManualIssuer, more: Partial<AccountHandle> = {}): Issuer {
  const issuer = connect(accountAt(url, more)).issuer?.(block);
  if (!issuer) throw new Error("the adapter issues nothing");
  return issuer;
}

export function valueOf(text: string): SecretFields {
  return { value: Secret.from(text) };
}

/** A vendor that takes connections and never answers. */
export async function silentIssuer(block: ManualIssuer): Promise<Issuer & AsyncDisposable> {
  const server = await behaving(() => undefined);
  const config: ManualAccount = { timeoutSeconds: 1 };
  return {
    ...issuerAt(server.url, block, { config }),
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  };
}

export type Open = () => Promise<HandEmulator>;
