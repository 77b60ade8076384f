/**
 * AWS as far as the adapter knows it: IAM, STS, the Parameter Store and Secrets Manager on one address, told apart by what a request is
 * signed for. Every request is authenticated by its signature and authorized by action, as in AWS.
 */
import { TokenBucket } from "../emulator/bucket.ts";
import { type Call, type Emulator, type Mishap, openEmulator, type Reply, type Trap } from "../emulator/emulator.ts";
import { fault, Iam, type Key } from "./emulator-iam.ts";
import { Secrets } from "./emulator-secrets.ts";
import { readSignature } from "./emulator-signature.ts";
import { jsonFault, Ssm } from "./emulator-ssm.ts";

export interface AwsEmulatorOptions {
  /** Milliseconds since 1970. Default: the machine's clock. */
  readonly now?: () => number;
  /** `/aws`: as behind a proxy. */
  readonly prefix?: string;
  /** Requests to the Parameter Store in a second, as AWS counts them for an account and region. Default: not counted. */
  readonly ssmPerSecond?: number;
  /** How far the clock of a signature may be off. Default: five minutes. */
  readonly skewMs?: number;
}

export interface AwsEmulator extends Emulator {
  /** The truth of each service: to look at, and to change behind the adapter's back. */
  readonly iam: Iam;
  readonly ssm: Ssm;
  readonly secrets: Secrets;
  /** Velvet's own key, of the user `velvet`, who may do everything but what is in `denied`. */
  readonly admin: Key;
  /** `ssm:PutParameter`: what a policy forbids to Velvet. */
  readonly denied: Set<string>;
  /** Every action that was let in, with who asked. */
  readonly asked: { readonly action: string; readonly keyId: string; readonly userAgent: string }[];
  /** A trap for the requests of one action: `iam:CreateAccessKey`. */
  arm(action: string, mishap: Mishap, more?: Pick<Trap, "after" | "times">): () => void;
  /** As all services say it. */
  throttling(action: string): Reply;
}

const SKEW_MS = 300_000;

export async function openAwsEmulator(options: AwsEmulatorOptions = {}): Promise<AwsEmulator> {
  const now = options.now ?? Date.now;
  const iam = new Iam();
  const ssm = new Ssm();
  const secrets = new Secrets();
  const denied = new Set<string>();
  const asked: { action: string; keyId: string; userAgent: string }[] = [];
  iam.addUser("velvet", "/automation/");
  const admin = iam.addKey("velvet", now() - 86_400_000);
  const rate = options.ssmPerSecond;
  const bucket = rate === undefined ? undefined : new TokenBucket({ size: rate, perMinute: rate * 60 });
  const perform = (action: string, { key, service }: Signer, call: Call): Reply => {
    const name = action.slice(action.indexOf(":") + 1);
    if (service === "sts") return iam.identity(key);
    if (service === "iam") return iam.handle(name, call);
    if (service === "secretsmanager") return secrets.handle(name, call.json, call.now);
    if (bucket && bucket.take(call.now) === undefined) return throttling(action);
    return ssm.handle(name, call.json, call.now, iam.arnOf(key.user));
  };
  const handle = (call: Call): Reply => {
    const action = actionOf(call);
    const signer = authenticated(iam, call, {
      path: `${options.prefix ?? ""}/`,
      action,
      skewMs: options.skewMs ?? SKEW_MS,
    });
    if ("status" in signer) return signer;
    const { key, service, region } = signer;
    key.lastUsed = { at: call.now, service, region };
    asked.push({ action, keyId: key.id, userAgent: call.headers["user-agent"] ?? "" });
    const isAllowed = action === "sts:GetCallerIdentity" || (key.user === "velvet" && !denied.has(action));
    return isAllowed ? perform(action, signer, call) : forbidden(iam.arnOf(key.user), action);
  };
  const emulator = await openEmulator({
    now,
    ...(options.prefix === undefined ? {} : { prefix: options.prefix }),
    routes: [{ method: "POST", pattern: "/", handle }],
    dress: (_call, reply) => ({ ...reply, headers: { "x-amzn-requestid": "11111111-2222-3333", ...reply.headers } }),
  });
  const arm: AwsEmulator["arm"] = (action, mishap, more = {}) =>
    emulator.set({ when: (call) => actionOf(call) === action, mishap, ...more });
  return { ...emulator, arm, iam, ssm, secrets, admin, denied, asked, throttling };
}

/** `ssm:PutParameter`, `iam:CreateAccessKey`. */
function actionOf({ headers, text }: Call): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string")
    return target.replace(/^AmazonSSM\./, "ssm:").replace(/^secretsmanager\./, "secretsmanager:");
  const form = new URLSearchParams(text);
  return `${form.get("Version") === "2011-06-15" ? "sts" : "iam"}:${form.get("Action") ?? "none"}`;
}

interface Signer {
  readonly key: Key;
  readonly service: string;
  readonly region: string;
}

interface Asking {
  readonly path: string;
  readonly action: string;
  readonly skewMs: number;
}

function authenticated(iam: Iam, call: Call, { path, action, skewMs }: Asking): Signer | Reply {
  const signed = readSignature(call, path);
  if (!signed) return refused(action, 403, "MissingAuthenticationToken", "Request is missing Authentication Token");
  const { keyId, service, region } = signed;
  const isJson = isJsonAction(action);
  const wrong = (message: string) =>
    refused(action, 403, isJson ? "InvalidSignature" : "SignatureDoesNotMatch", message);
  if (service !== action.split(":")[0] || (service === "iam" && region !== "us-east-1")) return wrong("Wrong scope.");
  const key = iam.accepted(keyId, call.now);
  if (!key) {
    const unknown = isJson ? "UnrecognizedClient" : "InvalidClientTokenId";
    return refused(action, 403, unknown, "The security token included in the request is invalid.");
  }
  if (Math.abs(call.now - signed.at) > skewMs)
    return wrong("Signature expired: 20261127T000000Z is now earlier than …");
  return signed.isBy(key.secret)
    ? { key, service, region }
    : wrong("The request signature we calculated does not match.");
}

function forbidden(arn: string, action: string): Reply {
  const why = `because no identity-based policy allows the ${action} action`;
  return refused(
    action,
    403,
    "AccessDenied",
    `User: ${arn} is not authorized to perform: ${action} on resource: * ${why}`,
  );
}

function isJsonAction(action: string): boolean {
  return action.startsWith("ssm:") || action.startsWith("secretsmanager:");
}

/** The services with JSON say with 400 what the others say with 403. */
function refused(action: string, status: number, code: string, message: string): Reply {
  return isJsonAction(action) ? jsonFault(`${code}Exception`, message) : fault(status, code, message);
}

function throttling(action: string): Reply {
  return refused(action, 400, "Throttling", "Rate exceeded");
}
