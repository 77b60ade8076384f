/** The clients of one account, opened when first used. */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { AwsAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import type { Http } from "../http.ts";
import { openHttp } from "../http.ts";
import type { SecretFields } from "../secret.ts";
import { ask, type Outcome } from "./call.ts";
import { type Handler, handlerOver, type SendOptions } from "./handler.ts";
import { type Place, placesOf, type Service } from "./place.ts";

/** What every official client of one service is made with: no retry, no setting from the environment, no shared files. */
export interface ClientSettings {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: Credentials;
  readonly maxAttempts: 1;
  readonly retryMode: "standard";
  readonly defaultsMode: "standard";
  readonly useFipsEndpoint: false;
  readonly useDualstackEndpoint: false;
  readonly userAgentAppId: "velvet";
  readonly requestHandler: Handler;
}

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Caller {
  /** `arn:aws:iam::123456789012:user/apps/orders`. */
  readonly arn: string;
}

export interface Access extends AsyncDisposable {
  /** For a client that signs with the account's own key as it is now: clients are cheap, and are made for each call. */
  settings(service: Service): ClientSettings;
  /** Who has this key? On a connection of its own. Absent: the account's own key. */
  caller(value: SecretFields | undefined, signal: AbortSignal): Promise<Outcome<Caller>>;
  /** The account's own key id. */
  ownKeyId(): string;
  /** The account's own secret, for what must be keyed by something that nobody else has. */
  ownSecret(): Uint8Array;
  readonly region: string;
}

/** All that is asked is answered in well under a second where nothing is wrong. */
const TIMEOUT_SECONDS = 10;

export function openAccess(account: TypedAccount<AwsAccount>, clock: Clock): Access {
  const places = placesOf(account, account.config);
  const lines = new Map<string, Http>();
  const open = ({ url }: Place): Http =>
    openHttp({
      vendor: "aws",
      baseUrl: url,
      headers: () => account.headers(),
      clock,
      budget: account.budget,
      timeoutMs: (account.config.timeoutSeconds ?? TIMEOUT_SECONDS) * 1_000,
    });
  const shared = (place: Place): Http => {
    const line = lines.get(place.url) ?? open(place);
    lines.set(place.url, line);
    return line;
  };
  return {
    region: places.region,
    settings: (service) => {
      const place = places.of(service);
      return settingsFor(place, shared(place), ownCredentials(account));
    },
    caller: async (value, signal) => {
      const place = places.of("sts");
      await using line = open(place);
      return whoIs(settingsFor(place, line, value ? credentialsOf(value) : ownCredentials(account)), signal);
    },
    ownKeyId: () => account.secret("accessKeyId").reveal().trim(),
    ownSecret: () => account.secret("secretAccessKey").revealBytes(),
    async [Symbol.asyncDispose]() {
      await Promise.all([...lines.values()].map(async (line) => line[Symbol.asyncDispose]()));
    },
  };
}

function settingsFor({ url, region }: Place, line: Http, credentials: Credentials): ClientSettings {
  return {
    region,
    endpoint: url,
    credentials,
    maxAttempts: 1,
    retryMode: "standard",
    defaultsMode: "standard",
    useFipsEndpoint: false,
    useDualstackEndpoint: false,
    userAgentAppId: "velvet",
    requestHandler: handlerOver(line),
  };
}

function ownCredentials(account: TypedAccount<AwsAccount>): Credentials {
  const text = (name: string): string => account.secret(name).reveal().trim();
  const both = { accessKeyId: text("accessKeyId"), secretAccessKey: text("secretAccessKey") };
  return account.config.temporary === true ? { ...both, sessionToken: text("sessionToken") } : both;
}

function credentialsOf(value: SecretFields): Credentials {
  const text = (name: string): string => value[name]?.reveal() ?? "";
  return { accessKeyId: text("accessKeyId"), secretAccessKey: text("secretAccessKey") };
}

async function whoIs(settings: ClientSettings, signal: AbortSignal): Promise<Outcome<Caller>> {
  const client = new STSClient(settings);
  const wanted = { action: "sts:GetCallerIdentity", on: "itself", effect: "none" } as const;
  const send = async (options: SendOptions): Promise<Caller> => {
    const { Arn: arn = "" } = await client.send(new GetCallerIdentityCommand({}), options);
    return { arn };
  };
  return ask(send, wanted, signal);
}
