/** Every call to the Parameter Store that the sink makes, by what it is for. */
import {
  DeleteParameterCommand,
  DescribeParametersCommand,
  GetParametersCommand,
  LabelParameterVersionCommand,
  type ParameterMetadata,
  PutParameterCommand,
  type PutParameterRequest,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { Secret } from "../secret.ts";
import type { Access } from "./access.ts";
import { ask, call, notUnderstood, type Outcome, type Wanted } from "./call.ts";
import { labelRefused, writeFailed } from "./parameter-faults.ts";

export interface Held {
  readonly value: Secret;
  readonly version: number;
  readonly changedAt: Date | undefined;
}

export interface ParameterStore {
  /** By name. With `label`, the version that carries it. What does not exist is left out. */
  read(names: readonly string[], label: string | undefined, signal: AbortSignal): Promise<ReadonlyMap<string, Held>>;
  /** What people set on parameters that exist, which an overwrite must not lose. */
  describe(names: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, ParameterMetadata>>;
  /** Returns the new version. */
  put(request: PutParameterRequest & { readonly Name: string }, signal: AbortSignal): Promise<number>;
  label(name: string, version: number, label: string, signal: AbortSignal): Promise<void>;
  remove(name: string, signal: AbortSignal): Promise<void>;
}

/** What AWS takes in one call. */
const READ_AT_ONCE = 10;
const DESCRIBED_AT_ONCE = 50;

type Open = () => SSMClient;

export function parameterStoreOf(access: Access, path: string): ParameterStore {
  const client: Open = () => new SSMClient(access.settings("ssm"));
  return {
    read: async (names, label, signal) => {
      const found = new Map<string, Held>();
      for (const part of parts(names, READ_AT_ONCE)) {
        for (const [name, held] of await readPart(client, part, label, path, signal)) found.set(name, held);
      }
      return found;
    },
    describe: async (names, signal) => {
      const found = new Map<string, ParameterMetadata>();
      for (const part of parts(names, DESCRIBED_AT_ONCE)) {
        for (const known of await describePart(client, part, path, signal)) found.set(known.Name ?? "", known);
      }
      return found;
    },
    put: async (request, signal) => put(client, request, signal),
    label: async (name, version, label, signal) => labelled(client, name, version, label, signal),
    remove: async (name, signal) => remove(client, name, signal),
  };
}

async function put(
  client: Open,
  request: PutParameterRequest & { readonly Name: string },
  signal: AbortSignal,
): Promise<number> {
  const wanted: Wanted = { action: "ssm:PutParameter", on: request.Name, effect: "repeatable" };
  const command = new PutParameterCommand(request);
  const outcome = await ask(async (options) => client().send(command, options), wanted, signal);
  const { Version: version } = doneOr(outcome, wanted);
  if (version === undefined) throw notUnderstood(wanted);
  return version;
}

async function labelled(
  client: Open,
  name: string,
  version: number,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  const wanted: Wanted = { action: "ssm:LabelParameterVersion", on: name, effect: "repeatable" };
  const command = new LabelParameterVersionCommand({ Name: name, ParameterVersion: version, Labels: [label] });
  const outcome = await ask(async (options) => client().send(command, options), wanted, signal);
  // A label that breaks the rules is told in an answer that is otherwise a success.
  if ((doneOr(outcome, wanted).InvalidLabels ?? []).length > 0) throw labelRefused(name);
}

async function remove(client: Open, name: string, signal: AbortSignal): Promise<void> {
  const wanted: Wanted = { action: "ssm:DeleteParameter", on: name, effect: "repeatable" };
  const command = new DeleteParameterCommand({ Name: name });
  const outcome = await ask(async (options) => client().send(command, options), wanted, signal);
  if ("refusal" in outcome && outcome.refusal.name === "ParameterNotFound") return;
  doneOr(outcome, wanted);
}

function doneOr<Output>(outcome: Outcome<Output>, wanted: Wanted): Output {
  if ("output" in outcome) return outcome.output;
  throw writeFailed(outcome.refusal, wanted);
}

async function readPart(
  client: Open,
  names: readonly string[],
  label: string | undefined,
  path: string,
  signal: AbortSignal,
): Promise<[string, Held][]> {
  const wanted: Wanted = { action: "ssm:GetParameters", on: path, effect: "none" };
  const asked = names.map((name) => (label === undefined ? name : `${name}:${label}`));
  // Without decryption a SecureString is shown as it is stored, and nothing would ever be equal.
  const command = new GetParametersCommand({ Names: asked, WithDecryption: true });
  const { Parameters: found = [] } = await call(async (options) => client().send(command, options), wanted, signal);
  return found.flatMap(({ Name: name, Value: value, Version: version, LastModifiedDate: changedAt }) =>
    name === undefined || value === undefined || version === undefined
      ? []
      : [[name, { value: Secret.from(value), version, changedAt }]],
  );
}

async function describePart(
  client: Open,
  names: readonly string[],
  path: string,
  signal: AbortSignal,
): Promise<readonly ParameterMetadata[]> {
  const wanted: Wanted = { action: "ssm:DescribeParameters", on: path, effect: "none" };
  const filter = { Key: "Name", Option: "Equals", Values: [...names] };
  const found: ParameterMetadata[] = [];
  let token: string | undefined;
  do {
    const command: DescribeParametersCommand = new DescribeParametersCommand({
      ParameterFilters: [filter],
      MaxResults: DESCRIBED_AT_ONCE,
      NextToken: token,
    });
    const page = await call(async (options) => client().send(command, options), wanted, signal);
    found.push(...(page.Parameters ?? []));
    token = page.NextToken;
  } while (token !== undefined && token !== "");
  return found;
}

function parts(names: readonly string[], size: number): string[][] {
  const count = Math.ceil(names.length / size);
  return Array.from({ length: count }, (_unused, index) => names.slice(index * size, (index + 1) * size));
}
