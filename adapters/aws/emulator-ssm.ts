/** The Parameter Store, as AWS describes it. Values of SecureStrings are shown only to who asks for them decrypted. */
import type { Reply } from "../emulator/emulator.ts";
import { ACCOUNT } from "./emulator-iam.ts";

interface Version {
  readonly version: number;
  readonly value: string;
  readonly keyId: string | undefined;
  readonly at: number;
  readonly by: string;
  readonly labels: Set<string>;
}

export interface Parameter {
  readonly name: string;
  readonly type: string;
  tier: string;
  readonly versions: Version[];
}

export interface PutRequest {
  readonly Name: string;
  readonly Value: string;
  readonly Type?: string;
  readonly KeyId?: string;
  readonly Tier?: string;
  readonly Overwrite?: boolean;
}

const DEFAULT_KEY = "alias/aws/ssm";
const MAX_VERSIONS = 100;

export class Ssm {
  readonly parameters = new Map<string, Parameter>();
  /** KMS keys that can be used. */
  readonly kms = new Set([DEFAULT_KEY, "alias/orders"]);

  handle(action: string, body: unknown, now: number, by: string): Reply {
    switch (action) {
      case "PutParameter":
        return this.put(body as PutRequest, now, by);
      case "GetParameters":
        return this.#get(body as { Names: string[]; WithDecryption?: boolean });
      case "DescribeParameters":
        return this.#describe(body as { ParameterFilters?: { Key: string; Option?: string; Values: string[] }[] });
      case "LabelParameterVersion":
        return this.#label(body as { Name: string; ParameterVersion?: number; Labels: string[] });
      case "DeleteParameter": {
        const { Name: name } = body as { Name: string };
        return this.parameters.delete(name) ? ok({}) : jsonFault("ParameterNotFound");
      }
      default:
        return jsonFault("UnknownOperationException");
    }
  }

  put(request: PutRequest, now: number, by: string): Reply {
    const { Name: name, Type: type = "String" } = request;
    const held = this.parameters.get(name);
    const parameter: Parameter = held ?? { name, type, tier: "Standard", versions: [] };
    const refused = ofRequest(request, held) ?? ofHeld(request, held) ?? this.#ofKey(request);
    if (refused) return refused;
    if (parameter.versions.length >= MAX_VERSIONS) parameter.versions.shift();
    const version = nextOf(parameter);
    // Without a key the default one is used, whichever the version before had.
    const keyId = parameter.type === "SecureString" ? (request.KeyId ?? DEFAULT_KEY) : undefined;
    parameter.versions.push({ version, value: request.Value, keyId, at: now, by, labels: new Set() });
    parameter.tier = request.Tier ?? parameter.tier;
    this.parameters.set(name, parameter);
    return ok({ Version: version, Tier: parameter.tier });
  }

