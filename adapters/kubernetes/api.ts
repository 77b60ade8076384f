/** The API server as this adapter talks to it, and what its refusals mean. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { KubernetesAccount } from "../../crds/kinds.gen.ts";
import type { Clock } from "../contract.ts";
import type { TypedAccount } from "../define.ts";
import type { ErrorFacts } from "../errors.ts";
import { OutcomeUnknown, Terminal, Transient } from "../errors.ts";
import type { HttpRequest } from "../http.ts";
import { openHttp } from "../http.ts";
import { ofStatus } from "../http-outcome.ts";
import { Secret } from "../secret.ts";
import { fieldsOf, itemsOf, textAt } from "./shapes.ts";

export const VENDOR = "kubernetes";
/** Under this name the API server keeps what is Velvet's. */
export const OWNER = "velvet";

/** Where a pod finds its own API server and account. A parameter for tests only. */
export interface Pod {
  readonly address: string;
  readonly folder: string;
}

export const POD: Pod = {
  address: "https://kubernetes.default.svc",
  folder: "/var/run/secrets/kubernetes.io/serviceaccount",
};

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly facts: ErrorFacts;
}

export interface Api extends AsyncDisposable {
  /** Sends once. 404, 409 and 422 are answers; every other refusal is thrown. `may`: the permission that it needs, in words. */
  ask(request: HttpRequest, may: string, signal: AbortSignal): Promise<Answer>;
}

export function openApi(account: TypedAccount<KubernetesAccount>, clock: Clock, pod: Pod): Api {
  const { config, endpoint } = account;
  const inPod = config.inCluster === true;
  const mounted = (name: string): string => readMounted(join(pod.folder, name));
  const http = openHttp({
    vendor: VENDOR,
    // With both it is not clear where the pod's token may go: then to nobody.
    baseUrl: inPod ? (endpoint === undefined ? pod.address : undefined) : endpoint,
    headers: () => account.headers(),
    clock,
    budget: account.budget,
    timeoutMs: durationMs(config.timeout ?? "30s"),
    maxBodyBytes: 8 * 1024 * 1024,
    ca: () => (inPod ? mounted("ca.crt") : ownCa(account)),
    errorCode: (body) => textAt(fieldsOf(body), "reason"),
  });
  return {
    async ask(request, may, signal) {
      const facts = { vendor: VENDOR, operation: `${request.method} ${request.path.pattern}` };
      const token = inPod ? mounted("token").trim() : account.secret("token").reveal();
      const headers = { accept: "application/json", ...request.headers, authorization: Secret.from(`Bearer ${token}`) };
      const answer = await http.send({ ...request, headers, accept: "any" }, signal);
      const known = { ...facts, status: answer.status };
      if (answer.status < 300) return { status: answer.status, body: answer.json(), facts: known };
      const body = bodyOf(answer.text());
      if ([404, 409, 422].includes(answer.status)) return { status: answer.status, body, facts: known };
      if (answer.status === 403) throw forbidden(body, may, known);
      const effect = request.effect ?? (request.method === "GET" ? "none" : "once");
      throw ofStatus(answer.status, effect, known, answer.retryAfterMs);
    },
    [Symbol.asyncDispose]: async () => http[Symbol.asyncDispose](),
  };
}

/** An authority that is not configured is the usual ones; the token is always needed. */
function ownCa(account: TypedAccount<KubernetesAccount>): string | undefined {
  try {
    const ca = account.secret("ca");
    return ca.isEmpty ? undefined : ca.reveal();
  } catch (error) {
    if (error instanceof Terminal && error.reason === "AccountSecretMissing") return undefined;
    throw error;
  }
}

/** Read at each use: the kubelet puts a new token there about every hour, and a new authority when the cluster's changes. */
function readMounted(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    throw new Terminal(
      {
        reason: "AccountSecretMissing",
        message: "The pod has no ServiceAccount mounted: its token or authority cannot be read.",
        remedy: "Set automountServiceAccountToken for Velvet's pod, or give the account endpoint and auth.",
      },
      { vendor: VENDOR, operation: "read the pod's ServiceAccount" },
    );
  }
}

function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function forbidden(body: unknown, may: string, facts: ErrorFacts): Terminal {
  if (causesOf(body).some(({ reason }) => reason === "NamespaceTerminating")) {
    return new Terminal(
      {
        reason: "NamespaceEnding",
        message: "The namespace is being deleted, and takes nothing new.",
        remedy: "Remove the consumer from the Credential, or make the namespace again.",
      },
      facts,
    );
  }
  return new Terminal(
    {
      reason: "AccountForbidden",
      message: `The account may not ${may}.`,
      remedy: "Add it to the account's Role; the adapter's readme has the whole Role.",
    },
    facts,
  );
}

export interface StatusCause {
  readonly reason: string | undefined;
  readonly message: string;
  readonly field: string;
}

/** `details.causes[]` of a Status. */
export function causesOf(body: unknown): readonly StatusCause[] {
  return itemsOf(fieldsOf(fieldsOf(body)["details"])["causes"]).map((cause) => ({
    reason: textAt(cause, "reason"),
    message: textAt(cause, "message") ?? "",
    field: textAt(cause, "field") ?? "",
  }));
}

export function notUnderstood(facts: ErrorFacts): OutcomeUnknown {
  const remedy = "Check that the VendorAccount's endpoint is an API server.";
  return new OutcomeUnknown(
    { reason: "AnswerNotUnderstood", message: "The answer is no object of Kubernetes.", remedy },
    facts,
  );
}

export function changing(facts: ErrorFacts): Transient {
  const message = "Somebody else changes the same object again and again; nothing was overwritten.";
  return new Transient({ reason: "TargetChanging", message }, facts, 1000);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d|w)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ""] ?? 0), 0);
}
