/** The adapter at moto's server: the same suites as at our own emulator, at one that was written by others and from other sources. */
import { randomUUID } from "node:crypto";
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import {
  GetParametersByPathCommand,
  type GetParametersByPathCommandOutput,
  LabelParameterVersionCommand,
  type Parameter,
  PutParameterCommand,
  SSMClient,
} from "@aws-sdk/client-ssm";
import { record, string } from "fast-check";
import { describe, expect, inject, it } from "vitest";
import type { Moto } from "../../test/peers/moto.setup.ts";
import { issuerConformance } from "../conformance/issuer.ts";
import { type IssuerBench, never } from "../conformance/issuer-bench.ts";
import { type SinkBench, sinkConformance } from "../conformance/sink.ts";
import { behaving } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { aws } from "./aws.ts";
import { accountOf, clock, IMPOSSIBLE_FOR_KEYS, issuerOn, orderOf, sinkOn, valueOf } from "./bench.fixture.ts";

const moto: Moto = inject("moto");
const own = { region: "eu-central-1", endpoint: moto.url, credentials: moto, maxAttempts: 1 } as const;
const iam = new IAMClient({ ...own, region: "us-east-1" });
const ssm = new SSMClient(own);
const secrets = new SecretsManagerClient(own);

const connect = (endpoint = moto.url) => aws.connect(accountOf({ ...moto, endpoint }), clock);

async function keys(): Promise<IssuerBench> {
  const user = `orders-${randomUUID()}`;
  await iam.send(new CreateUserCommand({ UserName: user, Path: "/apps/" }));
  const { AccessKey: key } = await iam.send(new CreateAccessKeyCommand({ UserName: user }));
  const connection = connect();
  return {
    issuer: issuerOn(connection, user),
    other: () => issuerOn(connect(), user),
    unreachable: async () => {
      const silent = await behaving((socket) => socket.resume());
      const reached = connect(silent.url);
      return {
        ...issuerOn(reached, user),
        async [Symbol.asyncDispose]() {
          await reached[Symbol.asyncDispose]();
          await silent[Symbol.asyncDispose]();
        },
      };
    },
    adopted: valueOf({ id: key?.AccessKeyId ?? "", secret: key?.SecretAccessKey ?? "" }),
    unknownId: "AKIAIOSFODNN7EXAMPLE",
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
    },
  };
}

const LETS_INACTIVE_IN =
  "moto authenticates an inactive key too; that it is inactive there is a test of its own below.";

issuerConformance({
  name: "aws at moto",
  make: keys,
  forms: record({ accessKeyId: string({ minLength: 1 }), secretAccessKey: string({ minLength: 1 }) }).map((texts) => [
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Secret.from(text)])),
  ]),
  impossible: {
    ...IMPOSSIBLE_FOR_KEYS,
    "revokes exactly one id": LETS_INACTIVE_IN,
    "revokes again without an error": LETS_INACTIVE_IN,
  },
});

function parameters(label?: string): () => Promise<SinkBench> {
  return async () => {
    const path = `/orders/${randomUUID()}`;
    const block = { parameters: { path, ...(label === undefined ? {} : { label }) } };
    const read = async () => {
      const found: Parameter[] = [];
      let NextToken: string | undefined;
      do {
        const command = new GetParametersByPathCommand({ Path: path, WithDecryption: true, NextToken });
        const page: GetParametersByPathCommandOutput = await ssm.send(command);
        found.push(...(page.Parameters ?? []));
        NextToken = page.NextToken;
      } while (NextToken !== undefined);
      return found;
    };
    const connection = connect();
    return {
      sink: sinkOn(connection, block),
      other: () => sinkOn(connect(), block),
      plant: async (values) => {
        for (const [key, Value] of Object.entries(values)) {
          const Name = `${path}/${key}`;
          await ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true }));
          if (label !== undefined) await ssm.send(new LabelParameterVersionCommand({ Name, Labels: [label] }));
        }
      },
      peek: async () =>
        Object.fromEntries((await read()).map(({ Name = "", Value = "" }) => [Name.slice(path.length + 1), Value])),
      stamp: async () => (await read()).map(({ Name, Version }) => `${Name} ${Version}`).join(" "),
      async [Symbol.asyncDispose]() {
        await connection[Symbol.asyncDispose]();
      },
    };
  };
}

