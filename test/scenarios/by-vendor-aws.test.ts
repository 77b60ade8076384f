/** What only AWS does, from the request to the end of the rotation: the real ledger, engine and adapters, and an emulated AWS. */
import { expect, it } from "vitest";
import { openAwsEmulator } from "../../adapters/aws/emulator.ts";
import { Secret } from "../../adapters/secret.ts";
import { summarize } from "../../controller/domain/summarize.ts";
import { startRealEngine } from "../support/real-engine.ts";
import { APP, OLD, add, addCredential, app, decide, ledger, request, until, useWorld } from "./by-vendor.fixture.ts";

useWorld();

it("a parameter that SSM does not let Velvet write is told with the action and the path, while the others have the new value", async () => {
  await using aws = await openAwsEmulator();
  const path = "/orders/production";
  const parameter = { Name: `${path}/TOKEN`, Value: OLD, Type: "SecureString", Overwrite: true };
  aws.ssm.put(parameter, Date.now(), "somebody");
  await add("VendorAccount", "aws", {
    adapter: "aws",
    endpoint: aws.url,
    aws: { region: "eu-central-1" },
    auth: [
      { name: "accessKeyId", env: "ID" },
      { name: "secretAccessKey", env: "KEY" },
    ],
  });
  const keys = [{ field: "value", name: "TOKEN" }];
  const worker = { id: "worker", account: "aws", aws: { parameters: { path } }, keys, check: { type: "native" } };
  await addCredential({ consumers: [APP, worker] });
  // At distribute, and not before: everything was readable.
  aws.denied.add("ssm:PutParameter");
  const secrets = ({ env }: { readonly env?: string }) => Secret.from(env === "ID" ? aws.admin.id : aws.admin.secret);
  const engine = startRealEngine(ledger.db, { secrets, leaseMs: 3_000 });
  await request();
  const failing = await until(
    ({ rotation, consumers }) =>
      rotation.state === "distribute_partial" && consumers.some(({ id, state }) => id === "app" && state === "working"),
  );
  const shown = summarize(failing).consumers.find(({ id }) => id === "worker");
  expect(shown?.message).toContain(`AccountForbidden: AWS does not let Velvet do ssm:PutParameter on ${path}/TOKEN.`);
  const held = () => aws.ssm.parameters.get(`${path}/TOKEN`)?.versions.at(-1)?.value;
  expect(held()).toBe(OLD);
  aws.denied.clear();
  await decide("again", { action: "RetryConsumers", consumer: "worker" });
  await until(({ rotation }) => rotation.state === "done");
  await engine.stop();
  expect(held()).toBe(await app());
  expect(held()).not.toBe(OLD);
}, 30_000);