  #ofKey({ KeyId: key }: PutRequest): Reply | undefined {
    if (key === undefined || this.kms.has(key)) return undefined;
    return jsonFault("InvalidKeyId", "The query key ID isn't valid.");
  }

  #get({ Names: names, WithDecryption: decrypted = false }: { Names: string[]; WithDecryption?: boolean }): Reply {
    if (names.length > 10) return jsonFault("ValidationException", "Member must have length less than or equal to 10");
    const found = names.map((asked) => [asked, this.#find(asked)] as const);
    const shown = found.flatMap(([, hit]) => (hit ? [this.#shown(hit.parameter, hit.version, decrypted)] : []));
    return ok({ Parameters: shown, InvalidParameters: found.flatMap(([asked, hit]) => (hit ? [] : [asked])) });
  }

  #find(asked: string): { parameter: Parameter; version: Version } | undefined {
    const [name = "", selector] = asked.split(":");
    const parameter = this.parameters.get(name);
    const version = parameter?.versions.findLast(
      ({ version: number, labels }) => selector === undefined || String(number) === selector || labels.has(selector),
    );
    return parameter && version && { parameter, version };
  }

  #shown({ name, type }: Parameter, { version, value, at }: Version, decrypted: boolean): object {
    const isHidden = type === "SecureString" && !decrypted;
    return {
      Name: name,
      Type: type,
      Value: isHidden ? `AQICAH${Buffer.from(`${name}${version}`).toString("base64")}` : value,
      Version: version,
      LastModifiedDate: at / 1000,
      ARN: `arn:aws:ssm:eu-central-1:${ACCOUNT}:parameter${name}`,
      DataType: "text",
    };
  }

  #describe({ ParameterFilters: filters = [] }: { ParameterFilters?: { Key: string; Values: string[] }[] }): Reply {
    const all = [...this.parameters.values()];
    const kept = all.filter(({ name }) =>
      filters.every(({ Key: key, Values: values }) => key !== "Name" || values.includes(name)),
    );
    const shown = kept.map(({ name, type, tier, versions }) => {
      const { version, keyId, at, by } = versions.at(-1) ?? {};
      const key = keyId === undefined ? {} : { KeyId: keyId };
      return {
        Name: name,
        Type: type,
        Tier: tier,
        Version: version,
        ...key,
        LastModifiedDate: (at ?? 0) / 1000,
        LastModifiedUser: by,
      };
    });
    return ok({ Parameters: shown });
  }

  #label({
    Name: name,
    ParameterVersion: number,
    Labels: labels,
  }: {
    Name: string;
    ParameterVersion?: number;
    Labels: string[];
  }): Reply {
    const parameter = this.parameters.get(name);
    if (!parameter) return jsonFault("ParameterNotFound");
    const version = parameter.versions.find((known) => known.version === number);
    if (!version) return jsonFault("ParameterVersionNotFound");
    const bad = labels.filter((label) => /^(\d|aws|ssm)/i.test(label));
    for (const label of labels.filter((good) => !bad.includes(good))) {
      for (const other of parameter.versions) other.labels.delete(label);
      version.labels.add(label);
    }
    return ok({ InvalidLabels: bad, ParameterVersion: version.version });
  }
}

function nextOf({ versions }: Parameter): number {
  return (versions.at(-1)?.version ?? 0) + 1;
}

function isStuck({ versions }: Parameter): boolean {
  return versions.length >= MAX_VERSIONS && (versions[0]?.labels.size ?? 0) > 0;
}

function ofRequest({ Name: name, Value: value, Tier: tier, Type: type }: PutRequest, held: Parameter | undefined) {
  if (value === "" || /\{\{[^]*\}\}/.test(value)) return jsonFault("ValidationException", "Value is not valid.");
  if (/^\/?(aws|ssm)/i.test(name)) return jsonFault("ValidationException", "Parameter name: can't be prefixed.");
  if (!held && type === undefined) return jsonFault("ValidationException", "A parameter type is required.");
  const isTooLong = Buffer.byteLength(value) > (tier === "Advanced" ? 8192 : 4096);
  return isTooLong ? jsonFault("ValidationException", "Value is too long.") : undefined;
}

function ofHeld({ Type: type, Tier: tier, Overwrite: overwrite }: PutRequest, held: Parameter | undefined) {
  if (!held) return undefined;
  if (overwrite !== true) return jsonFault("ParameterAlreadyExists", "The parameter already exists.");
  if (type !== undefined && type !== held.type) return jsonFault("HierarchyTypeMismatchException", "Type.");
  if (held.tier === "Advanced" && tier !== "Advanced") return jsonFault("ValidationException", "Can't downgrade.");
  return isStuck(held) ? jsonFault("ParameterMaxVersionLimitExceeded", "The oldest has a label.") : undefined;
}

export function ok(body: object): Reply {
  return { status: 200, headers: { "content-type": "application/x-amz-json-1.1" }, body: JSON.stringify(body) };
}

/** Some of them come without a message. */
export function jsonFault(type: string, message?: string, status = 400): Reply {
  const body = JSON.stringify({ __type: type, ...(message === undefined ? {} : { message }) });
  return { status, headers: { "content-type": "application/x-amz-json-1.1" }, body };
}