const NOT_CONDITIONAL = {
  "changes all keys at once": "Each parameter is written by a request of its own.",
  "refuses a write against an older version": "PutParameter cannot be made to depend on a version.",
  "creates against the version of a missing target": "PutParameter cannot be made to depend on a version.",
};
sinkConformance({
  name: "aws at moto, parameters",
  make: parameters(),
  impossible: NOT_CONDITIONAL,
});
sinkConformance({
  name: "aws at moto, parameters read by label",
  make: parameters("velvet-current"),
  impossible: NOT_CONDITIONAL,
});

async function secret(): Promise<SinkBench> {
  const name = `orders/${randomUUID()}`;
  const block = { secret: { name } };
  const connection = connect();
  const current = async () => {
    // Without a stage moto goes on showing the version that was put last as current.
    const command = new GetSecretValueCommand({ SecretId: name, VersionStage: "AWSCURRENT" });
    const found = await secrets.send(command).catch(() => undefined);
    const text = found?.SecretString;
    return {
      version: found?.VersionId,
      members: text === undefined ? undefined : (JSON.parse(text) as Record<string, string>),
    };
  };
  return {
    sink: sinkOn(connection, block),
    other: () => sinkOn(connect(), block),
    plant: async (values) => {
      const { members } = await current();
      const SecretString = JSON.stringify({ ...members, ...values });
      if (members) await secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
      else await secrets.send(new CreateSecretCommand({ Name: name, SecretString }));
    },
    peek: async () => (await current()).members ?? {},
    stamp: async () => (await current()).version ?? "none",
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
    },
  };
}

sinkConformance({ name: "aws at moto, secret", make: secret });

describe("at moto", () => {
  it("is ready, and known by its own name", async () => {
    await using connection = connect();
    expect(await connection.probe(never)).toMatchObject({
      ready: true,
      message: expect.stringContaining("user/velvet"),
    });
  });

  it("is not ready with a secret that is wrong", async () => {
    await using connection = aws.connect(accountOf({ ...moto, endpoint: moto.url, secretAccessKey: "wrong" }), clock);
    expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "AccountUnauthorized" });
  });

  it("is refused a third key by the vendor, inactive ones included", async () => {
    await using bench = await keys();
    const { issuer } = bench;
    const first = { marker: "velvet/test/a/b", inventory: await issuer.list(never) };
    const minted = await issuer.mint(first, never);
    await issuer.revoke(minted.id, never);
    const again = { marker: "velvet/test/a/c", inventory: await issuer.list(never) };
    await expect(issuer.mint(again, never)).rejects.toMatchObject({ name: "Terminal", reason: "QuotaExhausted" });
  });

  it("has an inactive key after a revoke, again too, and no other", async () => {
    await using bench = await keys();
    const { issuer, adopted } = bench;
    const minted = await issuer.mint({ marker: "velvet/test/a/b", inventory: await issuer.list(never) }, never);
    await issuer.revoke(minted.id, never);
    await issuer.revoke(minted.id, never);
    const enabled = (await issuer.list(never)).map(({ id, enabled: isEnabled }) => [id, isEnabled]);
    expect(Object.fromEntries(enabled)).toEqual({ [adopted["accessKeyId"]?.reveal() ?? ""]: true, [minted.id]: false });
  });

  it("keeps the version before as the previous one", async () => {
    await using bench = await secret();
    const first = await bench.sink.write(orderOf({ A: "one" }), never);
    const second = await bench.sink.write(orderOf({ A: "two" }), never);
    const shown = async (stage: string) => {
      const SecretId = (await bench.sink.residual?.(never))?.[0]?.message.match(/orders\/[0-9a-f-]+/)?.[0];
      const { Versions: versions = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId }));
      return versions.find(({ VersionStages: stages = [] }) => stages.includes(stage))?.VersionId;
    };
    expect([await shown("AWSPREVIOUS"), await shown("AWSCURRENT")]).toEqual([first.version, second.version]);
  });
});
