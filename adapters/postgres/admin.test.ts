import { createServer } from "node:net";
import { expect, it } from "vitest";
import { failure } from "../conformance/wire.ts";
import { Terminal } from "../errors.ts";
import { openAdmin } from "./admin.ts";
import { serverOf } from "./server.ts";

it("connects nowhere when its password cannot be had", async () => {
  let connections = 0;
  const listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const account = { name: "a", endpoint: `postgres://127.0.0.1:${port}/x`, config: { sslMode: "disable" } };
  await using admin = openAdmin(serverOf(account as Parameters<typeof serverOf>[0]), () => {
    throw new Terminal(
      { reason: "AccountSecretMissing", message: "It is not there." },
      { vendor: "x", operation: "x" },
    );
  });
  const asked = admin.transaction("list", new AbortController().signal, async () => undefined);
  expect(await failure(asked)).toMatchObject({ name: "Terminal", reason: "AccountSecretMissing" });
  await new Promise((resolve) => listener.close(resolve));
  expect(connections).toBe(0);
});
