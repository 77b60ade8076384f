import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { IAMClient, ListAccessKeysCommand } from "@aws-sdk/client-iam";
import { GetParametersCommand, SSMClient } from "@aws-sdk/client-ssm";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { describe, expect, it } from "vitest";
import { never } from "../conformance/issuer-bench.ts";
import { answering, failure } from "../conformance/wire.ts";
import { Transient } from "../errors.ts";
import { VERSION } from "../http.ts";
import { Secret } from "../secret.ts";
import { aws } from "./aws.ts";
import { accountOf, clock, connectedTo, issuerOn, sinkOn } from "./bench.fixture.ts";
import { openAwsEmulator } from "./emulator.ts";
import { placesOf, type Service } from "./place.ts";

describe("the official clients", () => {
  it("send as Velvet, signed, through a path of the endpoint too, and with the account's headers", async () => {
    await using emulator = await openAwsEmulator({ prefix: "/aws/v1" });
    await using connection = connectedTo(emulator, {
      endpoint: `${emulator.url}/aws/v1`,
      headers: () => ({ "CF-Access-Client-Id": Secret.from("wall") }),
    });
    expect(await connection.probe(never)).toMatchObject({ ready: true, reason: "CallerKnown" });
    await sinkOn(connection, { parameters: { path: "/orders" } }).observe(["A"], never);
    await sinkOn(connection, { secret: { name: "orders" } }).observe(["A"], never);
    emulator.iam.addUser("orders-app");
    await issuerOn(connection).list(never);
    expect(emulator.asked.map(({ action }) => action)).toEqual([
      "sts:GetCallerIdentity",
      "ssm:GetParameters",
      "secretsmanager:GetSecretValue",
      "iam:ListAccessKeys",
    ]);
    expect(new Set(emulator.asked.map(({ userAgent }) => userAgent))).toEqual(new Set([`velvet/${VERSION}`]));
  });

  it("ask the account's budget before each request, and are stopped by it", async () => {
    await using emulator = await openAwsEmulator();
    const facts: string[] = [];
    const budget = {
      enter: async () => {
        facts.push("asked");
        if (facts.length > 1)
          throw new Transient({ reason: "RateLimited", message: "No." }, { vendor: "aws", operation: "x" });
        return { [Symbol.dispose]() {} };
      },
      block: () => {},
    };
    await using connection = connectedTo(emulator, { budget });
    const sink = sinkOn(connection, { parameters: { path: "/orders" } });
    await sink.observe(["A"], never);
    const error = await failure(sink.observe(["A"], never));
    expect(error).toMatchObject({
      name: "Transient",
      reason: "RateLimited",
      facts: { operation: "ssm:GetParameters" },
    });
    expect([facts.length, emulator.asked.length]).toEqual([2, 1]);
  });

  it("follow no redirect", async () => {
    await using emulator = await openAwsEmulator();
    await using wall = await answering((_request, response) =>
      response.writeHead(302, { location: emulator.url }).end(),
    );
    await using connection = connectedTo(emulator, { endpoint: wall.url });
    expect(await connection.probe(never)).toMatchObject({ ready: false, reason: "AnswerNotUnderstood" });
    expect(emulator.seen).toEqual([]);
  });

  it("send a session token where the account's key is a temporary one, and the key as it is now", async () => {
    const seen: (string | undefined)[] = [];
    await using server = await answering(({ headers }, response) => {
      seen.push(String(headers["x-amz-security-token"]), /Credential=(\w+)/.exec(headers.authorization ?? "")?.[1]);
      response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end("{}");
    });
    const auth = { accessKeyId: "ASIAFIRST", secretAccessKey: "s\n", sessionToken: "token" };
    const account = accountOf({ ...auth, endpoint: server.url });
    let id = "ASIAFIRST";
    const secret = (name: string) => (name === "accessKeyId" ? Secret.from(id) : account.secret(name));
    await using connection = aws.connect({ ...account, secret }, clock);
    const sink = sinkOn(connection, { parameters: { path: "/orders" } });
    await sink.observe(["A"], never);
    id = "ASIASECOND";
    await sink.observe(["A"], never);
    expect(seen).toEqual(["token", "ASIAFIRST", "token", "ASIASECOND"]);
  });

  it("take nothing from the environment", async () => {
    await using emulator = await openAwsEmulator();
    await using connection = connectedTo(emulator);
    process.env["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1";
    process.env["AWS_ACCESS_KEY_ID"] = "AKIAENVIRONMENT";
    try {
      expect(await connection.probe(never)).toMatchObject({ ready: true });
    } finally {
      delete process.env["AWS_ENDPOINT_URL"];
      delete process.env["AWS_ACCESS_KEY_ID"];
    }
  });
});

describe("the public endpoints", () => {
  const regions = ["eu-central-1", "us-east-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1"];

  it.each(regions)("of %s are those that the official clients know", async (region) => {
    const places = placesOf({}, { region });
    for (const service of ["iam", "sts", "ssm", "secretsmanager"] as const) {
      expect([service, places.of(service)]).toEqual([service, await official(service, region)]);
    }
  });

  it("are not used where the account has an endpoint", () => {
    const places = placesOf({ endpoint: "http://127.0.0.1:5000" }, { region: "eu-central-1" });
    expect(places.of("ssm")).toEqual({ url: "http://127.0.0.1:5000/", region: "eu-central-1" });
    expect(places.of("iam")).toEqual({ url: "http://127.0.0.1:5000/", region: "us-east-1" });
  });
});

/** Where an official client would send to, and what for it would sign, left to itself. */
async function official(service: Service, region: string) {
  let found = {};
  const requestHandler = {
    handle: async (request: { hostname: string; path: string; headers: Record<string, string> }) => {
      const [, signedFor] = /Credential=[^/]+\/\d+\/([^/]+)\//.exec(request.headers["authorization"] ?? "") ?? [];
      found = { url: `https://${request.hostname}${request.path}`, region: signedFor };
      throw new Error("far enough");
    },
  };
  const settings = { region, credentials: { accessKeyId: "A", secretAccessKey: "B" }, maxAttempts: 1, requestHandler };
  const asks = {
    iam: async () => new IAMClient(settings).send(new ListAccessKeysCommand({})),
    sts: async () => new STSClient(settings).send(new GetCallerIdentityCommand({})),
    ssm: async () => new SSMClient(settings).send(new GetParametersCommand({ Names: ["a"] })),
    secretsmanager: async () => new SecretsManagerClient(settings).send(new DescribeSecretCommand({ SecretId: "a" })),
  };
  await failure(asks[service]());
  return found;
}
