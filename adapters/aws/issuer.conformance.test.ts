import { record, string } from "fast-check";
import { issuerConformance } from "../conformance/issuer.ts";
import type { IssuerBench } from "../conformance/issuer-bench.ts";
import { behaving } from "../conformance/wire.ts";
import { Secret } from "../secret.ts";
import { connectedTo, IMPOSSIBLE_FOR_KEYS, issuerOn, valueOf } from "./bench.fixture.ts";
import { openAwsEmulator } from "./emulator.ts";

async function bench(): Promise<IssuerBench> {
  const emulator = await openAwsEmulator();
  emulator.iam.addUser("orders-app", "/apps/");
  const adopted = valueOf(emulator.iam.addKey("orders-app", Date.now() - 3_600_000));
  const connection = connectedTo(emulator);
  return {
    issuer: issuerOn(connection),
    other: () => issuerOn(connectedTo(emulator)),
    unreachable: async () => {
      const silent = await behaving((socket) => socket.resume());
      const config = { region: "eu-central-1", timeoutSeconds: 1 };
      const reached = connectedTo(emulator, { endpoint: silent.url, config });
      return {
        ...issuerOn(reached),
        async [Symbol.asyncDispose]() {
          await reached[Symbol.asyncDispose]();
          await silent[Symbol.asyncDispose]();
        },
      };
    },
    adopted,
    unknownId: "AKIAIOSFODNN7EXAMPLE",
    async [Symbol.asyncDispose]() {
      await connection[Symbol.asyncDispose]();
      await emulator[Symbol.asyncDispose]();
    },
  };
}

const forms = record({ accessKeyId: string({ minLength: 1 }), secretAccessKey: string({ minLength: 1 }) }).map(
  ({ accessKeyId, secretAccessKey }) => [
    { accessKeyId: Secret.from(accessKeyId), secretAccessKey: Secret.from(secretAccessKey) },
  ],
);

issuerConformance({ name: "aws", make: bench, forms, impossible: IMPOSSIBLE_FOR_KEYS });
