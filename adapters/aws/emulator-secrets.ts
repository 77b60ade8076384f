/** Secrets Manager, as AWS describes it: versions that never change, and stages that move between them. */
import { randomUUID } from "node:crypto";
import type { Reply } from "../emulator/emulator.ts";
import { ACCOUNT } from "./emulator-iam.ts";
import { jsonFault, ok } from "./emulator-ssm.ts";

interface Version {
  readonly text?: string;
  readonly binary?: string;
  readonly at: number;
  readonly stages: Set<string>;
}

export interface KeptSecret {
  readonly name: string;
  readonly versions: Map<string, Version>;
  kmsKey?: string | undefined;
  rotates?: boolean;
  owner?: string;
  deletedAt?: number;
}

interface Request {
  readonly SecretId: string;
  readonly Name: string;
  readonly ClientRequestToken: string;
  readonly SecretString?: string;
  readonly KmsKeyId?: string;
  readonly VersionId?: string;
  readonly VersionStage?: string;
  readonly VersionStages?: readonly string[];
  readonly MoveToVersionId?: string;
  readonly RemoveFromVersionId?: string;
}

const NOT_FOUND = "Secrets Manager can't find the specified secret.";

export class Secrets {
  readonly secrets = new Map<string, KeptSecret>();

  handle(action: string, body: unknown, now: number): Reply {
    const request = body as Request;
    if (action === "CreateSecret") return this.#create(request, now);
    const secret = this.secrets.get(request.SecretId);
    if (!secret) return jsonFault("ResourceNotFoundException", NOT_FOUND);
    if (action === "DescribeSecret") return described(secret);
    if (secret.deletedAt !== undefined) {
      return jsonFault(
        "InvalidRequestException",
        "You can't perform this operation on the secret because it was marked for deletion.",
      );
    }
    if (action === "GetSecretValue") return read(secret, request);
    if (action === "PutSecretValue") return put(secret, request, now);
    if (action === "UpdateSecretVersionStage") return restage(secret, request);
    return jsonFault("UnknownOperationException");
  }

  /** As a person does it: current at once. */
  plant(name: string, text: string, now: number): KeptSecret {
    const secret = this.secrets.get(name) ?? { name, versions: new Map<string, Version>() };
    this.secrets.set(name, secret);
    const id = randomUUID();
    secret.versions.set(id, { text, at: now, stages: new Set() });
    makeCurrent(secret, id);
    return secret;
  }

  #create(
    { Name: name, ClientRequestToken: token, SecretString: text = "", KmsKeyId: kmsKey }: Request,
    now: number,
  ): Reply {
    const held = this.secrets.get(name);
    if (held) {
      const same = held.versions.get(token)?.text === text;
      return same ? short(held, token) : jsonFault("ResourceExistsException", "The secret already exists.");
    }
    const secret: KeptSecret = { name, versions: new Map(), kmsKey };
    secret.versions.set(token, { text, at: now, stages: new Set(["AWSCURRENT"]) });
    this.secrets.set(name, secret);
    return short(secret, token);
  }
}

export function currentOf(secret: KeptSecret | undefined): string | undefined {
  return [...(secret?.versions ?? [])].find(([, { stages }]) => stages.has("AWSCURRENT"))?.[0];
}

function described(secret: KeptSecret): Reply {
  const { name, versions, rotates, owner, deletedAt } = secret;
  // Versions without a stage are deprecated, and not told.
  const staged = [...versions].filter(([, { stages }]) => stages.size > 0);
  return ok({
    ARN: arnOf(secret),
    Name: name,
    ...(rotates === undefined ? {} : { RotationEnabled: rotates }),
    ...(owner === undefined ? {} : { OwningService: owner }),
    ...(deletedAt === undefined ? {} : { DeletedDate: deletedAt / 1000 }),
    VersionIdsToStages: Object.fromEntries(staged.map(([id, { stages }]) => [id, [...stages]])),
  });
}

function read(secret: KeptSecret, { VersionId: id, VersionStage: stage = "AWSCURRENT" }: Request): Reply {
  const hit = [...secret.versions].find(([known, { stages }]) => (id === undefined ? stages.has(stage) : known === id));
  if (!hit) return jsonFault("ResourceNotFoundException", `${NOT_FOUND} value for staging label: ${stage}`);
  const [version, { text, binary, at, stages }] = hit;
  const value = text === undefined ? { SecretBinary: binary } : { SecretString: text };
  return ok({
    ARN: arnOf(secret),
    Name: secret.name,
    VersionId: version,
    ...value,
    VersionStages: [...stages],
    CreatedDate: at / 1000,
  });
}

function put(secret: KeptSecret, request: Request, now: number): Reply {
  const { ClientRequestToken: token, SecretString: text = "", VersionStages: stages = ["AWSCURRENT"] } = request;
  if (token.length < 32 || token.length > 64) return jsonFault("ValidationException", "ClientRequestToken");
  if (Buffer.byteLength(text) > 65_536) return jsonFault("ValidationException", "SecretString is too long");
  const held = secret.versions.get(token);
  if (held) return held.text === text ? short(secret, token) : jsonFault("ResourceExistsException", "Another value.");
  const isFirst = secret.versions.size === 0;
  secret.versions.set(token, { text, at: now, stages: new Set() });
  for (const stage of isFirst ? [...stages, "AWSCURRENT"] : stages) move(secret, stage, token);
  return short(secret, token);
}

function restage(
  secret: KeptSecret,
  { VersionStage: stage = "", MoveToVersionId: to, RemoveFromVersionId: from }: Request,
): Reply {
  const holder = [...secret.versions].find(([, { stages }]) => stages.has(stage))?.[0];
  if (from !== undefined && from !== holder)
    return jsonFault("InvalidParameterException", `${stage} is not on ${from}.`);
  if (from === undefined && holder !== undefined && holder !== to) {
    return jsonFault("InvalidParameterException", `${stage} is on ${holder}, which must be named.`);
  }
  if (to !== undefined && !secret.versions.has(to)) return jsonFault("ResourceNotFoundException", NOT_FOUND);
  move(secret, stage, to);
  return ok({ ARN: arnOf(secret), Name: secret.name });
}

/** Without an id, away. */
function move(secret: KeptSecret, stage: string, id: string | undefined): void {
  if (id !== undefined && stage === "AWSCURRENT") makeCurrent(secret, id);
  else attach(secret, stage, id);
}

/** AWSPREVIOUS goes by itself to the one that was current. */
function makeCurrent(secret: KeptSecret, id: string): void {
  const before = currentOf(secret);
  if (before !== undefined && before !== id) attach(secret, "AWSPREVIOUS", before);
  secret.versions.get(id)?.stages.delete("AWSPREVIOUS");
  attach(secret, "AWSCURRENT", id);
}

function attach(secret: KeptSecret, stage: string, id: string | undefined): void {
  for (const { stages } of secret.versions.values()) stages.delete(stage);
  if (id !== undefined) secret.versions.get(id)?.stages.add(stage);
}

function short(secret: KeptSecret, id: string): Reply {
  return ok({
    ARN: arnOf(secret),
    Name: secret.name,
    VersionId: id,
    VersionStages: [...(secret.versions.get(id)?.stages ?? [])],
  });
}

function arnOf({ name }: KeptSecret): string {
  return `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:${name}-a1B2c3`;
}
