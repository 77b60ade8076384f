/** The adapter opened on an emulator, as tests want it. */
import type { AccountHandle, Clock, Connection, Issuer, Sink } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";
import { aws } from "./aws.ts";
import type { AwsEmulator } from "./emulator.ts";
import type { Key } from "./emulator-iam.ts";

export const clock: Clock = { now: () => new Date(), monotonicMs: () => performance.now() };

export interface Opening {
  readonly endpoint?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly more?: Partial<AccountHandle>;
}

export function accountOf({ endpoint, accessKeyId, secretAccessKey, sessionToken, more = {} }: Opening): AccountHandle {
  const auth: Readonly<Record<string, string | undefined>> = { accessKeyId, secretAccessKey, sessionToken };
  return {
    name: "orders-aws",
    generation: 1,
    ...(endpoint === undefined ? {} : { endpoint }),
    config: { region: "eu-central-1", ...(sessionToken === undefined ? {} : { temporary: true }) },
    endpoints: [],
    secret: (name) => Secret.from(auth[name] ?? ""),
    headers: () => ({}),
    ...more,
  };
}

export function connectedTo(emulator: AwsEmulator, more: Partial<AccountHandle> = {}): Connection {
  const { id, secret } = emulator.admin;
  return aws.connect(accountOf({ endpoint: emulator.url, accessKeyId: id, secretAccessKey: secret, more }), clock);
}

export function issuerOn(connection: Connection, user = "orders-app"): Issuer {
  const issuer = connection.issuer?.({ user });
  if (issuer === undefined) throw new Error("the adapter has no issuer");
  return issuer;
}

export function sinkOn(connection: Connection, block: object): Sink {
  const sink = connection.sink?.(block);
  if (sink === undefined) throw new Error("the adapter has no sink");
  return sink;
}

export function valueOf({ id, secret }: Pick<Key, "id" | "secret">): SecretFields {
  return { accessKeyId: Secret.from(id), secretAccessKey: Secret.from(secret) };
}

export function orderOf(values: Readonly<Record<string, string | null>>) {
  const entries = Object.entries(values);
  return {
    keys: Object.fromEntries(entries.map(([name, value]) => [name, value === null ? null : Secret.from(value)])),
  };
}

export const REPEATED =
  "IAM holds no marker and takes no idempotency token, so an order that comes again cannot be told from a new one; the engine never repeats a mint of this class.";

/** What no IAM makes possible, whoever answers for it. */
export const IMPOSSIBLE_FOR_KEYS = {
  "lists what it minted with its marker": "An access key has neither a name nor a tag that could hold a marker.",
  "proposes every field, and another value each time": "AWS chooses both fields of an access key.",
  "has the same outcome for the same order again": REPEATED,
  "does not bring a revoked credential back by minting the same order again": REPEATED,
  "leaves no value in what the vendor records":
    "AWS keeps no record of secrets that could be read, and the case mints one order twice, which this class never does.",
} as const;
