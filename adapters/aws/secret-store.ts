/** Every call to Secrets Manager that the sink makes, by what it is for. */
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  type DescribeSecretResponse,
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { Secret } from "../secret.ts";
import type { Access } from "./access.ts";
import { ask, notUnderstood, type Outcome, type Wanted } from "./call.ts";
import { secretFailed } from "./secret-faults.ts";

export interface Current {
  readonly version: string;
  /** Undefined where the secret is binary. */
  readonly text: Secret | undefined;
  readonly createdAt: Date | undefined;
}

export interface SecretStore {
  readonly name: string;
  /** The version that AWSCURRENT is on; undefined where there is no secret, or none with that stage. */
  current(signal: AbortSignal): Promise<Current | undefined>;
  /** Undefined where there is no secret. */
  describe(signal: AbortSignal): Promise<DescribeSecretResponse | undefined>;
  create(version: string, text: Secret, kmsKey: string | undefined, signal: AbortSignal): Promise<"done" | "exists">;
  /** The same version with the same text again is a success. */
  put(version: string, text: Secret, stage: string, signal: AbortSignal): Promise<void>;
  /** `moved`: the stage was not on `from`, and nothing was changed. */
  stage(
    stage: string,
    move: { readonly from?: string; readonly to?: string },
    signal: AbortSignal,
  ): Promise<"done" | "moved">;
}

/** AWS documents that it refuses, and not with which of both. A secret that cannot be written is told by the look that follows. */
const STAGE_ELSEWHERE = /^Invalid(?:Parameter|Request)$/;

interface Desk {
  readonly name: string;
  readonly client: () => SecretsManagerClient;
}

export function secretStoreOf(access: Access, name: string): SecretStore {
  const desk: Desk = { name, client: () => new SecretsManagerClient(access.settings("secretsmanager")) };
  return {
    name,
    current: async (signal) => current(desk, signal),
    describe: async (signal) => {
      const asked = wanted(desk, "secretsmanager:DescribeSecret", "none");
      const command = new DescribeSecretCommand({ SecretId: name });
      return foundOr(await ask(async (options) => desk.client().send(command, options), asked, signal), asked);
    },
    create: async (version, text, kmsKey, signal) => create(desk, version, text, kmsKey, signal),
    put: async (version, text, stage, signal) => {
      const asked = wanted(desk, "secretsmanager:PutSecretValue", "repeatable");
      const request = { SecretId: name, ClientRequestToken: version, VersionStages: [stage] };
      const command = new PutSecretValueCommand({ ...request, SecretString: text.reveal() });
      const outcome = await ask(async (options) => desk.client().send(command, options), asked, signal);
      if ("refusal" in outcome) throw secretFailed(outcome.refusal, asked);
    },
    stage: async (stage, { from, to }, signal) => {
      const asked = wanted(desk, "secretsmanager:UpdateSecretVersionStage", "repeatable");
      const command = new UpdateSecretVersionStageCommand({
        SecretId: name,
        VersionStage: stage,
        ...(from === undefined ? {} : { RemoveFromVersionId: from }),
        ...(to === undefined ? {} : { MoveToVersionId: to }),
      });
      const outcome = await ask(async (options) => desk.client().send(command, options), asked, signal);
      return doneUnless(outcome, asked, { refusal: STAGE_ELSEWHERE, word: "moved" as const });
    },
  };
}

function wanted({ name }: Desk, action: string, effect: Wanted["effect"]): Wanted {
  return { action, on: name, effect };
}

async function current(desk: Desk, signal: AbortSignal): Promise<Current | undefined> {
  const asked = wanted(desk, "secretsmanager:GetSecretValue", "none");
  const command = new GetSecretValueCommand({ SecretId: desk.name, VersionStage: "AWSCURRENT" });
  const found = foundOr(await ask(async (options) => desk.client().send(command, options), asked, signal), asked);
  if (found === undefined) return undefined;
  const { VersionId: version, SecretString: text, CreatedDate: createdAt } = found;
  if (version === undefined) throw notUnderstood(asked);
  return { version, text: text === undefined ? undefined : Secret.from(text), createdAt };
}

async function create(
  desk: Desk,
  version: string,
  text: Secret,
  kmsKey: string | undefined,
  signal: AbortSignal,
): Promise<"done" | "exists"> {
  const asked = wanted(desk, "secretsmanager:CreateSecret", "repeatable");
  const key = kmsKey === undefined ? {} : { KmsKeyId: kmsKey };
  const request = { Name: desk.name, ClientRequestToken: version, Description: "Kept by Velvet.", ...key };
  const command = new CreateSecretCommand({ ...request, SecretString: text.reveal() });
  const outcome = await ask(async (options) => desk.client().send(command, options), asked, signal);
  return doneUnless(outcome, asked, { refusal: /^ResourceExists$/, word: "exists" as const });
}

function foundOr<Output>(outcome: Outcome<Output>, asked: Wanted): Output | undefined {
  if ("output" in outcome) return outcome.output;
  if (outcome.refusal.name === "ResourceNotFound") return undefined;
  throw secretFailed(outcome.refusal, asked);
}

function doneUnless<Word extends string>(
  outcome: Outcome<unknown>,
  asked: Wanted,
  expected: { readonly refusal: RegExp; readonly word: Word },
): "done" | Word {
  if ("output" in outcome) return "done";
  if (expected.refusal.test(outcome.refusal.name)) return expected.word;
  throw secretFailed(outcome.refusal, asked);
}
